package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// Whatever happened before, a closed bucket has no open descriptor and leaves no staged
// file (X2).
func TestNoLeaks(t *testing.T) {
	descriptors := func() []string {
		ents, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("needs /proc")
		}
		var open []string
		for _, e := range ents {
			if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
				open = append(open, to)
			}
		}
		return open
	}
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	b, err := Open(dir, nil)
	ok(t, err)
	o := &files.PutOptions{Attributes: someAttributes}
	putIn(t, b, "a", "content", o)
	putIn(t, b, "a/b/c", "content", o)
	boom := errors.New("boom")
	for i := range 20 {
		b.Put(ctx, "failing", &failing{boom}, o)
		b.Put(ctx, "a", strings.NewReader("x"), &files.PutOptions{
			If:         files.IfAbsent(),
			Attributes: someAttributes,
		})
		b.Put(ctx, "none/x", strings.NewReader("x"), &files.PutOptions{If: files.IfVersion("1-1")})
		b.Put(ctx, "d/x", strings.NewReader("x"),
			&files.PutOptions{Digest: files.Digest{CRC32C: "00000000"}})
		b.Get(ctx, "missing", nil)
		b.Get(ctx, "a", &files.GetOptions{IfNotVersion: stat(t, b, "a").Version})
		b.Get(ctx, "a/b", nil)
		r, err := b.Get(ctx, "a", nil)
		ok(t, err)
		r.ReadN(1)
		r.Close()
		files.Copy(ctx, b, fmt.Sprint("copy", i), b, "a", nil)
		files.Copy(ctx, b, "copy", b, "missing", nil)
		b.Delete(ctx, "a", &files.DeleteOptions{IfVersion: "1-1"})
		b.Delete(ctx, fmt.Sprint("copy", i), nil)
		for range b.List(ctx, "", nil) {
			break
		}
		for range b.List(ctx, "", &files.ListOptions{Foreign: true}) {
			break
		}
	}
	cancel()
	b.Put(ctx, "a", strings.NewReader("x"), nil)
	if staged, _ := filepath.Glob(filepath.Join(dir, controlDir, "s-*", "*")); len(staged) != 1 {
		t.Errorf("the staging folder has %q, want only alive.attrs", staged)
	}
	ok(t, b.Close())
	for _, path := range descriptors() {
		if strings.HasPrefix(path, dir) {
			t.Errorf("%s is still open", path)
		}
	}
	ents, err := os.ReadDir(filepath.Join(dir, controlDir))
	ok(t, err)
	for _, e := range ents {
		if e.Name() != lockName && e.Name() != versionFile {
			t.Errorf("%s is left in the control folder", e.Name())
		}
	}
}

func TestOpenErrors(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	ok(t, os.WriteFile(file, nil, 0o666))
	for _, tt := range []struct {
		url  string
		want error
		text string
	}{
		{"file://" + dir + "/missing", files.ErrNoBucket, "create_dir=1"},
		{"file://" + dir + "/missing?create_dir=0", files.ErrNoBucket, "create_dir=1"},
		{"file://" + file, files.ErrInvalid, "leads to a file"},
		{"file://" + file + "/below", files.ErrInvalid, "leads to a file"},
		{"file://" + file + "/below?create_dir=1", files.ErrInvalid, "leads to a file"},
		{"file://" + dir + "?create_dir=maybe", files.ErrInvalid, "create_dir"},
		{"file://" + dir + "?sync=half", files.ErrInvalid, "full or none"},
		{"file://" + dir + "?sidecar=never", files.ErrInvalid, "sidecar"},
		{"file://" + dir + "?metadata=keep", files.ErrInvalid, "metadata"},
		{"file://" + dir + "?metadata=skip&sidecar=always", files.ErrInvalid, "always and never"},
		{"file://" + dir + "?dir_file_mode=0999", files.ErrInvalid, "dir_file_mode"},
		{"file://" + dir + "?unknown=1", files.ErrInvalid, `"unknown"`},
		{"file://some/dir", files.ErrInvalid, "file:///some/dir"},
		{"file:some/dir", files.ErrInvalid, "file:///some/dir"},
		{"file://", files.ErrInvalid, "no path"},
	} {
		b, err := files.Open(ctx, tt.url)
		if files.KindOf(err) != tt.want || err != nil && !strings.Contains(err.Error(), tt.text) {
			t.Errorf("Open(%s) = %v, want %v with %q", tt.url, err, tt.want, tt.text)
		}
		if err == nil {
			b.Close()
		}
	}
	if _, err := Open("a\x00b", nil); !errors.Is(err, files.ErrInvalid) ||
		!strings.Contains(err.Error(), "NUL") {
		t.Errorf(`Open of a path with a NUL = %v, want ErrInvalid`, err)
	}
	if _, err := Open("", nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf(`Open("") = %v, want ErrInvalid`, err)
	}
}

