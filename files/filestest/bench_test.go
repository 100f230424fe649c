package filestest_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// FuzzFake: fuzz targets have fakes too, each run one of its own.
func FuzzFake(f *testing.F) {
	seeds := filestest.New(f)
	seeds.FillTree(f, filestest.Tree{"a": "text", "b/c": "\x00"})
	for name, content := range seeds.Tree() {
		f.Add(name, content)
	}
	f.Fuzz(func(t *testing.T, name, content string) {
		b := filestest.New(t)
		if _, err := files.PutString(t.Context(), b, name, content, nil); err != nil {
			b.WantUnchanged(t)
			return
		}
		b.WantCreated(t, name)
		b.Want(t, filestest.Tree{name: content})
	})
}

// BenchmarkPut is a call of a program under test.
func BenchmarkPut(b *testing.B) {
	fake := filestest.New(b)
	for b.Loop() {
		if _, err := fake.Put(b.Context(), "a", strings.NewReader("x"), nil); err != nil {
			b.Fatal(err)
		}
	}
}
