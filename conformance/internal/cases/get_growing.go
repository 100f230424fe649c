package cases

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// growingOption compares a Get with the option to one without.
func growingOption(t suite.T, h *suite.H) {
	c := check.Content(1, 512<<10)
	check.Put(t, h, "log", c, nil)
	for what, o := range map[string]struct {
		rng  files.Range
		want []byte
	}{
		"whole":    {files.Range{}, c},
		"a part":   {files.Bytes(1000, 5000), c[1000:6000]},
		"the rest": {files.From(500_000), c[500_000:]},
		"the last": {files.Last(10), c[len(c)-10:]},
		"the end":  {files.From(int64(len(c))), nil},
	} {
		got, info := check.Get(t, h, "log", &files.GetOptions{Growing: true, Range: o.rng})
		if d := check.Diff(got, o.want); d != "" || info.Size != int64(len(c)) {
			t.Errorf("%s, of %d bytes, %s", what, info.Size, d)
		}
	}
	if !h.F.OneVersionReads {
		return
	}
	r, err := h.Get(t.Context(), "log", &files.GetOptions{Growing: true})
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	defer r.Close()
	first := make([]byte, 100)
	if _, err := io.ReadFull(r, first); err != nil {
		t.Fatalf("Read: %v, want no error", err)
	}
	check.Put(t, h, "log", check.Content(2, 600<<10), nil) // a Put does not append
	rest, err := io.ReadAll(r)
	if err == nil && !bytes.Equal(append(first, rest...), c) {
		t.Errorf("a Put during the reading changed the body")
	}
	if err != nil {
		check.WantErr(t, "reading a file that was replaced", err, files.ErrChanged)
	}
}

// appendedWhileRead reads a file while it grows in place.
func appendedWhileRead(t suite.T, h *suite.H) {
	if h.Harness.Append == nil {
		t.Skipf("the harness has no Append")
	}
	const step = 1000
	c := check.Content(3, 512<<10)
	start := len(c) - 100*step
	check.Put(t, h, "log", c[:start], nil)
	growing := &files.GetOptions{Growing: true}

	r, err := h.Get(t.Context(), "log", growing)
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	defer r.Close()
	first := make([]byte, 100)
	if _, err := io.ReadFull(r, first); err != nil {
		t.Fatalf("Read: %v, want no error", err)
	}
	h.Harness.Append(t, h.Bucket, "log", c[start:start+step])
	rest, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(append(first, rest...),
		c[:start]) || r.Info().Size != int64(start) {
		t.Errorf("got %d bytes, want %d, of a file that grew while it was read; Info reports "+
			"%d: %v",
			100+len(rest), start, r.Info().Size, err)
	}

	// A Get without the option must return the same or an error, never fewer bytes
	// without an error.
	got, err := files.ReadAll(t.Context(), h.Bucket, "log", nil)
	if err == nil && !bytes.Equal(got, c[:start+step]) {
		t.Errorf("got %d bytes of a file that had grown, want %d", len(got), start+step)
	} else if err != nil && !errors.Is(err, files.ErrChanged) && !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("Get of a file that had grown: %v", err)
	}
	wantGrown(t, h, c[:start+step])
	readWhileAppended(t, h, c, start+step, step)
	wantGrown(t, h, c)
}

// wantGrown fails the case if the file, or its end, isn't what it has grown to.
func wantGrown(t suite.T, h *suite.H, want []byte) {
	t.Helper()
	got, info := check.Get(t, h, "log", &files.GetOptions{Growing: true})
	if d := check.Diff(got, want); d != "" || info.Size != int64(len(want)) {
		t.Errorf("a file that has grown, of %d bytes, %s", info.Size, d)
	}
	at := int64(len(want)) - 1500
	got, _ = check.Get(t, h, "log", &files.GetOptions{Growing: true, Range: files.From(at)})
	if d := check.Diff(got, want[at:]); d != "" {
		t.Errorf("the end of a file that has grown %s", d)
	}
}

// readWhileAppended reads again and again, each time from the end of the last read,
// until it has everything.
func readWhileAppended(t suite.T, h *suite.H, c []byte, start, step int) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for at := start; at < len(c); at += step {
			h.Harness.Append(t, h.Bucket, "log", c[at:min(at+step, len(c))])
		}
	}()
	defer wg.Wait()
	var tail []byte
	for len(tail) < len(c) {
		whole, err := h.Get(t.Context(), "log", &files.GetOptions{Growing: true})
		if err != nil {
			t.Errorf("Get while the file grows: %v, want no error", err)
			return
		}
		got, err := io.ReadAll(whole)
		size := whole.Info().Size
		whole.Close()
		if err != nil || int64(len(got)) != size || !bytes.HasPrefix(c, got) {
			t.Errorf("got %d bytes while the file grows, or others than were written; Info "+
				"reports "+
				"%d: %v",
				len(got), size, err)
			return
		}
		from := files.From(int64(len(tail)))
		more, err := files.ReadAll(t.Context(), h.Bucket, "log",
			&files.ReadOptions{GetOptions: files.GetOptions{Growing: true, Range: from}})
		if tail = append(tail, more...); err != nil || !bytes.HasPrefix(c, tail) {
			t.Errorf("got %d more bytes, or others than were written: %v", len(more), err)
			return
		}
	}
}
