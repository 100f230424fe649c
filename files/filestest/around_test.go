package filestest_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
	"cloudfiles.dev/files/retry"
)

// TestAround: a bucket that is not the fake has its rules, record, budgets and checks.
// (Package drivers/all does the same with a real service.)
func TestAround(t *testing.T) {
	ctx := t.Context()
	real := mem.New(nil)
	requests := 40
	o := observe(t)
	b := filestest.Around(o, real, &filestest.AroundOptions{
		Requests: func() int { return requests },
	})
	if f := b.Features(); f != real.Features() {
		t.Errorf("it claims %+v", f)
	}
	b.FillTree(t, filestest.Tree{"big": strings.Repeat("0123456789", 10)})
	b.On(files.OpPut, "a").Nth(2).Fail(files.ErrUnavailable)
	b.On(files.OpGet, "big").Nth(1).BreakAfter(10)
	used := b.Within(o, filestest.Budget{
		Calls:    3,
		Writes:   2,
		Requests: 2,
		Bytes:    11,
	}, func() {
		put(t, b, "a", "x")
		if _, err := files.PutString(ctx, b, "a", "y", nil); !errors.Is(err,
			files.ErrUnavailable) || retry.Attempts(err) == 0 {
			t.Errorf("Put: %v", err)
		}
		got, err := files.ReadString(ctx, b, "big", nil)
		if !errors.Is(err, files.ErrUnavailable) || retry.Attempts(err) == 0 {
			t.Errorf("read %q, %v", got, err)
		}
		requests += 2
	})
	if used.AllRequests() != 2 {
		t.Errorf("the usage is %+v, want 2 requests", used)
	}
	b.On(files.OpPut, "lock").LoseAnswer(filestest.Stored)
	if _, err := files.PutString(ctx, b, "lock", "mine", nil); !errors.Is(err,
		files.ErrUncertain) {
		t.Errorf("Put: %v", err)
	}
	if _, err := files.Copy(ctx, b, "copy", b, "a", nil); err != nil {
		t.Error(err)
	}
	b.Want(o, filestest.Tree{
		"a":    "x",
		"big":  strings.Repeat("0123456789", 10),
		"copy": "x",
		"lock": "mine",
	})
	o.want(t)
	b.Within(o, filestest.Budget{Requests: 1}, func() { requests += 2 })
	forgotten, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	o.end()
	o.want(t, "2 requests of at most 1",
		"a Reader was not closed: \"a\", filestest/around_test.go:")
	if _, err := io.ReadAll(forgotten); err == nil {
		t.Error("the forgotten Reader still reads after the test")
	}
	forgotten.Close()
	if text, err := files.ReadString(ctx, real, "a", nil); text != "x" || err != nil {
		t.Errorf("the real bucket: %q, %v", text, err)
	}
}

// TestSweepAround meets every point of failure of a real bucket.
func TestSweepAround(t *testing.T) {
	runs, failed := 0, 0
	filestest.SweepAround(t, files.ErrUnavailable, func(*testing.T) files.Bucket {
		return mem.New(nil)
	}, func(t *testing.T, b *filestest.Wrapped) {
		runs++
		before := filestest.Tree{"a": "x"}
		b.FillTree(t, before)
		if _, err := files.Move(t.Context(), b, "z", b, "a", nil); err != nil {
			failed++
			b.WantOneOf(t, before, filestest.Tree{"a": "x", "z": "x"})
		} else {
			b.Want(t, filestest.Tree{"z": "x"})
		}
	})
	if failed != 3 || runs != 4 {
		t.Errorf("%d runs, of which %d failed", runs, failed)
	}
}
