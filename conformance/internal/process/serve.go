package process

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

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/files"
)

// Call is a call that a case makes in the other process. In a shared store the first call
// sets the directory to work in.
type Call struct {
	ID      int
	Do      string
	Name    string // of a file or a directory
	Names   []string
	Content []byte
	Times   int
	// of an upload that another process has begun
	Upload   string
	PartSize int64
}

// Answer is the result of a Call. The type of an error can't be sent, so an Answer has
// the error's text and the number of its sentinel in check.Kinds.
type Answer struct {
	ID      int
	Names   []string
	Content []byte
	Kind    int // from 1; 0 is no sentinel
	Failed  string
}

// Serve is documented as conformance.Serve.
func Serve(b files.Bucket, in io.Reader, out io.Writer) error {
	dec, enc := gob.NewDecoder(in), gob.NewEncoder(out)
	var writing sync.Mutex
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		var c Call
		if err := dec.Decode(&c); err != nil {
			if err == io.EOF {
				return nil
			}
			return fmt.Errorf("conformance: reading a call of the case: %w", err)
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
			enc.Encode(a) // if this fails, the case no longer waits
		})
	}
}

func (c *Call) on(b files.Bucket) *Answer {
	ctx, a := context.Background(), &Answer{ID: c.ID}
	var err error
	switch c.Do {
	case "put":
		_, err = b.Put(ctx, c.Name, bytes.NewReader(c.Content), nil)
	case "create":
		a.Names, err = Create(ctx, b, c.Names, c.Content)
	case "get":
		a.Content, _, err = check.Read(ctx, b, c.Name, nil)
	case "count":
		err = Count(ctx, b, c.Name, c.Times)
	case "go on":
		var u *check.Upload
		u, err = check.NewUpload(ctx, b, c.Name, c.Upload, c.Content, c.PartSize, nil)
		if err == nil {
			err = u.GoOn(ctx)
		}
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
		err = fmt.Errorf("the other process has no call %q", c.Do)
	}
	if err != nil {
		a.Failed = err.Error()
		for i, k := range check.Kinds {
			if errors.Is(err, k) {
				a.Kind = i + 1
			}
		}
	}
	return a
}

// Create puts the content with IfAbsent under each name, and returns the names that it
// created.
func Create(ctx context.Context, b files.Bucket, names []string,
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

// Count adds 1 to the number in the file, that many times, by compare-and-swap.
func Count(ctx context.Context, b files.Bucket, name string, times int) error {
	for done := 0; done < times; {
		old, info, err := check.Read(ctx, b, name, nil)
		if check.IsAny(err, files.ErrChanged) {
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
		case !check.IsAny(err, files.ErrPrecondition):
			return err
		}
	}
	return nil
}
