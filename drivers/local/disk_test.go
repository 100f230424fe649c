package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// TestConformanceOddDisks runs the suite on disks with unusual habits.
func TestConformanceOddDisks(t *testing.T) {
	if os.Getenv("CLOUDFILES_MOUNTS") == "" {
		t.Skip("long: set CLOUDFILES_MOUNTS=1 for the whole suite on four odd disks")
	}
	for name, sys := range oddDisks() {
		t.Run(name, func(t *testing.T) {
			conformance.Run(t, harness(&Options{NoSync: true}, sys))
		})
	}
}

// hardNames are names that some disk doesn't distinguish, refuses or changes.
var hardNames = []string{
	"photo.jpg", "Photo.jpg", "PHOTO.JPG",
	"Zürich/a", "zürich/a", "ZÜRICH/A", "dir/x", "DIR/x", "Dir",
	"what?", "a:b", `back\slash`, "<tag>", "star*", `"q"`, "pipe|",
	"dot.", "dot", "space ", "space", "con", "aux.h", "CON",
	"X.attrs", "x.ATTRS", "%cf-c-x", "%cf-e-X",
	strings.Repeat("L", 200), strings.Repeat("l", 200), strings.Repeat("é", 120),
	strings.Repeat("🎉", 60) + "/x", strings.Repeat("w", 249), strings.Repeat("W", 700),
}

// Different names are different files on every disk, and come back byte for byte (N2,
// N4).
func TestOddNames(t *testing.T) {
	for name, sys := range oddDisks() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			testNames(t, func() files.Bucket { return openOdd(t, sys(), dir) })
		})
	}
}

// testNames puts hardNames by two handles, and checks them by a third.
func testNames(t *testing.T, open func() files.Bucket) {
	t.Helper()
	ctx := t.Context()
	b, c := open(), open()
	text := func(name string) string { return fmt.Sprintf("I am %q.", name) }
	for i, name := range hardNames {
		w := b
		if i%2 == 1 {
			w = c
		}
		o := files.PutOptions{If: files.IfAbsent()}
		if _, err := files.PutString(ctx, w, name, text(name), &o); err != nil {
			t.Errorf("Put %q: %v, want nil", name, err)
		}
	}
	d := open()
	if f := d.Features(); !f.AnyName || f.MaxName != files.MaxName {
		t.Errorf("Features has AnyName %v, MaxName %d, want true, %d", f.AnyName, f.MaxName,
			files.MaxName)
	}
	for _, name := range hardNames {
		if s, err := files.ReadString(ctx, d, name, nil); err != nil || s != text(name) {
			t.Errorf("ReadString(%q) = %q, %v, want %q", name, s, err, text(name))
		}
	}
	want := slices.Sorted(slices.Values(hardNames))
	if got := listed(t, d); !slices.Equal(got, want) {
		t.Errorf("listed %q,\nwant   %q", got, want)
	}
	for i, name := range want {
		if err := d.Delete(ctx, name, nil); err != nil {
			t.Errorf("Delete %q: %v, want nil", name, err)
		}
		if got := listed(t, b); !slices.Equal(got, want[i+1:]) {
			t.Fatalf("after Delete of %q: listed %q", name, got)
		}
	}
}

func listed(t *testing.T, b files.Bucket) (names []string) {
	t.Helper()
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Name)
	}
	return names
}

