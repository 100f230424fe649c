package local

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

// ok fails the test at once if there is an error.
func ok(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func stat(t testing.TB, b files.Bucket, name string) files.Info {
	t.Helper()
	info, err := b.Stat(context.Background(), name, nil)
	if err != nil {
		t.Fatalf("Stat(%q): %v", name, err)
	}
	return info
}

// A folder of plain files is a bucket, and reading changes nothing in it.
func TestPlainFolder(t *testing.T) {
	b, dir := newBucket(t, nil)
	ok(t, os.MkdirAll(filepath.Join(dir, "d/empty"), 0o777),
		os.WriteFile(filepath.Join(dir, "d/page.html"), []byte("<p>"), 0o666),
		os.WriteFile(filepath.Join(dir, "text"), []byte("plain text"), 0o666),
		os.WriteFile(filepath.Join(dir, "x.attrs"), []byte("no sidecar"), 0o666))
	for name, typ := range map[string]string{
		"d/page.html": "text/html; charset=utf-8",
		"text":        "text/plain; charset=utf-8",
		"x.attrs":     "text/plain; charset=utf-8",
	} {
		if s, info := fetch(t, b,
			name); info.ContentType != typ || info.Size != int64(len(s)) || info.Version == "" ||
			!info.Digest.IsZero() {
			t.Errorf("%s = %q, %+v, want type %s, size, version and no digest", name, s, info, typ)
		}
	}
	del(t, b, "missing/name")
	var got []string
	for e, err := range b.List(context.Background(), "", nil) {
		ok(t, err)
		got = append(got, e.Name)
	}
	if want := []string{"d/page.html", "text", "x.attrs"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	if _, err := os.Lstat(filepath.Join(dir, controlDir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after reading, Lstat of the control folder = %v, want not exist", err)
	}
}

// An empty folder of another program is not a directory: a file of its name replaces it
// (L6).
func TestEmptyFolderGivesWay(t *testing.T) {
	b, dir := newBucket(t, nil)
	needAttributes(t, dir)
	ok(t, os.MkdirAll(filepath.Join(dir, "a"), 0o777),
		os.MkdirAll(filepath.Join(dir, "full/below"), 0o777))
	putIn(t, b, "a", "content", nil)
	putIn(t, b, "full", "content", nil)
	wantDisk(t, dir, "a", "full/below/", "%cf-l-full")
	ok(t, os.Remove(filepath.Join(dir, "full/below")))
	putIn(t, b, "full", "again", nil)
	wantDisk(t, dir, "a", "full")
}

// A file x.attrs of another program is a file: it is renamed to make room for the
// sidecar of x, and Put and Delete find it under both names.
func TestAttrsFile(t *testing.T) {
	b, dir := newBucket(t, nil)
	ok(t, os.WriteFile(filepath.Join(dir, "x.attrs"), []byte("theirs"), 0o666))
	old := stat(t, b, "x.attrs")
	putIn(t, b, "x", "content", &files.PutOptions{Attributes: someAttributes})
	wantDisk(t, dir, "x", "x.attrs", "%cf-e-x%2Eattrs")
	if s, info := fetch(t, b, "x.attrs"); s != "theirs" || info.Size != old.Size {
		t.Errorf("x.attrs = %q, %+v, want \"theirs\" and the same size", s, info)
	}
	moved := stat(t, b, "x.attrs") // the rename changed its version (V1)
	putIn(t, b, "x.attrs", "ours", &files.PutOptions{If: files.IfVersion(moved.Version)})
	del(t, b, "x.attrs")
	if _, err := b.Stat(context.Background(), "x.attrs", nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("Stat of the deleted x.attrs = %v, want ErrNotExist", err)
	}
	if info := stat(t, b, "x"); info.CacheControl != someAttributes.CacheControl {
		t.Errorf("x has %+v, want its attributes", info)
	}
	ok(t, os.WriteFile(filepath.Join(dir, "y.attrs"), []byte("theirs"), 0o666))
	putIn(t, b, "y.attrs", "ours", nil)
	if _, err := os.Lstat(filepath.Join(dir, "y.attrs")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Lstat of the replaced y.attrs = %v, want not exist", err)
	}
	ok(t, os.WriteFile(filepath.Join(dir, "y.attrs"), []byte("a restored one"), 0o666))
	if s, _ := fetch(t, b, "y.attrs"); s != "ours" {
		t.Errorf("y.attrs = %q, want \"ours\"", s)
	}
	del(t, b, "y.attrs")
	if _, err := b.Stat(context.Background(), "y.attrs", nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("Stat of the deleted y.attrs = %v, want ErrNotExist", err)
	}
}

// Edits by other programs of a file that was put are visible or reported as damage.
func TestEditsByOthersAreSeen(t *testing.T) {
	ctx := context.Background()
	md5 := files.Digest{MD5: "9a0364b9e99bb480dd25e1f0284c8555"} // of "content"
	for _, sidecar := range []bool{false, true} {
		b, dir := newBucket(t, nil)
		needAttributes(t, dir)
		o := &files.PutOptions{Digest: md5}
		if sidecar {
			o.Attributes = someAttributes
		}
		put := putIn(t, b, "a.txt", "content", o)
		path := filepath.Join(dir, "a.txt")

		// Edited in place: it has no digest, and keeps its attributes.
		ok(t, os.WriteFile(path, []byte("edited"), 0o666),
			os.Chtimes(path, time.Time{}, time.Now().Add(time.Second)))
		s, info := fetch(t, b, "a.txt")
		if s != "edited" || !info.Digest.IsZero() || info.Version == put.Version ||
			info.Attributes.CacheControl != o.CacheControl ||
			info.Metadata["owner"] != o.Metadata["owner"] {
			t.Errorf("after an edit (sidecar %v): %q, %+v, want %q, Digest zero, Version "+
				"anything but %q, Attributes.CacheControl %q and %q", sidecar, s, info, "edited",
				put.Version, o.CacheControl, o.Metadata["owner"])
		}
		// Copied back with its time, as by cp -p, but without the record: the sidecar
		// shows that it is the old content. Its version is another (V1), because a tool
		// may give any content that time.
		ok(t, os.Remove(path), os.WriteFile(path, []byte("content"), 0o666),
			os.Chtimes(path, time.Time{}, put.ModTime))
		s, info = fetch(t, b, "a.txt")
		if s != "content" || info.Version == put.Version || (info.Digest.MD5 != "") != sidecar {
			t.Errorf("after a copy back (sidecar %v): %q, %+v", sidecar, s, info)
		}
		// Damaged, with the time of the Put.
		put = putIn(t, b, "a.txt", "content", o)
		ok(t, os.WriteFile(path, []byte("kontent"), 0o666),
			os.Chtimes(path, time.Time{}, put.ModTime))
		r, err := b.Get(ctx, "a.txt", nil)
		ok(t, err)
		if p, err := r.ReadAll(); !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("reading the damaged file (sidecar %v) = %q, %v, want ErrCorrupt", sidecar, p,
				err)
		}
		r.Close()
		ok(t, os.Truncate(path, 3), os.Chtimes(path, time.Time{}, put.ModTime))
		if _, err := b.Get(ctx, "a.txt",
			&files.GetOptions{Range: files.Bytes(0, 1)}); !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("Get of the truncated file (sidecar %v) = %v, want ErrCorrupt", sidecar, err)
		}
		if _, err := files.Copy(ctx, b, "copy", b, "a.txt",
			nil); !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("Copy of the truncated file (sidecar %v) = %v, want ErrCorrupt", sidecar, err)
		}
		putIn(t, b, "a.txt", "whole again", nil)
		if s, _ := fetch(t, b, "a.txt"); s != "whole again" {
			t.Errorf("after another Put: %q, want \"whole again\"", s)
		}
	}
}

