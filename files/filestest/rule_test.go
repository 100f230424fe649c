package filestest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

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
			t.Errorf("Delete: %v, want ErrUncertain", err)
		}
		b.Want(t, want)
	}
	b := filestest.New(t)
	b.FillTree(t, filestest.Tree{"a": "1", "b": "2"})
	b.On(files.OpDeleteMany, "b").LoseAnswer(filestest.Stored)
	if _, err := files.DeleteAll(ctx, b); !errors.Is(err, files.ErrUncertain) {
		t.Errorf("DeleteAll: %v, want ErrUncertain", err)
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
	o.want(t, `the rule for put "b" at filestest/rule_test.go:`)
	if !strings.Contains(o.errors[0], "was applied 1 of 3 times") ||
		!strings.Contains(o.errors[0], `put "a"`) {
		t.Errorf("the failure is %q, want how often the rule was applied, and the calls",
			o.errors[0])
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