// On a disk that folds, a file of another program exists only under its own spelling,
// keeps its name on disk when it is replaced, and doesn't prevent files with other
// spellings (L1, N2, N4).
func TestFoldedForeignFiles(t *testing.T) {
	dir := t.TempDir()
	ok(t, os.MkdirAll(filepath.Join(dir, "DCIM/100CANON"), 0o777))
	photo := filepath.Join(dir, "DCIM/100CANON/IMG_0001.JPG")
	ok(t, os.WriteFile(photo, []byte("photo"), 0o666))
	sys := oddDisks()["folds"]()
	ctx := t.Context()
	open := func() files.Bucket { return openOdd(t, sys, dir) }
	for range 2 { // a second handle uses what the first has found
		b := open()
		if got := listed(t, b); !slices.Equal(got, []string{"DCIM/100CANON/IMG_0001.JPG"}) {
			t.Fatalf("listed %q", got)
		}
		for _, other := range []string{"dcim/100CANON/IMG_0001.JPG", "DCIM/100CANON/img_0001.jpg"} {
			if _, err := b.Stat(ctx, other, nil); !errors.Is(err, files.ErrNotExist) {
				t.Errorf("Stat %q: %v, want ErrNotExist", other, err)
			}
			_, err := files.PutString(ctx, b, other, other, &files.PutOptions{If: files.IfAbsent()})
			ok(t, err)
		}
		if s, _ := fetch(t, b, "DCIM/100CANON/IMG_0001.JPG"); s != "photo" {
			t.Errorf("the photo = %q, want \"photo\"", s)
		}
		if n := len(listed(t, b)); n != 3 {
			t.Errorf("%d names are listed, want 3: %q", n, listed(t, b))
		}
		ok(t, b.Delete(ctx, "dcim/100CANON/IMG_0001.JPG", nil))
		ok(t, b.Delete(ctx, "DCIM/100CANON/img_0001.jpg", nil))
	}
	b := open()
	_, err := files.PutString(ctx, b, "DCIM/100CANON/IMG_0001.JPG", "edited", nil)
	ok(t, err)
	if data, err := os.ReadFile(photo); string(data) != "edited" {
		t.Errorf("after Put, the photo's file on disk = %q, %v, want \"edited\"", data, err)
	}
	if _, err := files.PutString(ctx, b, "New.JPG", "new", nil); err != nil {
		t.Errorf("PutString(New.JPG) = %v, want nil", err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "New.JPG")); string(data) != "new" {
		t.Errorf("New.JPG on disk = %q, %v, want \"new\"", data, err)
	}
}

// A note about a disk is read as it was written, only grows, and is refused if a newer
// version wrote it.
func TestDiskTraitsAreFound(t *testing.T) {
	all := habits{
		rules: rules{
			devices: true,
			tail:    true,
			ascii:   true,
			refused: 0xa5,
			short:   100,
		},
		folds:      true,
		resolution: 2 * time.Second,
	}
	for _, h := range []habits{{}, {resolution: 1}, all} {
		if got, err := parseHabits(h.String() + "\n"); err != nil || got != h {
			t.Errorf("parseHabits(%q) = %+v, %v, want the same habits", h, got, err)
		}
		if got := all.and(h); got.rules != all.rules || !got.folds {
			t.Errorf("%v and %v = %v, want the rules of the first", all, h, got)
		}
	}
	for _, text := range []string{
		"disk 2 time=1s", "disk 1 new", "disk 1 time=x", "1", "disk 1 limit=5",
	} {
		if h, err := parseHabits(text); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("parseHabits(%q) = %+v, %v, want ErrInvalid", text, h, err)
		}
	}
}

// A note is damaged if it is truncated or a byte of it is changed. Then the disk is tried
// again, and the note is written again.
func TestDamagedNote(t *testing.T) {
	const text = "disk 1 tail time=1s"
	note := sealNote(text)
	if got, whole := openNote(note); got != text || !whole {
		t.Errorf("openNote = %q, %v, want what was sealed", got, whole)
	}
	for i := range note {
		changed := note[:i] + string(note[i]^1) + note[i+1:]
		for what, damaged := range map[string]string{"truncated": note[:i], "changed": changed} {
			if got, whole := openNote(damaged); whole || got != "" {
				t.Errorf("openNote = %q, %v of a note that is %s at %d, want a damaged one", got,
					whole, what, i)
			}
		}
	}
	dir := memdir.New(t)
	disk := oddDisks()["FAT"]()
	path := filepath.Join(dir, controlDir, diskFile)
	putIn(t, openOdd(t, disk, dir), "what?", "old", nil)
	want, err := os.ReadFile(path)
	ok(t, err)
	for _, damaged := range []string{"", string(want[:len(want)-2]), "x" + string(want[1:])} {
		ok(t, os.WriteFile(path, []byte(damaged), 0o666))
		b := openOdd(t, disk, dir)
		if s, _ := fetch(t, b, "what?"); s != "old" {
			t.Errorf("with the note %q, the file = %q, want \"old\"", damaged, s)
		}
		putIn(t, b, "a", "a", nil)
		if now, err := os.ReadFile(path); err != nil || string(now) != string(want) {
			t.Errorf("after the note %q it is %q, %v, want %q", damaged, now, err, want)
		}
	}
}

