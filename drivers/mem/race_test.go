package mem_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// together runs f in n goroutines that start at the same time.
func together(n int, f func(i int)) {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// TestOneWinner: of 64 conditional Puts exactly one succeeds, and what it wrote stays
// (P8, P9).
func TestOneWinner(t *testing.T) {
	const n = 64
	for round := range 50 {
		b := mem.New(nil)
		var version files.Version
		loser := files.ErrExist
		if round%2 == 1 {
			info, err := b.Put(t.Context(), "a", strings.NewReader("old"), nil)
			if err != nil {
				t.Fatal(err)
			}
			version, loser = info.Version, files.ErrPrecondition
		}
		var winner, wins atomic.Int64
		together(n, func(i int) {
			o := &files.PutOptions{If: files.IfAbsent()}
			if version != "" {
				o.If = files.IfVersion(version)
			}
			switch _, err := b.Put(t.Context(), "a", strings.NewReader(strconv.Itoa(i)), o); {
			case err == nil:
				winner.Store(int64(i))
				wins.Add(1)
			case !errors.Is(err, loser):
				t.Errorf("%v, want %v", err, loser)
			}
		})
		if wins.Load() != 1 {
			t.Fatalf("%d calls succeeded, want 1", wins.Load())
		}
		if got := read(t, b, "a"); got != fmt.Sprint(winner.Load()) {
			t.Fatalf("the file is %q, want that of Put %d, which succeeded", got, winner.Load())
		}
	}
}

// TestOneDeleter: of many Deletes of one version exactly one succeeds (D2).
func TestOneDeleter(t *testing.T) {
	b := mem.New(nil)
	info, err := b.Put(t.Context(), "a", strings.NewReader(""), nil)
	if err != nil {
		t.Fatal(err)
	}
	var wins atomic.Int64
	together(64, func(int) {
		switch err := b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: info.Version}); {
		case err == nil:
			wins.Add(1)
		case !errors.Is(err, files.ErrPrecondition):
			t.Error(err)
		}
	})
	if wins.Load() != 1 {
		t.Fatalf("%d calls succeeded, want 1", wins.Load())
	}
}

// TestCounter: a counter that is changed by compare-and-swap counts every change (X1),
// and each reader reads only growing values.
func TestCounter(t *testing.T) {
	const workers, each = 8, 100
	b := mem.New(nil)
	if _, err := b.Put(t.Context(), "n", strings.NewReader("0"), nil); err != nil {
		t.Fatal(err)
	}
	together(workers, func(int) {
		last := -1
		for done := 0; done < each; {
			r, err := b.Get(t.Context(), "n", nil)
			if err != nil {
				t.Error(err)
				return
			}
			text, err := r.ReadString()
			n, nerr := strconv.Atoi(text)
			if err != nil || nerr != nil || n < last {
				t.Errorf("%q after %d: %v, %v", text, last, err, nerr)
				return
			}
			last = n
			_, err = b.Put(t.Context(), "n", strings.NewReader(strconv.Itoa(n+1)),
				&files.PutOptions{If: files.IfVersion(r.Info().Version)})
			if err == nil {
				done++
				last++
			} else if !errors.Is(err, files.ErrPrecondition) {
				t.Error(err)
				return
			}
			r.Close()
		}
	})
	if got := read(t, b, "n"); got != fmt.Sprint(workers*each) {
		t.Fatalf("%s, want %d", got, workers*each)
	}
}

// TestCopyOntoItselfLosesNothing: a copy of a file onto itself changes its attributes
// without undoing a concurrent Put.
func TestCopyOntoItselfLosesNothing(t *testing.T) {
	b := mem.New(nil)
	var last [4]string
	together(len(last)+1, func(i int) {
		if i == len(last) {
			for n := range 200 {
				o := &files.CopyOptions{Attributes: &files.Attributes{
					ContentType:     "x/x",
					ContentLanguage: fmt.Sprint(n),
				}}
				if _, err := files.Copy(t.Context(), b, "f0", b, "f0",
					o); err != nil && !errors.Is(err, files.ErrNotExist) {
					t.Error(err)
				}
			}
			return
		}
		for n := range 200 {
			last[i] = fmt.Sprint(i, n)
			if _, err := b.Put(t.Context(), fmt.Sprint("f", i), strings.NewReader(last[i]),
				nil); err != nil {
				t.Error(err)
			}
		}
	})
	for i, want := range last {
		if got := read(t, b, fmt.Sprint("f", i)); got != want {
			t.Errorf("f%d is %q, want %q", i, got, want)
		}
	}
}

// TestReadersDuringWrites: while files are put, replaced and deleted, listings have
// every file that stays exactly once and in order, and readers read whole files (L4,
// P1, G4).
func TestReadersDuringWrites(t *testing.T) {
	const stable = 500
	b := mem.New(nil)
	body := func(v int) string { return strings.Repeat(fmt.Sprintf("%06d", v), 50) }
	for i := range stable {
		if _, err := b.Put(t.Context(), fmt.Sprintf("d/%05d/stays", i*10),
			strings.NewReader(body(0)), nil); err != nil {
			t.Fatal(err)
		}
	}
	var done atomic.Bool
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for !done.Load() {
				count, last := 0, ""
				for e, err := range b.List(t.Context(), "d", nil) {
					if err != nil || e.Name <= last {
						t.Errorf("%q after %q, %v", e.Name, last, err)
						return
					}
					if last = e.Name; strings.HasSuffix(last, "/stays") {
						count++
					}
				}
				if count != stable {
					t.Errorf("the listing has %d of %d names that stay", count, stable)
				}
				r, err := b.Get(t.Context(), "d/00100/stays", nil)
				if err != nil {
					t.Error(err)
					return
				}
				text, err := r.ReadString()
				if err != nil || text != strings.Repeat(text[:6],
					50) || r.Info().Metadata["v"] != "" && r.Info().Metadata["v"] != text[:6] {
					t.Errorf("torn: %q, %v, %v", text, r.Info().Metadata, err)
				}
				r.Close()
			}
		})
	}
	together(2, func(w int) {
		for n := range 2_000 {
			name := fmt.Sprintf("d/%05d/comes%d", n*7%5000, w)
			if _, err := b.Put(t.Context(), name, strings.NewReader("x"), nil); err != nil {
				t.Error(err)
			}
			if n%3 > 0 {
				if err := b.Delete(t.Context(), name, nil); err != nil {
					t.Error(err)
				}
			}
			text := body(n)
			o := &files.PutOptions{
				Attributes: files.Attributes{Metadata: map[string]string{"v": text[:6]}},
			}
			if _, err := b.Put(t.Context(), "d/00100/stays", strings.NewReader(text),
				o); err != nil {
				t.Error(err)
			}
		}
	})
	done.Store(true)
	wg.Wait()
}
