package filestest_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

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
		`"lost" is missing`, `"more" is there with 2 bytes that aren't text`,
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
		t.Errorf("Get with the version from before the change: %v, want ErrPrecondition", err)
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