// A note of a newer version is refused by each handle, also by one that was opened before
// it was written, once that has to write.
func TestNewerNote(t *testing.T) {
	dir := memdir.New(t)
	disk := oddDisks()["FAT"]()
	first, second := openOdd(t, disk, dir), openOdd(t, disk, dir)
	putIn(t, first, "a", "a", nil)
	path := filepath.Join(dir, controlDir, diskFile)
	ok(t, os.WriteFile(path, []byte(sealNote("disk 1 newer time=2s")), 0o666))
	_, err := files.PutString(t.Context(), second, "b", "b", nil)
	if !errors.Is(err, files.ErrInvalid) {
		t.Errorf("Put = %v, want ErrInvalid", err)
	}
	if _, err := open(dir, &Options{NoSync: true}, disk); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("Open = %v, want ErrInvalid", err)
	}
}

// A handle whose first Put can't read the note stores nothing, since it doesn't know how
// names are written to the folder.
func TestUnreadableNote(t *testing.T) {
	for _, failing := range []crashfs.Kind{crashfs.OpenFile, crashfs.ReadAt} {
		dir := memdir.New(t)
		disk := oddDisks()["FAT"]()
		putIn(t, openOdd(t, disk, dir), "a", "a", nil)
		broken, opened := false, ""
		b := openOdd(t, crashfs.Wrap(disk, func(op *crashfs.Op, do func() error) error {
			if op.Kind == crashfs.OpenFile {
				opened = filepath.Base(op.Name)
			}
			if broken && op.Kind == failing && opened == diskFile {
				return syscall.EIO
			}
			return do()
		}), dir)
		broken = true
		_, err := files.PutString(t.Context(), b, "b", "b", nil)
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("Put = %v if %v of the note fails, want EIO", err, failing)
		}
		broken = false
		if got := listed(t, b); !slices.Equal(got, []string{"a"}) {
			t.Errorf("listed %q after %v of the note failed, want a", got, failing)
		}
		putIn(t, b, "b", "b", nil)
	}
}

// timedDir is a folder whose Stat has a result of its own.
type timedDir struct {
	fsys.Dir
	st  fsys.Stat
	err error
}

func (d timedDir) Stat() (fsys.Stat, error) { return d.st, d.err }

// A file system stores seconds if neither time of the root has a fraction of one.
func TestResolutionOfUsualDisks(t *testing.T) {
	const second = int64(time.Second)
	for _, c := range []struct {
		modified, changed int64
		err               error
		want              time.Duration
	}{
		{3 * second, 5 * second, nil, time.Second},
		{3*second + 1, 5 * second, nil, 1},
		{3 * second, 5*second + 1, nil, 1},
		{3*second + 1, 5*second + 1, nil, 1},
		{3*second + second - 1, 5*second + second - 1, nil, 1},
		{3 * second, 5 * second, errors.New("failed"), 1},
		{0, 0, errors.New("failed"), 1},
	} {
		d := timedDir{
			st:  fsys.Stat{ModTime: c.modified, ChangeTime: c.changed},
			err: c.err,
		}
		if got := exactTimes(d); got != c.want {
			t.Errorf("with the times %d and %d, %v: %v, want %v", c.modified, c.changed, c.err, got,
				c.want)
		}
	}
}

// brokenDir is a folder whose listing fails after an entry.
type brokenDir struct{ timedDir }

func (brokenDir) ReadDir(_ []byte, each func([]byte, fsys.Type)) (bool, error) {
	each([]byte("a"), fsys.Regular)
	return false, syscall.EIO
}

