//go:build unix

package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func init() { childJobs["soak"] = soakChild }

// soakNames are the names that the processes of a soak write: few, and beside and below
// each other.
var soakNames = []string{"a", "a/b", "b.json", "d/x.attrs", "d/x", "d/" + long}

// soakOp is an operation of a soak, which a worker reports when it begins and again
// when it has ended.
type soakOp struct {
	Proc, ID  int
	Kind      string // put, create, swap, delete, drop, copy, move, get, stat, list
	Name, Src string
	Write     int   // what a write writes
	Expect    int   // what a swap and a drop expect
	Call, Ret int64 // nanoseconds of the machine's clock; Ret is 0 before the end

	Result string   // "" or, by the error: exist, precondition, missing, uncertain, failed
	Err    string   // the error, if failed
	Seen   int      // the write that a get or a stat returned, 0 for none
	Of     int      // the write whose content it had, if known
	Listed []string // by a list
	// Late is by how long the call outlived its context, and Delay by how long the
	// machine was late.
	Late, Delay int64
	Waited      int64 // for how long its thread was ready but had no processor
}

const (
	soakUser    = 65534 // a user without permissions, since root is refused nothing
	soakWorkers = 2     // goroutines of a process
	soakThreads = 8     // enough that no goroutine waits for a thread
	probeExt    = ".probe"
)

// soakWorker is a process of a soak.
type soakWorker struct {
	b       files.Bucket
	proc    int
	ids     atomic.Int64
	stalls  stalls
	writing sync.Mutex
}

