package transfer_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

// TestLargeChanged: a source that has changed since the interrupted run is copied from its
// beginning, and no part of the old content is left anywhere.
func TestLargeChanged(t *testing.T) {
	for what, q := range map[string][]byte{
		"as long": random(4, largeSize),
		"longer":  random(4, largeSize+1),
		"shorter": random(4, 9<<20),
		"small":   random(4, 1000),
	} {
		dst, dir := fine(), memdir.New(t)
		inner := fine()
		putBytes(t, inner, "big", random(3, largeSize), nil)
		src := readsOf(inner)
		cutOff(t, dst, src, largeSize/2, resuming(dir))
		putBytes(t, inner, "big", q, nil)
		res := apply(t, must(transfer.Copy(in(dst, "there"), whole(src), resuming(dir))))
		wantBytes(t, dst, "there/big", q)
		if res.Resumed != 0 || src.n.Load() < int64(len(q)) {
			t.Errorf("%s: %d bytes are resumed, and %d were read", what, res.Resumed, src.n.Load())
		}
		wantNothingLeft(t, dst, dir)
	}
}

// TestLargeOptionsChanged: other options of the copy are another copy.
func TestLargeOptionsChanged(t *testing.T) {
	p := random(5, largeSize)
	dst, dir, inner := fine(), memdir.New(t), fine()
	putBytes(t, inner, "big", p, &files.PutOptions{
		Attributes: files.Attributes{Metadata: map[string]string{"key": "value"}},
	})
	src := readsOf(inner)
	cutOff(t, dst, src, largeSize/2, resuming(dir))
	o := resuming(dir)
	o.ContentOnly = true
	apply(t, must(transfer.Copy(in(dst, "there"), whole(src), o)))
	if info := wantBytes(t, dst, "there/big", p); len(info.Metadata) > 0 {
		t.Errorf("the copy has the metadata %v", info.Metadata)
	}
	wantNothingLeft(t, dst, dir)
}

// TestLargeStale: a run gives up what nobody has continued for a week, and leaves newer
// states and those of other buckets alone.
func TestLargeStale(t *testing.T) {
	dir := memdir.New(t)
	var stores []files.Bucket
	for range 2 {
		dst, inner := fine(), fine()
		putBytes(t, inner, "big", random(8, largeSize), nil)
		cutOff(t, dst, readsOf(inner), largeSize/2, resuming(dir))
		stores = append(stores, dst)
	}
	notes, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(notes) != 2 {
		t.Fatalf("the notes are %q, %v, want 2", notes, err)
	}
	age := func(d time.Duration) {
		t.Helper()
		for _, path := range notes {
			when := time.Now().Add(-d)
			if err := os.Chtimes(path, when, when); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	left := func(want ...int) {
		t.Helper()
		var got []int
		for _, b := range stores {
			n := 0
			for range resume.Uploads(t.Context(), b, "") {
				n++
			}
			got = append(got, n)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v uploads are left, want %v", got, want)
		}
	}
	other := fine()
	put(t, other, "a")
	run := func() {
		t.Helper()
		apply(t, must(transfer.Copy(whole(stores[0]), whole(other), resuming(dir))))
	}
	age(6 * 24 * time.Hour)
	run()
	left(1, 1)
	age(8 * 24 * time.Hour)
	run()
	left(0, 1)
	if notes, _ := filepath.Glob(filepath.Join(dir, "*")); len(notes) != 2 {
		t.Errorf("the states are %v, want those of one copy", notes)
	}
}

// TestLargeDamagedState: a state that is damaged, or another's, doesn't stop a copy.
func TestLargeDamagedState(t *testing.T) {
	p := random(9, largeSize)
	for what, change := range map[string]func(text []byte) []byte{
		"empty":   func([]byte) []byte { return nil },
		"cut off": func(text []byte) []byte { return text[:len(text)/2] },
		"no token": func([]byte) []byte {
			return []byte(`{"cloudfiles":"transfer","token":"x"}`)
		},
		"a number": func([]byte) []byte {
			return []byte(`{"cloudfiles":"transfer","token":"7"}`)
		},
		"a damaged token": func(text []byte) []byte {
			return bytes.Replace(text, []byte("parts"), []byte("qarts"), 1)
		},
	} {
		dst, dir, inner := fine(), memdir.New(t), fine()
		putBytes(t, inner, "big", p, nil)
		src := readsOf(inner)
		cutOff(t, dst, src, largeSize/2, resuming(dir))
		notes, err := filepath.Glob(filepath.Join(dir, "*.json"))
		if err != nil || len(notes) != 1 {
			t.Fatalf("the notes are %q, %v, want one", notes, err)
		}
		text, err := os.ReadFile(notes[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(notes[0], change(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := must(transfer.Copy(in(dst, "there"), whole(src),
			resuming(dir))).Apply(t.Context()); err != nil {
			t.Errorf("Apply with a note that is %s: %v", what, err)
			continue
		}
		wantBytes(t, dst, "there/big", p)
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%s: %v is left, %v", what, entries, err)
		}
	}
}