// A change in place during a read is ErrChanged, not a mixture (G4). A Put or a Delete
// doesn't change what is read.
func TestChangeWhileReading(t *testing.T) {
	ctx := context.Background()
	b, dir := newBucket(t, nil)
	content := strings.Repeat("0123456789", 1000)
	for _, change := range []struct {
		name string
		do   func(path string) error
		want error
	}{
		{"put", func(string) error {
			_, err := b.Put(ctx, "a", strings.NewReader("new"), nil)
			return err
		}, nil},
		{"delete", func(string) error { return b.Delete(ctx, "a", nil) }, nil},
		{"append", func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteString("x")
			return err
		}, files.ErrChanged},
		{"truncate", func(path string) error { return os.Truncate(path, 5000) }, files.ErrChanged},
	} {
		putIn(t, b, "a", content, nil)
		r, err := b.Get(ctx, "a", &files.GetOptions{SkipVerify: true})
		ok(t, err)
		head, err := r.ReadN(4000)
		ok(t, err, change.do(filepath.Join(dir, "a")))
		rest, err := r.ReadAll()
		if !errors.Is(err,
			change.want) || change.want == nil && (err != nil ||
			string(head)+string(rest) != content) {
			t.Errorf("%s: %d bytes, %v; want %v", change.name, len(head)+len(rest), err,
				change.want)
		}
		r.Close()
	}
}

