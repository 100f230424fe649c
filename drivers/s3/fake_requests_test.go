package s3

import (
	"errors"
	"io"
	"testing"

	"cloudfiles.dev/drivers/internal/samerequests"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestFakeRequests: the fake charges what the driver sends.
func TestFakeRequests(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	b, p, _ := s.proxied(t, Options{})
	samerequests.Compare(t, filestest.S3, b, p.Reset, p.Counts, map[string]func(map[string]int){
		// which S3 refuses with 416, as every range of nothing
		"get of the end of nothing": func(n map[string]int) { delete(n, "HeadObject") },
	})
}

// TestAroundAService: a real bucket gets the fake's rules, record, budgets and checks.
func TestAroundAService(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	real, p, _ := s.proxied(t, Options{})
	ctx := t.Context()
	b := filestest.Around(t, real, &filestest.AroundOptions{Requests: p.Total})
	if b.Features() != real.Features() {
		t.Errorf("it claims %+v", b.Features())
	}
	b.FillTree(t, filestest.Tree{"a": "0123456789", "lock": "old"})
	b.On(files.OpGet, "a").Nth(1).BreakAfter(3)
	b.On(files.OpPut, "lock").Nth(1).LoseAnswer(filestest.Stored)
	b.On(files.OpPut, "lock").Nth(1).Fail(files.ErrUnavailable)
	used := b.Within(t, filestest.Budget{Calls: 5, Writes: 3, Requests: 3}, func() {
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if string(got) != "012" || !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("read %q, %v, want %q and ErrUnavailable", got, err, "012")
		}
		r.Close()
		for _, want := range []error{files.ErrUncertain, files.ErrUnavailable} {
			if _, err := files.PutString(ctx, b, "lock", "mine", nil); !errors.Is(err, want) {
				t.Errorf("Put: %v, want %v", err, want)
			}
		}
		if _, err := files.Copy(ctx, b, "copy", b, "a", nil); err != nil { // in the store
			t.Errorf("Copy(copy) = %v, want nil", err)
		}
	})
	if used.Calls != 4 || used.AllRequests() != 3 || used.Read != 3 {
		t.Errorf("Within = %+v, want Calls 4, AllRequests 3 and Read 3", used)
	}
	b.Want(t, filestest.Tree{"a": "0123456789", "copy": "0123456789", "lock": "mine"})
	filestest.SweepAround(t, files.ErrUnavailable, func(*testing.T) files.Bucket { return real },
		func(t *testing.T, b *filestest.Wrapped) {
			if _, err := files.Move(t.Context(), b, "moved", b, "copy", nil); err == nil {
				b.Want(t, filestest.Tree{"a": "0123456789", "lock": "mine", "moved": "0123456789"})
			}
		})
}
