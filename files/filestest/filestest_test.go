package filestest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/filestest"
)

// observed is a testing.TB that notes what it is told.
type observed struct {
	testing.TB
	mu       sync.Mutex
	errors   []string
	logs     []string
	cleanups []func()
}

func observe(t *testing.T) *observed { return &observed{TB: t} }

func (o *observed) Errorf(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.errors = append(o.errors, fmt.Sprintf(format, args...))
}

func (o *observed) Logf(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.logs = append(o.logs, fmt.Sprintf(format, args...))
}

func (o *observed) Fatalf(format string, args ...any) {
	o.Errorf(format, args...)
	runtime.Goexit()
}

func (o *observed) Failed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.errors) > 0
}

func (o *observed) Cleanup(f func()) { o.cleanups = append(o.cleanups, f) }

func (o *observed) Name() string { return "TestObserved" }

// end does what package testing does at the end of a test.
func (o *observed) end() {
	for len(o.cleanups) > 0 {
		last := len(o.cleanups) - 1
		f := o.cleanups[last]
		o.cleanups = o.cleanups[:last]
		f()
	}
}

// want checks that exactly these errors were reported, each by a part of its text.
func (o *observed) want(t *testing.T, parts ...string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.errors) != len(parts) {
		t.Fatalf("%d errors, want %d:\n%s", len(o.errors), len(parts), strings.Join(o.errors, "\n"))
	}
	for i, part := range parts {
		if !strings.Contains(o.errors[i], part) {
			t.Errorf("the error lacks %q:\n%s", part, o.errors[i])
		}
	}
}

func put(t *testing.T, b files.Bucket, name, content string) {
	t.Helper()
	if _, err := files.PutString(t.Context(), b, name, content, nil); err != nil {
		t.Fatal(err)
	}
}

// TestLeaksAreReported: what a program forgets fails the test, with its line; what is
// closed, also by a function given to Cleanup, doesn't.
func TestLeaksAreReported(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	put(t, b, "a", "text")
	closed, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Cleanup(func() { closed.Close() })
	for range b.List(t.Context(), "", nil) {
		break
	}
	if _, err := b.Get(t.Context(), "missing", nil); !errors.Is(err, files.ErrNotExist) {
		t.Fatal(err)
	}
	forgotten, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	o.end()
	o.want(t, "filestest: a Reader was not closed: \"a\", filestest/filestest_test.go:")
	if _, err := io.ReadAll(forgotten); err == nil {
		t.Error("the forgotten Reader still reads after the test")
	}
	forgotten.Close()
}

// TestLostWriterEndsInABubble: a Writer without Commit or Close is reported and ended,
// so that the bubble ends too.
func TestLostWriterEndsInABubble(t *testing.T) {
	o := observe(t)
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(o)
		w := files.NewWriter(t.Context(), b, "lost", nil)
		if _, err := w.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		o.end()
	})
	o.want(t, `a Writer was neither committed nor closed, or a Put still reads its content: "lost"`)
}

// TestAfterTheEnd: calls after the end of the test get an error, and change nothing.
func TestAfterTheEnd(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	o.end()
	_, err := files.PutString(t.Context(), b, "a", "x", nil)
	if !errors.Is(err, files.ErrClosed) {
		t.Errorf("Put: %v", err)
	}
	_, err = files.Open(t.Context(), b.URL())
	var e *files.Error
	if !errors.As(err, &e) || e.Kind != files.ErrNoBucket ||
		!strings.Contains(e.Detail, "TestObserved") {
		t.Errorf("Open: %#v", err)
	}
	o.want(t)
}

// TestURLFindsTheFake: every Open is this fake, and its handles close alone.
func TestURLFindsTheFake(t *testing.T) {
	b, other := filestest.New(t), filestest.New(t)
	if b.URL() == other.URL() {
		t.Fatal("two fakes have one URL")
	}
	first, err := files.Open(t.Context(), b.URL())
	if err != nil {
		t.Fatal(err)
	}
	put(t, first, "a", "text")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := files.Open(t.Context(), b.URL()+"?prefix=p/")
	if err != nil {
		t.Fatal(err)
	}
	put(t, second, "b", "text")
	b.Want(t, filestest.Tree{"a": "text", "p/b": "text"})
	other.Want(t, filestest.Tree{})
}

