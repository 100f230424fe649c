package local

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/crypt"
)

// TestCacheOnFullDisk: a cache whose folder is on a full disk, or on one that has become
// read-only, returns what the bucket has, and keeps the entries that fit (C6 of the
// kinds of layers).
func TestCacheOnFullDisk(t *testing.T) {
	dir := mounts.New(t, mounts.Tmpfs, mounts.Size(4<<20))
	folder, err := Open(dir, noSync)
	check(t, err)
	c := newCached(t, folder, 12, 900_000)
	c.read(t, "while the disk fills")
	c.read(t, "on the full disk")
	entries := names(t, folder)
	if len(entries) == 0 || len(entries) >= len(c.contents) {
		t.Fatalf("%d entries fit, so the test shows nothing", len(entries))
	}
	check(t, folder.Close())
	c.wait() // a file that is open for writing keeps the disk writable
	mounts.ReadOnly(t, dir)
	folder = openBucket(t, dir, noSync)
	c.open(t, folder)
	c.read(t, "on the read-only disk")
	if now := names(t, folder); !slices.Equal(now, entries) {
		t.Errorf("the read-only disk has %q, want %q", now, entries)
	}
	mounts.Writable(t, dir)
	c.read(t, "on the writable disk")
}

// TestEncryptedNamesWhereCaseFolds: on a disk whose names fold case, encrypted names
// that differ only in case are different files, and every name of Features.MaxName
// bytes can be stored.
func TestEncryptedNamesWhereCaseFolds(t *testing.T) {
	below := openBucket(t, filepath.Join(mounts.New(t, mounts.ExfatFuse), "bucket"),
		&Options{NoSync: true, CreateDir: true})
	secret := crypt.Secret("0123456789abcdefghijklmnopqrstuv")
	b, err := crypt.New(below, &crypt.Options{
		Keys:    []crypt.Key{{ID: "1", Secret: secret}},
		NameKey: secret,
	})
	check(t, err)
	var all []string
	for i := range 64 { // each spelling of "abcdef"
		name := []byte("abcdef")
		for bit := range name {
			if i>>bit&1 == 1 {
				name[bit] ^= 0x20
			}
		}
		all = append(all, string(name), fmt.Sprintf("dir/%s", name))
	}
	most := b.Features().MaxName
	for _, elements := range []int{1, 2, 8, 16} {
		all = append(all, strings.Repeat("a/", elements-1)+
			strings.Repeat("z", most-2*(elements-1)))
	}
	for _, name := range all {
		putIn(t, b, name, "of "+name, &files.PutOptions{If: files.IfAbsent()})
	}
	for _, name := range all {
		if text, _ := fetch(t, b, name); text != "of "+name {
			t.Errorf("%q has the content %q, want %q", name, text, "of "+name)
		}
	}
	listed := names(t, b)
	slices.Sort(listed)
	slices.Sort(all)
	if !slices.Equal(listed, all) {
		t.Errorf("List has %d names, want %d", len(listed), len(all))
	}
}