// soakChild works until its input ends, and then checks that its handle works. Seed is
// its number, and N the number of its first write.
func soakChild(task childTask) error {
	if os.Geteuid() == 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(soakUser),
			syscall.Setuid(soakUser)); err != nil {
			return err
		}
	}
	b, err := openOver(task.Dir, &Options{NoSync: task.NoSync}, fsys.OS())
	// The control folder may be unreadable for a while.
	for n := 0; n < 1000 && files.KindOf(err) == files.ErrPermission; n++ {
		time.Sleep(time.Millisecond)
		b, err = openOver(task.Dir, &Options{NoSync: task.NoSync}, fsys.OS())
	}
	if err != nil {
		return err
	}
	w := &soakWorker{b: b, proc: int(task.Seed)}
	w.ids.Store(int64(task.N))
	runtime.GOMAXPROCS(soakThreads)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	w.stalls.last.Store(machineTime())
	go w.stalls.watch(ctx, task.Dir+probeExt)
	err = inParallel(soakWorkers, func(g int) error {
		runtime.LockOSThread() // for threadWaited
		defer runtime.UnlockOSThread()
		rng := rand.New(rand.NewPCG(uint64(task.N), uint64(g)))
		known := map[string]soakVersion{}
		for ctx.Err() == nil {
			if err := w.step(rng, known); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = w.whole()
	}
	return errors.Join(err, b.Close())
}

// stalls is for how long the machine was late in total, measured by a timer and plain
// operations on the file system. No call can be faster.
type stalls struct {
	total, last atomic.Int64 // nanoseconds; last is a time of the machine's clock
}

const watchEvery = 5 * time.Millisecond

// watch measures stalls until the context ends.
func (l *stalls) watch(ctx context.Context, dir string) {
	a, b := filepath.Join(dir, strconv.Itoa(os.Getpid())), filepath.Join(dir, "b")
	for ctx.Err() == nil {
		time.Sleep(watchEvery)
		os.WriteFile(a, []byte("a"), 0o666)
		os.Rename(a, b)
		now := machineTime()
		l.total.Add(max(0, now-l.last.Load()-int64(watchEvery)))
		l.last.Store(now)
	}
}

// until returns the total up to now.
func (l *stalls) until(now int64) int64 {
	return l.total.Load() + max(0, now-l.last.Load()-int64(watchEvery))
}

// threadWaited returns for how long this thread was ready in total while others had the
// processors, as Linux counts it.
func threadWaited() int64 {
	text, err := os.ReadFile("/proc/thread-self/schedstat")
	if words := strings.Fields(string(text)); err == nil && len(words) > 1 {
		n, _ := strconv.ParseInt(words[1], 10, 64)
		return n
	}
	return 0
}

// whole checks that the handle works, whatever was done to its files in the control
// folder.
func (w *soakWorker) whole() error {
	ctx := context.Background()
	name, text := "own/"+strconv.Itoa(w.proc), strings.Repeat("whole ", 5000)
	meta := files.Attributes{Metadata: map[string]string{"of": text[:1000]}}
	opts := &files.PutOptions{Attributes: meta, If: files.IfAbsent()}
	if _, err := w.b.Put(ctx, name, strings.NewReader(text), opts); err != nil {
		return fmt.Errorf("after the soak, a handle doesn't work: %w", err)
	}
	s, err := getSeen(ctx, w.b, name)
	if err == nil && (s.content != text || !maps.Equal(s.info.Metadata, meta.Metadata)) {
		err = fmt.Errorf("the file has %.20q, %.100q", s.content, s.info.Metadata)
	}
	if err == nil {
		err = w.b.Delete(ctx, name, nil)
	}
	if err != nil {
		return fmt.Errorf("after the soak, a handle doesn't work: %w", err)
	}
	return nil
}

// soakVersion is a version that a goroutine has seen.
type soakVersion struct {
	write   int
	version files.Version
}

// step does one random operation and writes its two reports.
func (w *soakWorker) step(rng *rand.Rand, known map[string]soakVersion) error {
	o := &soakOp{Proc: w.proc, ID: int(w.ids.Add(1)), Name: soakNames[rng.IntN(len(soakNames))]}
	o.Kind = soakKinds[rng.IntN(len(soakKinds))]
	o.Write = o.ID
	switch o.Kind {
	case "swap", "drop":
		o.Expect = known[o.Name].write
		if o.Expect == 0 {
			o.Kind = "get"
		}
	case "copy", "move":
		o.Src, o.Name = o.Name, soakNames[rng.IntN(len(soakNames))]
		if o.Src == o.Name {
			o.Kind = "put"
		}
	}
	limit := 5 * time.Second
	if rng.IntN(4) == 0 {
		limit = time.Duration(rng.IntN(20_000)) * time.Microsecond
	}
	o.Call = machineTime()
	if err := w.report(o); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	o.Call = machineTime()
	stalled, waited := w.stalls.until(o.Call), threadWaited()
	seen, err := o.do(ctx, w.b, rng, known[o.Name].version)
	o.Ret = machineTime()
	o.Late = max(0, o.Ret-o.Call-int64(limit))
	o.Delay, o.Waited = w.stalls.until(o.Ret)-stalled, threadWaited()-waited
	o.classify(err)
	if err == nil && seen.write != 0 {
		known[o.Name] = seen
	}
	return w.report(o)
}

// soakKinds has the operations, each as many times as its weight.
var soakKinds = []string{"put", "put", "put", "create", "create", "swap", "swap", "delete", "drop",
	"copy", "copy", "move", "get", "get", "get", "get", "stat", "list"}

// do performs the operation and returns the version that the name has after it.
func (o *soakOp) do(ctx context.Context, b files.Bucket, rng *rand.Rand,
	old files.Version) (soakVersion, error) {
	var cond files.Condition
	switch o.Kind {
	case "create":
		cond = files.IfAbsent()
	case "swap":
		cond = files.IfVersion(old)
	}
	attrs := soakAttributes(o.Write, rng.IntN(2))
	switch o.Kind {
	case "put", "create", "swap":
		content := bytes.Repeat([]byte(strconv.Itoa(o.Write)+"\n"), 1+rng.IntN(2000))
		opts := &files.PutOptions{Attributes: attrs, If: cond}
		info, err := b.Put(ctx, o.Name, bytes.NewReader(content), opts)
		return soakVersion{o.Write, info.Version}, err
	case "delete":
		return soakVersion{}, b.Delete(ctx, o.Name, nil)
	case "drop":
		return soakVersion{}, b.Delete(ctx, o.Name, &files.DeleteOptions{IfVersion: old})
	case "copy":
		info, err := files.Copy(ctx, b, o.Name, b, o.Src, &files.CopyOptions{Attributes: &attrs})
		return soakVersion{o.Write, info.Version}, err
	case "move":
		info, err := files.Move(ctx, b, o.Name, b, o.Src, &files.CopyOptions{Attributes: &attrs})
		return soakVersion{o.Write, info.Version}, err
	case "get":
		s, err := getSeen(ctx, b, o.Name)
		if err != nil {
			return soakVersion{}, err
		}
		line, _, _ := strings.Cut(s.content, "\n")
		o.Of, _ = strconv.Atoi(line)
		if o.Of == 0 || strings.Count(s.content, line+"\n")*(len(line)+1) != len(s.content) {
			return soakVersion{}, fmt.Errorf("a mixture: %.100q", s.content)
		}
		return o.sees(s.info)
	case "stat":
		info, err := b.Stat(ctx, o.Name, nil)
		if err != nil {
			return soakVersion{}, err
		}
		if len(info.Metadata) == 0 && info.Digest == (files.Digest{}) {
			// A file that can't be opened has neither. Its mode was changed in the
			// control folder, and is restored.
			return soakVersion{}, driver.Errorf(files.ErrPermission, "the file can't be read now")
		}
		return o.sees(info)
	case "list":
		for e, err := range b.List(ctx, "", nil) {
			if err != nil {
				return soakVersion{}, err
			}
			o.Listed = append(o.Listed, e.Name)
		}
		if !slices.IsSorted(o.Listed) {
			return soakVersion{}, fmt.Errorf("the listing is not in order: %.300q", o.Listed)
		}
		return soakVersion{}, nil
	}
	panic(o.Kind)
}

// soakAttributes returns attributes that contain the number of the write. If large is
// 1, they are too long for a record.
func soakAttributes(write, large int) files.Attributes {
	return files.Attributes{Metadata: map[string]string{
		"write": strconv.Itoa(write),
		"more":  strings.Repeat(strconv.Itoa(write)+" ", 1+100*large),
	}}
}

// sees reads the number of the write from the metadata.
func (o *soakOp) sees(info files.Info) (soakVersion, error) {
	text := info.Metadata["write"]
	o.Seen, _ = strconv.Atoi(text)
	more := info.Metadata["more"]
	if o.Seen == 0 || strings.Count(more, text+" ")*(len(text)+1) != len(more) {
		return soakVersion{}, fmt.Errorf("a mixture: metadata %.200q", info.Metadata)
	}
	return soakVersion{o.Seen, info.Version}, nil
}

// reads reports whether the operation reads content.
func (o *soakOp) reads() bool {
	return slices.Contains([]string{"get", "stat", "list", "copy", "move"}, o.Kind)
}

// classify sets the result by the error's kind.
func (o *soakOp) classify(err error) {
	switch kind := files.KindOf(err); {
	case err == nil:
	case kind == files.ErrExist:
		o.Result = "exist"
	case kind == files.ErrPrecondition:
		o.Result = "precondition"
	case kind == files.ErrNotExist:
		o.Result = "missing"
	case o.reads() && (kind == files.ErrChanged || kind == files.ErrCorrupt):
		// The file was changed in the control folder for a moment.
		o.Result, o.Err = "failed", err.Error()
	case kind == files.ErrUncertain:
		o.Result, o.Err = "uncertain", err.Error()
	case kind == files.ErrUnavailable, kind == files.ErrPermission, errors.Is(err,
		context.DeadlineExceeded):
		o.Result, o.Err = "failed", err.Error()
	default:
		o.Result, o.Err = "wrong", err.Error()
	}
}

func (w *soakWorker) report(o *soakOp) error {
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	w.writing.Lock()
	defer w.writing.Unlock()
	_, err = os.Stdout.Write(append(line, '\n'))
	return err
}

// machineTime returns the time of a clock that all processes share.
func machineTime() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic(err)
	}
	return ts.Nano()
}