// A folder that can't be read is not listed as one that has no more entries, if its file
// system doesn't distinguish spellings.
func TestListingOfUnreadableFolder(t *testing.T) {
	sp := &spelling{}
	sp.on.Store(true)
	for what, c := range map[string]struct {
		dir  fsys.Dir
		want int
	}{
		"Stat":    {timedDir{err: syscall.EIO}, 0},
		"ReadDir": {brokenDir{}, 1},
	} {
		d := sp.dir(c.dir, false)
		n := 0
		more, err := d.ReadDir(make([]byte, 512), func([]byte, fsys.Type) { n++ })
		if more || err != syscall.EIO || n != c.want {
			t.Errorf("if %s fails, ReadDir = %v, %v after %d entries, want EIO after %d", what,
				more, err, n, c.want)
		}
		if d.seen.Load() != nil {
			t.Errorf("if %s fails, the folder counts as read", what)
		}
	}
}

// A bucket still works after it is copied from a disk that keeps all names to one that
// doesn't, and back.
func TestDiskChanges(t *testing.T) {
	dir := t.TempDir()
	usual := openOdd(t, fsys.OS(), dir)
	ctx := t.Context()
	put := func(b files.Bucket, name string) {
		t.Helper()
		_, err := files.PutString(ctx, b, name, name, nil)
		ok(t, err)
	}
	want := []string{"B/Photo.jpg", "b/photo.jpg", "what?"}
	put(usual, "B/Photo.jpg")
	disk := oddDisks()["FAT"]
	odd := openOdd(t, disk(), dir)
	put(odd, "b/photo.jpg")
	put(odd, "what?")
	for name, b := range map[string]files.Bucket{
		"odd":         odd,
		"opened anew": openOdd(t, disk(), dir),
		"back":        openOdd(t, fsys.OS(), dir),
	} {
		if got := listed(t, b); !slices.Equal(got, want) {
			t.Errorf("%s: listed %q, want %q", name, got, want)
		}
		for _, n := range want {
			if s, _ := fetch(t, b, n); s != n {
				t.Errorf("%s: %q = %q, want its name", name, n, s)
			}
		}
	}
}

// A disk that folds any letter of the alphabet is recognized by its files, before the
// bucket writes to it, and whatever names without letters are beside them.
func TestFoldingIsRecognized(t *testing.T) {
	sys := oddDisks()["folds"]()
	for lower := 'a'; lower <= 'z'; lower++ {
		upper := lower - 'a' + 'A'
		for name, other := range map[string]string{
			string(lower): string(upper),
			string(upper): string(lower),
		} {
			dir := memdir.New(t)
			for _, n := range []string{name, "1", "@", "[", "`", "{", "é"} {
				write(t, dir, n, n)
			}
			b := openOdd(t, sys, dir)
			if s, _ := fetch(t, b, name); s != name {
				t.Errorf("%s = %q, want its name", name, s)
			}
			if _, err := b.Stat(t.Context(), other, nil); !errors.Is(err, files.ErrNotExist) {
				t.Errorf("Stat(%s) = %v beside a file %s, want ErrNotExist", other, err, name)
			}
		}
	}
}

// If a disk folds and a name has an entry of its own kind, because another spelling
// exists, its sidecar has one too: as a plain entry, other programs would take it for
// the sidecar of the other spelling.
func TestSidecarBesideOtherSpelling(t *testing.T) {
	dir := memdir.New(t)
	write(t, dir, "Photo", "photo")
	b := openOdd(t, oddDisks()["FAT"](), dir)
	putIn(t, b, "photo", "other", &files.PutOptions{Attributes: someAttributes})
	wantDisk(t, dir, "Photo", spelledName("photo"), spelledName("photo"+sidecarExt))
	if got := stat(t, b, "photo").Attributes; !reflect.DeepEqual(got, someAttributes) {
		t.Errorf("photo has the attributes %+v, want %+v", got, someAttributes)
	}
	if got := stat(t, b, "Photo").Metadata; len(got) > 0 {
		t.Errorf("Photo has the metadata %v, want none", got)
	}
}