// TestRules: which calls are hit, and with what.
func TestRules(t *testing.T) {
	ctx := t.Context()
	b := filestest.New(t)
	b.On(files.OpPut, "invoices/*").Nth(3).Fail(files.ErrUnavailable)
	for i := range 4 {
		_, err := files.PutString(ctx, b, fmt.Sprintf("invoices/%d", i), "x", nil)
		if failed := errors.Is(err, files.ErrUnavailable); failed != (i == 2) {
			t.Errorf("Put %d: %v", i, err)
		}
	}
	b.On(files.OpStat, "invoices/").Times(2).Fail(files.ErrPermission)
	for i := range 3 {
		_, err := b.Stat(ctx, "invoices/0", nil)
		if failed := errors.Is(err, files.ErrPermission); failed != (i < 2) {
			t.Errorf("Stat %d: %v", i, err)
		}
	}
	var e *files.Error
	b.On(files.OpDelete, "").Times(1).Fail(files.ErrPermission)
	if err := b.Delete(ctx, "invoices/0", nil); !errors.As(err, &e) || e.Op != files.OpDelete ||
		e.Name != "invoices/0" {
		t.Errorf("the error is %#v", err)
	}
	b.Want(t, filestest.Tree{"invoices/0": "x", "invoices/1": "x", "invoices/3": "x"})
}

// TestBreaks: bodies break where the rule says, also ranges and whole reads, and
// listings after so many entries.
func TestBreaks(t *testing.T) {
	ctx := t.Context()
	b := filestest.New(t)
	b.FillTree(t, filestest.Tree{"big": strings.Repeat("0123456789", 10), "c": "", "d": ""})
	b.On(files.OpGet, "big").BreakAfter(10)
	for _, opts := range []*files.GetOptions{nil, {Range: files.Bytes(20, 50)}} {
		r, err := b.Get(ctx, "big", opts)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if string(got) != "0123456789" || !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("read %q, %v", got, err)
		}
		r.Close()
	}
	b.On(files.OpList, "").BreakAfter(2)
	var names []string
	var failed error
	for e, err := range b.List(ctx, "", nil) {
		if err != nil {
			failed = err
			break
		}
		names = append(names, e.Name)
	}
	if len(names) != 2 || !errors.Is(failed, files.ErrUnavailable) {
		t.Errorf("listed %q, %v", names, failed)
	}
}

// TestLostAnswers: the caller sees ErrUncertain, and the file shows what happened.
func TestLostAnswers(t *testing.T) {
	ctx := t.Context()
	for outcome, want := range map[filestest.Outcome]filestest.Tree{
		filestest.Stored:    {"lock": "mine", "copy": "old"},
		filestest.NotStored: {"a": "old", "lock": "old"},
	} {
		b := filestest.New(t)
		b.FillTree(t, filestest.Tree{"a": "old", "lock": "old"})
		b.On(files.OpPut, "lock").LoseAnswer(outcome)
		b.On(files.OpCopy, "copy").LoseAnswer(outcome)
		b.On(files.OpDelete, "a").LoseAnswer(outcome)
		if info, err := files.PutString(ctx, b, "lock", "mine", nil); !errors.Is(err,
			files.ErrUncertain) || info.Version != "" {
			t.Errorf("Put: %+v, %v", info, err)
		}
		if _, err := files.Copy(ctx, b, "copy", b, "a", nil); !errors.Is(err,
			files.ErrUncertain) {
			t.Errorf("Copy: %v", err)
		}
		if err := b.Delete(ctx, "a", nil); !errors.Is(err, files.ErrUncertain) {
			t.Errorf("Delete: %v", err)
		}
		b.Want(t, want)
	}
	b := filestest.New(t)
	b.FillTree(t, filestest.Tree{"a": "1", "b": "2"})
	b.On(files.OpDeleteMany, "b").LoseAnswer(filestest.Stored)
	if _, err := files.DeleteAll(ctx, b); !errors.Is(err, files.ErrUncertain) {
		t.Errorf("DeleteAll: %v", err)
	}
	b.Want(t, filestest.Tree{})
}

