package crypt_test

import (
	"bytes"
	"io"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/crypt"
)

// FuzzOpen: any bytes below are read as the content that was put, or are ErrCorrupt or
// ErrPermission.
func FuzzOpen(f *testing.F) {
	below := mem.New(nil)
	b, err := crypt.New(below, &crypt.Options{Keys: []crypt.Key{key("1", 1)}})
	if err != nil {
		f.Fatal(err)
	}
	plain := content(100)
	if _, err := files.PutBytes(f.Context(), b, "a", plain, nil); err != nil {
		f.Fatal(err)
	}
	stored, err := files.ReadAll(f.Context(), below, "a", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stored, int64(3), int64(10))
	f.Add(stored[:len(stored)-1], int64(0), int64(100))
	f.Add(stored[:crypt.HeaderSize], int64(0), int64(1))
	f.Add([]byte("age-encryption.org/v1\n-> X25519 a\nb\n--- c\n"), int64(0), int64(5))
	f.Add(bytes.Replace(stored, []byte("-> "), []byte("-> x\n\n-> "), 1), int64(0), int64(5))
	f.Add([]byte{}, int64(0), int64(0))
	f.Fuzz(func(t *testing.T, stored []byte, off, n int64) {
		below := mem.New(nil)
		b, err := crypt.New(below, &crypt.Options{Keys: []crypt.Key{key("1", 1)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := files.PutBytes(t.Context(), below, "a", stored, nil); err != nil {
			t.Fatal(err)
		}
		for _, r := range []files.Range{{}, files.Bytes(max(off, 0), max(n, 0)),
			files.Last(max(n, 0))} {
			body, err := b.Get(t.Context(), "a", &files.GetOptions{Range: r})
			var got []byte
			if err == nil {
				got, err = io.ReadAll(body)
				body.Close()
			}
			at, count := r.Resolve(int64(len(plain)))
			switch kind := files.KindOf(err); {
			case err == nil && !bytes.Equal(got, plain[at:at+count]):
				t.Errorf("%q is read", got)
			case err != nil && kind != files.ErrCorrupt && kind != files.ErrPermission:
				t.Errorf("reading = %v, want ErrCorrupt or ErrPermission", err)
			}
		}
	})
}

// FuzzName: a name below that is not an encrypted name is ignored.
func FuzzName(f *testing.F) {
	f.Add("0/1", "a")
	f.Add("vvvvvvvvvvvvvvvvvvvvvvvvvvvv", "notes/day14.txt")
	f.Fuzz(func(t *testing.T, sealed, name string) {
		below := mem.New(nil)
		b, err := crypt.New(below, &crypt.Options{
			Keys:    []crypt.Key{key("1", 1)},
			NameKey: secret(2),
		})
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range b.List(t.Context(), "", nil) {
			t.Errorf("List yields %q, %v, want nothing", e.Name, err)
		}
		if _, err := files.PutBytes(t.Context(), b, name, nil, nil); err != nil {
			return
		}
		if files.CheckName(sealed) == nil {
			files.PutBytes(t.Context(), below, sealed, nil, nil)
		}
		n := 0
		for e, err := range b.List(t.Context(), "", nil) {
			if n++; err != nil || e.Name != name {
				t.Errorf("List yields %q, %v, want the file that was put", e.Name, err)
			}
		}
		if n != 1 {
			t.Errorf("%d names", n)
		}
	})
}
