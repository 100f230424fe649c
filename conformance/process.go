package conformance

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/files"
)

// processCall is what a case asks of the other process. The first one says below which
// directory to work.
type processCall struct {
	ID      int
	Do      string
	Name    string // or the directory
	Names   []string
	Content []byte
	Times   int
}

// processAnswer has the error as its sentinel, by its place in kinds, and its text, for
// an error's type doesn't travel.
type processAnswer struct {
	ID      int
	Names   []string
	Content []byte
	Kind    int // from 1; 0 is none
	Failed  string
}

// Serve does on the bucket what the suite's cases ask for from another process, until
// in ends. It is for the command that [Harness.Process] returns, with its standard
// input and output:
//
//	func TestMain(m *testing.M) {
//		if dir := os.Getenv("MYDRIVER_OTHER_PROCESS"); dir != "" {
//			if err := conformance.Serve(mydriver.New(dir), os.Stdin, os.Stdout); err != nil {
//				log.Fatal(err)
//			}
//			return
//		}
//		os.Exit(m.Run())
//	}
func Serve(b files.Bucket, in io.Reader, out io.Writer) error {
	dec, enc := gob.NewDecoder(in), gob.NewEncoder(out)
	var writing sync.Mutex
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		var c processCall
		if err := dec.Decode(&c); err != nil {
			if err == io.EOF {
				return nil
			}
			return fmt.Errorf("conformance: reading what the case asks for: %w", err)
		}
		if c.Do == "below" {
			sub, err := files.Sub(b, c.Name)
			if err != nil {
				return err
			}
			b = sub
			continue
		}
		calls.Go(func() {
			a := c.on(b)
			writing.Lock()
			defer writing.Unlock()
			enc.Encode(a) // one that can't be sent has nobody who waits for it
		})
	}
}

func (c *processCall) on(b files.Bucket) *processAnswer {
	ctx, a := context.Background(), &processAnswer{ID: c.ID}
	var err error
	switch c.Do {
	case "put":
		_, err = b.Put(ctx, c.Name, bytes.NewReader(c.Content), nil)
	case "create":
		a.Names, err = create(ctx, b, c.Names, c.Content)
	case "get":
		a.Content, _, err = read(ctx, b, c.Name, nil)
	case "count":
		err = count(ctx, b, c.Name, c.Times)
	case "delete":
		err = b.Delete(ctx, c.Name, nil)
	case "list":
		for e, lerr := range b.List(ctx, c.Name, nil) {
			if err = lerr; err != nil {
				break
			}
			a.Names = append(a.Names, e.Name)
		}
	default:
		err = fmt.Errorf("the other process can't %q", c.Do)
	}
	if err != nil {
		a.Failed = err.Error()
		for i, k := range kinds {
			if errors.Is(err, k) {
				a.Kind = i + 1
			}
		}
	}
	return a
}

// create puts the content under each name that isn't taken, and returns those.
func create(ctx context.Context, b files.Bucket, names []string,
	content []byte) (won []string, err error) {
	for _, name := range names {
		_, err := b.Put(ctx, name, bytes.NewReader(content),
			&files.PutOptions{If: files.IfAbsent()})
		switch {
		case err == nil:
			won = append(won, name)
		case !errors.Is(err, files.ErrExist):
			return won, err
		}
	}
	return won, nil
}

// count adds one to the number in the file, so many times, by compare-and-swap.
func count(ctx context.Context, b files.Bucket, name string, times int) error {
	for done := 0; done < times; {
		old, info, err := read(ctx, b, name, nil)
		if isAny(err, files.ErrChanged) {
			continue
		}
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(old))
		if err != nil {
			return err
		}
		_, err = b.Put(ctx, name, strings.NewReader(strconv.Itoa(n+1)),
			&files.PutOptions{If: files.IfVersion(info.Version)})
		switch {
		case err == nil:
			done++
		case !isAny(err, files.ErrPrecondition):
			return err
		}
	}
	return nil
}

// process is another process that has the case's bucket.
type process struct {
	enc     *gob.Encoder
	writing sync.Mutex

	mu      sync.Mutex
	last    int
	waiting map[int]chan *processAnswer
	dead    error

	prefix string      // in a shared store
	stored *remembered // of which this has what is put
}

// elsewhere starts the other process.
func (h *H) elsewhere(t T) *process {
	t.Helper()
	if h.harness.Process == nil {
		t.Skipf("the harness has no other process")
	}
	store, prefix := Base(h.Bucket)
	cmd := h.harness.Process(t, store)
	if cmd == nil {
		t.Fatalf("the harness is wrong: Process returned nil")
	}
	said := &tail{most: 4 << 10}
	cmd.Stderr = said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatalf("the other process: %v", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("the other process: %v", err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the other process: %v", err)
	}
	p := &process{
		enc:     gob.NewEncoder(in),
		waiting: map[int]chan *processAnswer{},
		prefix:  prefix,
		stored:  &h.session.stored,
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.receive(out)
	}()
	t.Cleanup(func() {
		in.Close()
		end := time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
		defer end.Stop()
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("the other process: %v: %s", err, said)
		}
	})
	if prefix != "" {
		p.send(&processCall{Do: "below", Name: prefix[:len(prefix)-1]})
	}
	return p
}

// receive hands each answer to the call that waits for it.
func (p *process) receive(out io.Reader) {
	dec := gob.NewDecoder(out)
	for {
		a := &processAnswer{}
		err := dec.Decode(a)
		p.mu.Lock()
		if err != nil {
			p.dead = fmt.Errorf("the other process ended: %w", err)
			for _, w := range p.waiting {
				close(w)
			}
			clear(p.waiting)
			p.mu.Unlock()
			return
		}
		w := p.waiting[a.ID]
		delete(p.waiting, a.ID)
		p.mu.Unlock()
		if w != nil {
			w <- a
		}
	}
}

func (p *process) send(c *processCall) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.enc.Encode(c)
}

// puts are the names of the store that the call may put something under.
func (c *processCall) puts(prefix string) (names []string) {
	switch c.Do {
	case "put", "count":
		return []string{prefix + c.Name}
	case "create":
		for _, name := range c.Names {
			names = append(names, prefix+name)
		}
	}
	return names
}

// do makes one call, beside others.
func (p *process) do(c processCall) (*processAnswer, error) {
	if p.prefix != "" {
		defer p.stored.put(c.puts(p.prefix)...)()
	}
	w := make(chan *processAnswer, 1)
	p.mu.Lock()
	if p.dead != nil {
		defer p.mu.Unlock()
		return nil, p.dead
	}
	p.last++
	c.ID = p.last
	p.waiting[c.ID] = w
	p.mu.Unlock()
	if err := p.send(&c); err != nil {
		return nil, err
	}
	a, ok := <-w
	switch {
	case !ok:
		p.mu.Lock()
		defer p.mu.Unlock()
		return nil, p.dead
	case a.Kind > 0:
		return a, files.Errorf(kinds[a.Kind-1], "in the other process: %s", a.Failed)
	case a.Failed != "":
		return a, errors.New("in the other process: " + a.Failed)
	}
	return a, nil
}

// tail keeps the last bytes of what is written.
type tail struct {
	mu   sync.Mutex
	text []byte
	most int
}

func (b *tail) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	b.text = b.text[max(len(b.text)-b.most, 0):]
	return len(p), nil
}

func (b *tail) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}
