package local

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestUploadIsFoundByItsID: another name or another ID doesn't find an upload. An ID that
// doesn't have the form of one finds none, even if there is a folder of that name: it may
// contain a path.
func TestUploadIsFoundByItsID(t *testing.T) {
	b, _, dir := uploadsIn(t, &hookFS{})
	u := uploading(t, b, "f", "abcd")
	id := u.ID
	for _, wrong := range []string{
		"",
		id[1:],
		id + "0",
		"g" + id[1:],
		strings.ToUpper("a" + id[1:]),
		"/../x/../" + id[:11],
		id[:19] + "/",
	} {
		fake := filepath.Join(dir, controlDir, uploadFolder(wrong))
		ok(t, os.MkdirAll(fake, 0o777), os.WriteFile(fake+"/"+uploadName, []byte("f"), 0o666))
		wantGone(t, b, &driver.Upload{Name: "f", ID: wrong}, wrong)
		if text, err := os.ReadFile(fake + "/" + uploadName); err != nil || string(text) != "f" {
			t.Errorf("AbortUpload of %q: the folder has %q, %v, want %q and nil", wrong, text, err,
				"f")
		}
	}
	wantGone(t, b, &driver.Upload{Name: "g", ID: id}, "another name")
	wantGone(t, b, &driver.Upload{Name: "f", ID: randomID()}, "another ID")
	if list := sentParts(t, b, u); len(list) != 1 || list[0].Size != 4 {
		t.Errorf("afterwards the parts are %+v, want one of 4 bytes", list)
	}
}

// TestUploadIsCompleted: the file has the parts' content once all are there undamaged.
// FindUpload then finds it, unless something else was put since.
func TestUploadIsCompleted(t *testing.T) {
	b, bucket, dir := uploadsIn(t, &hookFS{})
	putIn(t, bucket, "f", "old", nil)
	u := uploading(t, b, "f", "abcd", "efgh", "ij")
	list := sentParts(t, b, u)
	find := func(want bool) {
		t.Helper()
		info, found, err := b.FindUpload(t.Context(), u)
		if err != nil || found != want || found && info.Size != 10 {
			t.Errorf("FindUpload = %+v, %v, %v, want %v", info, found, err, want)
		}
	}
	refused := func(what string) {
		t.Helper()
		if _, err := b.CompleteUpload(t.Context(), u, list); err != driver.ErrUploadGone {
			t.Errorf("%s: %v, want ErrUploadGone", what, err)
		}
		find(false)
		if s, _ := fetch(t, bucket, "f"); s != "old" {
			t.Errorf("%s: the file is %q, want the old one", what, s)
		}
	}
	folder := uploadDir(dir, u)
	damage := func(what, content string) {
		t.Helper()
		name := filepath.Join(folder, contentName)
		gone := markName(2)
		if !inPlace(list[1].Tag) {
			name = filepath.Join(folder, list[1].Tag+sidecarExt)
			gone = filepath.Base(name)
		}
		ok(t, os.WriteFile(name, []byte(content), 0o666))
		refused(what)
		if _, err := os.Lstat(filepath.Join(folder, gone)); !os.IsNotExist(err) {
			t.Errorf("%s: the damaged part: %v, want that it is removed", what, err)
		}
		refused(what + ", and no part any more")
	}
	damage("another content", "abcdefgxij")
	sendPart(t, b, u, 2, "efgh")
	damage("too short", "abcdefg")
	if now := sentParts(t, b, u); !slices.Equal(now, list[:1]) {
		t.Errorf("without the second half the parts are %+v, want the first", now)
	}
	sendPart(t, b, u, 3, "ij")
	sendPart(t, b, u, 2, "efgh")
	// a part that was sent with other bytes before is a file of its own
	ok(t, os.WriteFile(filepath.Join(folder, markName(2)), []byte("another"), 0o666))
	list[1].Tag = sendPart(t, b, u, 2, "efgh")
	for what, content := range map[string]string{
		"another content": "efgx",
		"too short":       "efg",
		"too long":        "efghi",
		"empty":           "",
	} {
		damage(what, content)
		sendPart(t, b, u, 2, "efgh")
	}
	if _, err := b.CompleteUpload(t.Context(), u, list); err != nil {
		t.Fatal(err)
	}
	if s, _ := fetch(t, bucket, "f"); s != "abcdefghij" {
		t.Errorf("the file is %q, want the parts", s)
	}
	find(true)
	if _, err := os.Lstat(uploadDir(dir, u)); !os.IsNotExist(err) {
		t.Errorf("the upload's folder: %v, want that it is removed", err)
	}
	putIn(t, bucket, "f", "0123456789", nil)
	find(false)
	del(t, bucket, "f")
	find(false)
	wantGone(t, b, u, "completed")
}