// TestDelayEndsWithTheContext, and takes no real time in a bubble; other calls go on.
func TestDelayEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		put(t, b, "a", "x")
		b.On(files.OpStat, "").Delay(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		if _, err := b.Stat(ctx, "a", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Stat: %v", err)
		}
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("it took %v", took)
		}
		if _, err := b.Stat(t.Context(), "a", nil); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took != time.Minute+time.Hour {
			t.Errorf("both took %v", took)
		}
	})
}

// TestUnspentRulesFail: a fault that never fired is reported with its line and what was
// called, unless the rule was stopped or is one of chance; and only logged if the test
// has failed before.
func TestUnspentRulesFail(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	put(t, b, "a", "x")
	b.On(files.OpPut, "b").Times(3).Fail(files.ErrUnavailable)
	b.On(files.OpGet, "").Fail(files.ErrUnavailable).Stop()
	b.On(files.OpGet, "").Rate(0, 1).Fail(files.ErrUnavailable)
	b.On(files.OpPut, "b").Fail(files.ErrPermission)
	if _, err := files.PutString(t.Context(), b, "b", "x", nil); !errors.Is(err,
		files.ErrUnavailable) {
		t.Error(err)
	}
	o.end()
	o.want(t, `the rule for put "b" at filestest/filestest_test.go:`)
	if !strings.Contains(o.errors[0], "was applied 1 of 3 times") ||
		!strings.Contains(o.errors[0], `put "a"`) {
		t.Error(o.errors[0])
	}
	if len(o.logs) != 1 || !strings.Contains(o.logs[0], "applied 0 of 1 times") {
		t.Errorf("logged %q", o.logs)
	}
}

// TestRateIsDeterministic: the same seed hits the same calls, whatever happened else, and
// about the part that was asked for.
func TestRateIsDeterministic(t *testing.T) {
	hits := func(seed uint64, extra bool) (got []int) {
		b := filestest.New(t)
		b.FillTree(t, filestest.Tree{"a": "x", "b": "x"})
		b.On(files.OpStat, "a").Rate(0.3, seed).Fail(files.ErrUnavailable)
		for i := range 1000 {
			if extra {
				b.Stat(t.Context(), "b", nil)
			}
			if _, err := b.Stat(t.Context(), "a", nil); err != nil {
				got = append(got, i)
			}
		}
		return got
	}
	one := hits(1, false)
	if n := len(one); n < 250 || n > 350 {
		t.Errorf("%d of 1,000 were hit, want about 300", n)
	}
	if !reflect.DeepEqual(one, hits(1, true)) {
		t.Error("the same seed hit other calls")
	}
	if reflect.DeepEqual(one, hits(2, false)) {
		t.Error("another seed hit the same calls")
	}
}

// TestRuleFunctionsMayUseTheBucket: no lock is held while a function is called.
func TestRuleFunctionsMayUseTheBucket(t *testing.T) {
	b := filestest.New(t)
	b.On(files.OpPut, "a").Do(func(ctx context.Context, call *files.Call,
		next func(context.Context) error) error {
		put(t, b, "beside", "x")
		b.On(files.OpStat, "never").Stop()
		return next(ctx)
	})
	put(t, b, "a", "y")
	b.Want(t, filestest.Tree{"a": "y", "beside": "x"})
}

// TestWrongRulesPanic: what is wrong in the source of a test is found at once.
func TestWrongRulesPanic(t *testing.T) {
	b := filestest.New(t)
	for name, f := range map[string]func(*filestest.Rule){
		"Nth":        func(r *filestest.Rule) { r.Nth(0) },
		"Times":      func(r *filestest.Rule) { r.Times(-1) },
		"Rate":       func(r *filestest.Rule) { r.Rate(1.5, 0) },
		"Fail":       func(r *filestest.Rule) { r.Fail(nil) },
		"LoseAnswer": func(r *filestest.Rule) { r.LoseAnswer(filestest.Stored) },
		"BreakAfter": func(r *filestest.Rule) { r.BreakAfter(1) },
	} {
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), name) {
					t.Errorf("%s: recovered %v", name, v)
				}
			}()
			r := b.On(files.OpStat, "")
			defer r.Stop()
			f(r)
		}()
	}
}