// A folder with a newer format is refused at the first use.
func TestControlFolderFormat(t *testing.T) {
	ctx := context.Background()
	for mark, refused := range map[string]bool{
		"3\n":  true,
		"junk": true,
		"":     false,
		"1\n":  false,
		"2\n":  false,
	} {
		dir := t.TempDir()
		ok(t, os.Mkdir(filepath.Join(dir, controlDir), 0o777),
			os.WriteFile(filepath.Join(dir, controlDir, versionFile), []byte(mark), 0o666),
			os.WriteFile(filepath.Join(dir, "a"), nil, 0o666))
		b := openBucket(t, dir, nil)
		_, statErr := b.Stat(ctx, "a", nil)
		_, putErr := b.Put(ctx, "a", strings.NewReader(""), nil)
		for op, err := range map[string]error{
			"Stat":  statErr,
			"Put":   putErr,
			"Check": files.Check(ctx, b),
		} {
			if refused != errors.Is(err, files.ErrInvalid) || !refused && err != nil {
				t.Errorf("format mark %q: %s = %v, want ErrInvalid for a newer or malformed mark",
					mark, op, err)
			}
		}
	}
}

// The next handle removes what dead processes left, and doesn't touch what a live one
// staged.
func TestLeftoversAreSwept(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	b := openBucket(t, dir, nil)
	pr, pw := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := b.Put(ctx, "slow.txt", pr, nil)
		done <- err
	}()
	_, err := pw.Write([]byte("half"))
	ok(t, err)
	dead := filepath.Join(dir, controlDir, "s-0123.attrs")
	ok(t, os.Mkdir(dead, 0o777), os.WriteFile(filepath.Join(dead, aliveFile), nil, 0o666),
		os.WriteFile(filepath.Join(dead, "1.attrs"), []byte("half"), 0o666))
	// of a process that was killed before it made its lock
	barely := filepath.Join(dir, controlDir, "s-4567.attrs")
	ok(t, os.Mkdir(barely, 0o777))
	second := openBucket(t, dir, nil)
	putIn(t, second, "b", "x", nil)
	for _, gone := range []string{dead, barely} {
		if _, err := os.Lstat(gone); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Lstat of the dead process's staging folder = %v, want not exist", err)
		}
	}
	_, err = pw.Write([]byte(" and half"))
	ok(t, err, pw.Close(), <-done)
	if s, _ := fetch(t, b, "slow.txt"); s != "half and half" {
		t.Errorf("slow.txt = %q, want \"half and half\"", s)
	}
}

// Without locks, conditions are refused, and everything else works.
func TestNoLocks(t *testing.T) {
	ctx := context.Background()
	b := openHooked(t, t.TempDir(), nil, &hookFS{noLocks: true})
	if f := b.Features(); f.IfAbsent || f.IfVersion || f.DeleteIfVersion {
		t.Errorf("Features claims conditions without locks: %+v", f)
	}
	info := putIn(t, b, "a", "content", &files.PutOptions{Attributes: someAttributes})
	for _, c := range []files.Condition{files.IfAbsent(), files.IfVersion(info.Version)} {
		if _, err := b.Put(ctx, "a", strings.NewReader("x"),
			&files.PutOptions{If: c}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Put with %v = %v, want ErrUnsupported", c, err)
		}
	}
	if err := b.Delete(ctx, "a",
		&files.DeleteOptions{IfVersion: info.Version}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Delete of a version = %v, want ErrUnsupported", err)
	}
	if s, _ := fetch(t, b, "a"); s != "content" {
		t.Errorf("a = %q, want \"content\"", s)
	}
	del(t, b, "a")
}

// TestLocksVanish: Features claims no conditions once a write has found that files can't
// be locked.
func TestLocksVanish(t *testing.T) {
	disk := &hookFS{noDirLocks: true}
	b := openHooked(t, t.TempDir(), nil, disk)
	if f := b.Features(); !f.IfAbsent || !f.IfVersion || !f.DeleteIfVersion {
		t.Fatalf("Features claims no conditions with locks: %+v", f)
	}
	disk.noLocks = true
	putIn(t, b, "a", "content", nil)
	if f := b.Features(); f.IfAbsent || f.IfVersion || f.DeleteIfVersion {
		t.Errorf("Features claims conditions without locks: %+v", f)
	}
}
