package filestest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"cloudfiles.dev/files"
)

// Tree is the content of files by their names.
type Tree map[string]string

// AnyContent stands for any content of a file in a Tree that Want, WantAtLeast or
// WantOneOf compares with.
const AnyContent = "\x00any content\x00"

// ReadTree returns the files of fsys, such as an fstest.MapFS, or os.DirFS of a folder.
// An fsys without files fails the test.
func ReadTree(t testing.TB, fsys fs.FS) Tree {
	t.Helper()
	if fsys == nil {
		t.Fatalf("filestest: the fs.FS is nil")
	}
	tree := Tree{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(fsys, name)
		tree[name] = string(content)
		return err
	})
	if err == nil && len(tree) == 0 {
		err = errors.New("there are no files")
	}
	if err != nil {
		t.Fatalf("filestest: %v", err)
	}
	return tree
}

// Fill stores the files of fsys, such as an fstest.MapFS or an os.DirFS, and then calls
// Mark, so that they don't count as created. No rule is applied and nothing is
// recorded. A name that the service can't hold fails the test, and so does an fsys
// without files.
func (b *instruments) Fill(t testing.TB, fsys fs.FS) {
	t.Helper()
	b.FillTree(t, ReadTree(t, fsys))
}

// FillTree stores the files of a Tree, as Fill does.
func (b *instruments) FillTree(t testing.TB, tree Tree) {
	t.Helper()
	b.lives(t, "Fill")
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if err := b.fill(name, tree[name]); err != nil {
			t.Fatalf("filestest: the files can't be stored: %v", err)
		}
	}
	b.mark(t)
}

func (b *instruments) fill(name, content string) error {
	if err := b.refuses(name); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if content == AnyContent {
		return fmt.Errorf("%q: AnyContent is for comparing", name)
	}
	return b.changes.stored(name, func() error {
		_, err := files.PutString(context.Background(), b.store, name, content, nil)
		return err
	})
}

// Tree returns the content of all files.
func (b *Bucket) Tree() Tree {
	tree, err := b.content()
	if err != nil {
		panic("filestest: memory can't be read: " + err.Error())
	}
	return tree
}

// content returns the content of all files. No rule is applied and nothing is recorded.
func (b *instruments) content() (Tree, error) {
	tree := Tree{}
	ctx := context.Background()
	for e, err := range b.store.List(ctx, "", nil) {
		if err != nil {
			return nil, err
		}
		text, err := files.ReadString(ctx, b.store, e.Name, nil)
		if errors.Is(err, files.ErrNotExist) {
			continue // deleted meanwhile
		} else if err != nil {
			return nil, err
		}
		tree[e.Name] = text
	}
	return tree, nil
}

// contentFor is content for a check of the test.
func (b *instruments) contentFor(t testing.TB) Tree {
	t.Helper()
	tree, err := b.content()
	if err != nil {
		t.Fatalf("filestest: the files can't be read: %v", err)
	}
	return tree
}

// Want checks that the fake has exactly these files, with this content.
func (b *instruments) Want(t testing.TB, want Tree) {
	t.Helper()
	b.compare(t, want, b.contentFor(t))
}

// WantAtLeast checks that the fake has these files, with this content. It may have
// others.
func (b *instruments) WantAtLeast(t testing.TB, want Tree) {
	t.Helper()
	got := b.contentFor(t)
	maps.DeleteFunc(got, func(name, _ string) bool {
		_, wanted := want[name]
		return !wanted
	})
	b.compare(t, want, got)
}

// WantNone checks that there is no file whose name matches the pattern, as with On. For
// example, WantNone(t, "tmp/") checks that nothing is left in the directory tmp.
func (b *instruments) WantNone(t testing.TB, pattern string) {
	t.Helper()
	got := b.contentFor(t)
	maps.DeleteFunc(got, func(name, _ string) bool { return !matchName(pattern, name) })
	if _, err := path.Match(pattern, ""); err != nil {
		t.Errorf("filestest: the pattern %q: %v", pattern, err)
	}
	b.compare(t, Tree{}, got)
}

func (b *instruments) compare(t testing.TB, want, got Tree) {
	t.Helper()
	if diff := want.diff(got); len(diff) > 0 {
		t.Errorf("filestest: want %s; got %d, and %d differ:\n%s", counted(len(want), "file"),
			len(got), len(diff), strings.Join(cut(diff, maxShown), "\n"))
	}
}

// WantOneOf checks that the fake has exactly the files of one of the trees, for example
// those before a call or those after it.
func (b *instruments) WantOneOf(t testing.TB, wants ...Tree) {
	t.Helper()
	if len(wants) == 0 {
		t.Errorf("filestest: WantOneOf: there is no tree to compare with")
		return
	}
	got := b.contentFor(t)
	var lines []string
	for i, want := range wants {
		diff := want.diff(got)
		if len(diff) == 0 {
			return
		}
		lines = append(lines, fmt.Sprintf("from tree %d of %d:", i+1, len(wants)))
		lines = append(lines, diff...)
	}
	t.Errorf("filestest: the files differ from every tree:\n%s", strings.Join(cut(lines, maxShown),
		"\n"))
}

// diff returns a line for each file in which got differs.
func (want Tree) diff(got Tree) (lines []string) {
	names := map[string]bool{}
	for name := range want {
		names[name] = true
	}
	for name := range got {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		w, wanted := want[name]
		g, there := got[name]
		switch {
		case !there:
			lines = append(lines, fmt.Sprintf("\t%q is missing; want %s", name, show(w)))
		case !wanted:
			lines = append(lines,
				fmt.Sprintf("\t%q is there with %s; want no such file", name, show(g)))
		case w != g && w != AnyContent:
			lines = append(lines, fmt.Sprintf("\t%q: %s", name, difference(w, g)))
		}
	}
	return lines
}

// difference says where two contents begin to differ.
func difference(want, got string) string {
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	line := strings.Count(want[:at], "\n") + 1
	from := max(strings.LastIndexByte(want[:at], '\n')+1, at-20)
	return fmt.Sprintf("got %d bytes, want %d; they differ at byte %d, line %d: got %s, want %s",
		len(got), len(want), at, line, show(got[from:]), show(want[from:]))
}

// show is content for a failure: text is quoted and cut, other bytes are only counted.
func show(content string) string {
	if content == AnyContent {
		return "any content"
	}
	const most = 40
	head := content[:min(len(content), most)]
	for len(head) > 0 && len(head) < len(content) && !utf8.RuneStart(content[len(head)]) {
		head = head[:len(head)-1]
	}
	if !utf8.ValidString(head) || bytes.ContainsRune([]byte(head), 0) {
		return fmt.Sprintf("%d bytes that aren't text", len(content))
	}
	if len(head) < len(content) {
		return fmt.Sprintf("%q… (%d bytes)", head, len(content))
	}
	return fmt.Sprintf("%q", content)
}