// TestChanges tells created, replaced, deleted and untouched apart.
func TestChanges(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	b.Fill(o, fstest.MapFS{
		"kept":     {Data: []byte("1")},
		"old":      {Data: []byte("2")},
		"replaced": {Data: []byte("3")},
	})
	b.WantUnchanged(o)
	put(t, b, "new", "4")
	put(t, b, "replaced", "3")
	put(t, b, "short", "5")
	for _, name := range []string{"short", "old", "never"} {
		if err := b.Delete(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	b.WantChanges(o, filestest.Changes{
		Created:  []string{"new"},
		Replaced: []string{"replaced"},
		Deleted:  []string{"old"},
	})
	o.want(t)
	b.WantCreated(o, "new", "kept")
	o.want(t, `"kept" was not created`)
	for _, part := range []string{`"replaced" was replaced`, `"old" was deleted`, `put "new"`} {
		if !strings.Contains(o.errors[0], part) {
			t.Errorf("the failure lacks %q:\n%s", part, o.errors[0])
		}
	}
	b.Mark()
	b.WantUnchanged(t)
}

// TestTrees: a difference is shown where it begins; the content of other files isn't.
func TestTrees(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	put(t, b, "same", "secret")
	put(t, b, "text", "one\ntwo\nthree\n")
	put(t, b, "more", "\x00\xff")
	b.Want(o, filestest.Tree{"same": "secret", "text": "one\ntwo\nTHREE\n", "lost": "x"})
	o.want(t, `"text": got 14 bytes, want 14; they differ at byte 8, line 3: got "three\n", `+
		`want "THREE\n"`)
	for _, part := range []string{
		`"lost" is missing`, `"more" is there with 2 bytes that are no text`,
	} {
		if !strings.Contains(o.errors[0], part) {
			t.Errorf("the failure lacks %q:\n%s", part, o.errors[0])
		}
	}
	if strings.Contains(o.errors[0], "secret") {
		t.Errorf("the failure shows a file that is as it should be:\n%s", o.errors[0])
	}
	b.WantOneOf(t, filestest.Tree{}, b.Tree())
	o.errors = nil
	b.WantOneOf(o, filestest.Tree{"a": ""}, filestest.Tree{})
	o.want(t, "from tree 2 of 2")
}

// TestSnapshot: a snapshot never changes, restores attributes, and never makes an old
// version stand for other content.
func TestSnapshot(t *testing.T) {
	b := filestest.New(t, filestest.As(filestest.GCS))
	typed := &files.PutOptions{Attributes: files.Attributes{ContentType: "image/x"}}
	before, err := files.PutString(t.Context(), b, "a", "1", typed)
	if err != nil {
		t.Fatal(err)
	}
	s := b.Snapshot()
	put(t, b, "a", "2")
	put(t, b, "b", "3")
	b.Restore(t, s)
	b.Want(t, filestest.Tree{"a": "1"})
	b.WantUnchanged(t)
	info, err := b.Stat(t.Context(), "a", nil)
	if err != nil || info.ContentType != "image/x" {
		t.Errorf("Stat: %+v, %v", info, err)
	}
	put(t, b, "a", "4")
	_, err = b.Get(t.Context(), "a", &files.GetOptions{IfVersion: before.Version})
	if !errors.Is(err, files.ErrPrecondition) {
		t.Errorf("the version of before stands for other content: %v", err)
	}
	b.Restore(t, s)
	b.Want(t, filestest.Tree{"a": "1"})

	o := observe(t)
	open, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	done := make(chan struct{})
	go func() { defer close(done); b.Restore(o, s) }()
	<-done
	o.want(t, "Restore during a call: a Reader was not closed")
}

// TestWithin: a budget is what a block may do at most, and a failure lists its calls.
func TestWithin(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	put(t, b, "before", "not counted")
	b.Within(o, filestest.Budget{Calls: 2, Writes: 1, Bytes: 8}, func() {
		put(t, b, "a", "text")
		if _, err := files.ReadAll(t.Context(), b, "a", nil); err != nil {
			t.Fatal(err)
		}
	})
	b.Within(o, filestest.Budget{}, func() {})
	o.want(t)
	b.Within(o, filestest.Budget{Writes: 1, Bytes: 4}, func() {
		put(t, b, "a", "text")
		put(t, b, "b", "texts")
	})
	b.Within(o, filestest.Budget{}, func() { b.Stat(t.Context(), "a", nil) })
	o.want(t, "2 writes of at most 1, 9 bytes of at most 4", "1 calls of at most 0")
	if strings.Contains(o.errors[0], "before") || !strings.Contains(o.errors[0], `put "b", 5`) {
		t.Error(o.errors[0])
	}
}

// TestCalls: the record has copies, and says how each call ended.
func TestCalls(t *testing.T) {
	b := filestest.New(t)
	put(t, b, "a", "text")
	b.On(files.OpStat, "a").Fail(files.ErrPermission)
	b.Stat(t.Context(), "a", nil)
	r, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	calls := b.Calls()
	r.Close()
	var lines []string
	for _, c := range calls {
		lines = append(lines, c.String())
	}
	got := strings.Join(lines, "\n")
	for _, part := range []string{"put \"a\", 4\n", "stat \"a\", 0, Permission, by the rule at ",
		"get \"a\", 0, goes on"} {
		if !strings.Contains(got, part) {
			t.Errorf("the calls lack %q:\n%s", part, got)
		}
	}
	if after := b.Calls(); !after[2].Done || calls[2].Done {
		t.Error("the record is not a copy")
	}
}

// TestSweep meets every point of failure once, and ends with a run without one.
func TestSweep(t *testing.T) {
	before, after := filestest.Tree{"a": "x"}, filestest.Tree{"z": "x"}
	runs, failed := 0, 0
	filestest.Sweep(t, files.ErrUnavailable, func(t *testing.T, b *filestest.Bucket) {
		runs++
		b.FillTree(t, before)
		if _, err := files.Move(t.Context(), b, "z", b, "a", nil); err != nil {
			failed++
			b.WantOneOf(t, before, after, filestest.Tree{"a": "x", "z": "x"})
		} else {
			b.Want(t, after)
		}
	})
	if runs < 2 || failed == 0 || failed >= runs {
		t.Errorf("%d runs, of which %d failed", runs, failed)
	}
}

// TestParallelTestsAreApart: of many tests that run at once, the one that leaks fails.
func TestParallelTestsAreApart(t *testing.T) {
	var all sync.WaitGroup
	fails := make([]*observed, 100)
	for i := range fails {
		fails[i] = observe(t)
		all.Go(func() {
			b := filestest.New(fails[i])
			if _, err := files.PutString(t.Context(), b, "a", "x", nil); err != nil {
				t.Error(err)
			}
			r, err := b.Get(t.Context(), "a", nil)
			if err != nil {
				t.Error(err)
				return
			}
			if i != 42 {
				r.Close()
			}
			fails[i].end()
		})
	}
	all.Wait()
	for i, o := range fails {
		if failed := len(o.errors) > 0; failed != (i == 42) {
			t.Errorf("test %d: %q", i, o.errors)
		}
	}
}

// TestAbilities: the fake has every ability that package driver has an interface for.
func TestAbilities(t *testing.T) {
	b := filestest.New(t)
	var _ interface {
		driver.BucketAser
		driver.BucketChecker
		driver.BucketCopier
		driver.BucketCopySource
		driver.BucketLocator
		driver.BucketManyDeleter
		driver.BucketNativeChecker
		driver.BucketURLSigner
	} = b
	if f := b.Features(); !f.ServerCopy || !f.Ordered || !f.IfAbsent {
		t.Errorf("%+v", f)
	}
	put(t, b, "a", "text")
	b.Within(t, filestest.Budget{Calls: 1, Bytes: 1}, func() {
		if _, err := files.Copy(t.Context(), b, "b", b, "a", nil); err != nil {
			t.Error(err)
		}
	})
	for _, op := range b.Calls()[1:] {
		if op.Op != files.OpCopy {
			t.Errorf("the copy called %s", op)
		}
	}
}