// TestUploadIsNotBegun: an upload that can't be begun leaves no folder.
func TestUploadIsNotBegun(t *testing.T) {
	folders := func(t *testing.T, dir string) []string {
		found, err := filepath.Glob(filepath.Join(dir, "*", uploadMark+"*"))
		ok(t, err)
		return found
	}
	for _, op := range []string{"mkdir", "create", "write", "rename"} {
		h := &hookFS{}
		b, bucket, dir := uploadsIn(t, h)
		putIn(t, bucket, "other", "", nil) // so that there is a staging folder
		h.before = func(now, name string) error {
			if now == op {
				return syscall.EIO
			}
			return nil
		}
		id, err := b.BeginUpload(t.Context(), &driver.Upload{Name: "f", PartSize: 4})
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("BeginUpload with a fault of %s = %q, %v, want EIO", op, id, err)
		}
		h.before = nil
		if left := folders(t, dir); len(left) != 0 {
			t.Errorf("after a fault of %s there is %q, want none", op, left)
		}
	}
	b, _, dir := uploadsIn(t, &hookFS{noLocks: true})
	u := &driver.Upload{Name: "f", PartSize: 4, If: files.IfAbsent()}
	if _, err := b.BeginUpload(t.Context(), u); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("BeginUpload with a condition, without locks = %v, want ErrUnsupported", err)
	}
	ok(t, os.RemoveAll(dir))
	if _, err := b.BeginUpload(t.Context(), u); !errors.Is(err, files.ErrNoBucket) {
		t.Errorf("BeginUpload without a folder = %v, want ErrNoBucket", err)
	}
	for _, without := range []bool{false, true} {
		dir := t.TempDir()
		needAttributes(t, dir)
		bucket := openHooked(t, dir, &Options{SkipMetadata: true}, &hookFS{noXattr: without})
		b := driver.Unwrap(bucket).(*backend)
		id, err := b.BeginUpload(t.Context(), &driver.Upload{Name: "f", PartSize: 4})
		left := folders(t, dir)
		if without != errors.Is(err, errors.ErrUnsupported) || (len(left) == 0) != without {
			t.Errorf("without metadata, attributes %v: %q, %v, and %q is left", !without, id, err,
				left)
		}
		if names, _ := filepath.Glob(filepath.Join(dir, "*", "*", "*")); !without &&
			(len(names) != 3 || filepath.Base(names[1]) != contentName ||
				filepath.Base(names[2]) != uploadName) {
			t.Errorf("the folders have %q, want alive.attrs, and the upload's content and name",
				names)
		}
	}
}

// TestOldUploadIsRemoved: the first write of a handle removes the uploads that no process
// has continued for a week, and no others.
func TestOldUploadIsRemoved(t *testing.T) {
	b, _, dir := uploadsIn(t, &hookFS{})
	const week = 7 * 24 * time.Hour
	old, young := uploading(t, b, "old", "abcd"), uploading(t, b, "young", "abcd")
	for u, age := range map[*driver.Upload]time.Duration{
		old:   week + time.Minute,
		young: week - time.Minute,
	} {
		at := time.Now().Add(-age)
		ok(t, os.Chtimes(uploadDir(dir, u), at, at))
	}
	other := filepath.Join(dir, controlDir, "other.attrs")
	ok(t, os.Mkdir(other, 0o777), os.Chtimes(other, time.Unix(1, 0), time.Unix(1, 0)))
	second := openBucket(t, dir, nil)
	putIn(t, second, "x", "x", nil)
	if _, err := os.Lstat(uploadDir(dir, old)); !os.IsNotExist(err) {
		t.Errorf("the folder of the old upload: %v, want that it is removed", err)
	}
	wantGone(t, b, old, "old")
	if list := sentParts(t, b, young); len(list) != 1 {
		t.Errorf("the younger upload has the parts %+v, want one", list)
	}
	if _, err := os.Lstat(other); err != nil {
		t.Errorf("os.Lstat = %v, want nil", err)
	}
}

// TestUploadStoreWithoutLinks: the path to a folder may lead through a link, and an upload
// that one path began is continued by the other.
func TestUploadStoreWithoutLinks(t *testing.T) {
	b, _, dir := uploadsIn(t, &hookFS{})
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		longtest.Lacks(t, "no symbolic links here: %v", err)
	}
	linked := driver.Unwrap(openBucket(t, link, nil)).(*backend)
	other, _, _ := uploadsIn(t, &hookFS{})
	if s := b.UploadStore(); linked.UploadStore() != s || !strings.Contains(s, filepath.Base(dir)) {
		t.Errorf("UploadStore = %q by the link and %q without, in %s", linked.UploadStore(), s, dir)
	}
	if other.UploadStore() == b.UploadStore() {
		t.Error("two folders have one UploadStore")
	}
	ok(t, os.RemoveAll(dir))
	if s := b.UploadStore(); !strings.Contains(s, dir) {
		t.Errorf("UploadStore without the folder is %q, want the path %s", s, dir)
	}
	if l := b.UploadLimits(); l.MinPart != 1 || l.MaxPart != 1<<40 || l.MaxParts != 10_000 {
		t.Errorf("the limits are %+v, want MinPart 1, MaxPart %v and MaxParts 10000", l, 1<<40)
	}
}

// TestUploadOfLongestName: an upload finds its file's name whatever its length.
func TestUploadOfLongestName(t *testing.T) {
	b, bucket, _ := uploadsIn(t, &hookFS{})
	for _, n := range []int{1, files.MaxName - 1, files.MaxName} {
		name := strings.Repeat("n", n)
		u := uploading(t, b, name, "abcd")
		wantGone(t, b, &driver.Upload{Name: name[1:], ID: u.ID}, "a shorter name")
		if _, err := b.CompleteUpload(t.Context(), u, sentParts(t, b, u)); err != nil {
			t.Fatal(err)
		}
		if s, _ := fetch(t, bucket, name); s != "abcd" {
			t.Errorf("the file with a name of %d bytes is %q, want %q", n, s, "abcd")
		}
	}
}