func TestOpenURL(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	t.Chdir(dir)
	for _, url := range []string{
		"file://" + dir,
		"file://localhost" + dir + "?no_tmp_dir=1",
		"file://./?sync=none",
		"file://.",
		"file://./sub/dir?create_dir=1&dir_file_mode=0700",
		"file://" + dir + "?metadata=skip",
		"file://" + dir + "?sidecar=always&create_dir=",
	} {
		b, err := files.Open(ctx, url)
		if err != nil {
			t.Errorf("Open(%s): %v, want nil", url, err)
			continue
		}
		if d := b.Features().Durable; d == strings.Contains(url, "sync=none") {
			t.Errorf("Open(%s): Durable is %v", url, d)
		}
		if a := b.Features().Attributes; a == strings.Contains(url, "metadata=skip") {
			t.Errorf("Open(%s): Attributes is %v", url, a)
		}
		putIn(t, b, "a", "content", nil)
		ok(t, b.Close())
	}
	if fi, err := os.Stat(filepath.Join(dir, "sub/dir")); err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("Stat of the new folder = %v, %v, want mode 0700", fi, err)
	}
	// The bucket stays bound to its folder when the working directory changes.
	b, err := files.Open(ctx, "file://./sub")
	ok(t, err)
	defer b.Close()
	t.Chdir("/")
	if s, _ := fetch(t, b, "dir/a"); s != "content" {
		t.Errorf("dir/a = %q, want \"content\"", s)
	}
}

// Files and folders have the usual modes less umask, not 0600 as a temporary file.
func TestModesOfNewFiles(t *testing.T) {
	b, dir := newBucket(t, &Options{DirFileMode: 0o750})
	putIn(t, b, "d/a", "content", &files.PutOptions{Attributes: someAttributes})
	probe := filepath.Join(dir, "probe")
	ok(t, os.WriteFile(probe, nil, 0o666), os.Mkdir(probe+"dir", 0o750))
	for name, like := range map[string]string{
		"d/a":       probe,
		"d/a.attrs": probe,
		"d":         probe + "dir",
	} {
		got, err := os.Stat(filepath.Join(dir, name))
		ok(t, err)
		want, err := os.Stat(like)
		ok(t, err)
		if got.Mode() != want.Mode() {
			t.Errorf("%s has mode %v, want %v", name, got.Mode(), want.Mode())
		}
	}
}

// Options are neither changed nor kept.
func TestOptionsAreCopied(t *testing.T) {
	opts := &Options{NoSync: true}
	b, _ := newBucket(t, opts)
	opts.SkipMetadata = true
	putIn(t, b, "a", "content", &files.PutOptions{Attributes: someAttributes})
	if *opts != (Options{NoSync: true, SkipMetadata: true}) {
		t.Errorf("Open changed the options to %+v", opts)
	}
}

// The next handle that writes in a folder of another mount removes the uploads that
// dead processes staged there.
func TestSweepOtherMount(t *testing.T) {
	dir := t.TempDir()
	b := openHooked(t, dir, nil, &hookFS{mount: true})
	putIn(t, b, "m/a", "content", &files.PutOptions{Attributes: someAttributes})
	left := filepath.Join(dir, "m", stagePrefix+"0123456789abcdef0123-1.attrs")
	ok(t, os.WriteFile(left, []byte("half"), 0o666))
	second := openHooked(t, dir, nil, &hookFS{mount: true})
	putIn(t, second, "m/b", "content", nil)
	wantDisk(t, dir, "m/a", "m/a.attrs", "m/b")
	if _, info := fetch(t, second, "m/a"); info.Metadata["owner"] != "me" {
		t.Errorf("m/a has %+v, want its metadata", info)
	}
}

// An upload that is staged in a folder of another mount stays while its process lives,
// although the handle that sweeps the folder doesn't search the process's control
// folder, which is another user's or another root's.
func TestSweepLeavesLiving(t *testing.T) {
	for _, root := range []string{"", "m"} { // of the bucket that sweeps the folder meanwhile
		dir := t.TempDir()
		other := openHooked(t, dir, nil, &hookFS{mount: true})
		putIn(t, other, "m/n/a", "old", nil) // so that there are folders
		ok(t, os.RemoveAll(filepath.Join(dir, controlDir)))
		h, swept := &hookFS{mount: true}, false
		h.before = func(op, name string) error {
			if op != "write" || swept || !strings.HasPrefix(name, stagePrefix) {
				return nil
			}
			swept = true
			control := filepath.Join(dir, controlDir)
			ok(t, os.Rename(control, filepath.Join(dir, controlPrefix+"-u1234"+sidecarExt)))
			sweeper := openHooked(t, filepath.Join(dir, root), nil, &hookFS{mount: true})
			putIn(t, sweeper, strings.TrimPrefix("m/n/b", root+"/"), "content", nil)
			if _, err := os.Lstat(filepath.Join(dir, "m/n", name)); err != nil {
				t.Errorf("with the root %q, Lstat of the staged file: %v, want nil", root, err)
			}
			return nil
		}
		putIn(t, openHooked(t, dir, nil, h), "m/n/a", "new", nil)
		if !swept {
			t.Error("no file was staged in the folder")
		}
		wantDisk(t, filepath.Join(dir, "m", "n"), "a", "b")
	}
}

// With metadata=skip a content type that can't be found by name or content is still
// stored, of any length.
func TestSkipMetadata(t *testing.T) {
	b, dir := newBucket(t, &Options{SkipMetadata: true})
	needAttributes(t, dir)
	for _, typ := range []string{"text/x-odd", "text/x-" + strings.Repeat("long", 250)} {
		putIn(t, b, "a.txt", "content",
			&files.PutOptions{Attributes: files.Attributes{ContentType: typ}})
		if info := stat(t, b, "a.txt"); info.ContentType != typ || info.Digest.CRC32C == "" {
			t.Errorf("a.txt has %+v, want its type and a digest", info)
		}
	}
	if _, err := b.Put(context.Background(), "a.txt", strings.NewReader(""),
		&files.PutOptions{Attributes: someAttributes}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Put with metadata = %v, want ErrUnsupported", err)
	}
	wantDisk(t, dir, "a.txt")
}
