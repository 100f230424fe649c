package mem

import (
	"errors"
	"hash/crc32"
	"maps"
	"slices"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// uploading begins an upload of a file, and sends the parts that are given.
func uploading(t *testing.T, s *backend, name string, parts ...string) *driver.Upload {
	t.Helper()
	u := &driver.Upload{Name: name, PartSize: 4}
	for _, p := range parts {
		u.Size += int64(len(p))
	}
	id, err := s.BeginUpload(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	u.ID = id
	for i, p := range parts {
		sendPart(t, s, u, i+1, p)
	}
	return u
}

// sendPart sends a part, and returns its tag.
func sendPart(t *testing.T, s *backend, u *driver.Upload, number int, text string) string {
	t.Helper()
	sum := crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli))
	off, _ := u.Part(number)
	tag, err := s.PutPart(t.Context(), u, driver.NewPart(number, off, []byte(text), sum, false))
	if err != nil || tag == "" {
		t.Fatalf("part %d: tag %q, %v", number, tag, err)
	}
	return tag
}

func sent(t *testing.T, s *backend, u *driver.Upload) []driver.UploadedPart {
	t.Helper()
	list, err := s.ListParts(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestUploadLimits: an upload has as many parts as S3 allows, so a program that needs
// more fails in its tests.
func TestUploadLimits(t *testing.T) {
	if l := newBackend(nil).UploadLimits(); l.MinPart != 1 || l.MaxParts != 10_000 {
		t.Errorf("the limits are %+v", l)
	}
}

// TestListUploads: a listing of unfinished uploads has each one's name, ID, size and the
// time of its last part, below the prefix alone, and ends if the caller stops.
func TestListUploads(t *testing.T) {
	now := time.Date(2024, 2, 29, 11, 0, 0, 0, time.UTC)
	s := newBackend(&Options{Clock: func() time.Time { return now }})
	begun := now
	empty := uploading(t, s, "dir/empty")
	two := uploading(t, s, "dir/two")
	other := uploading(t, s, "d")
	now = now.Add(time.Hour)
	sendPart(t, s, two, 1, "abcd")
	sendPart(t, s, two, 2, "ef")
	list := func(prefix string) map[string]driver.UnfinishedUpload {
		all := map[string]driver.UnfinishedUpload{}
		for u, err := range s.ListUploads(t.Context(), prefix) {
			if err != nil {
				t.Fatal(err)
			}
			all[u.Name] = u
		}
		return all
	}
	want := map[string]driver.UnfinishedUpload{
		"dir/empty": {
			Name: "dir/empty",
			ID:   empty.ID,
			Time: begun,
		},
		"dir/two": {
			Name: "dir/two",
			ID:   two.ID,
			Time: now,
			Size: 6,
		},
	}
	if got := list("dir/"); !maps.Equal(got, want) {
		t.Errorf("below dir/: %+v, want %+v", got, want)
	}
	if got := list(""); len(got) != 3 || got["d"].ID != other.ID {
		t.Errorf("all: %+v", got)
	}
	n := 0
	for range s.ListUploads(t.Context(), "dir/") {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d uploads after a break", n)
	}
	if two.ID == empty.ID || two.ID == other.ID || empty.ID == other.ID {
		t.Errorf("two uploads have one ID: %q, %q, %q", two.ID, empty.ID, other.ID)
	}
}

// TestTimeOfAnUpload: the time of an unfinished upload can be compared with ==, as the
// other times: it has no monotonic clock.
func TestTimeOfAnUpload(t *testing.T) {
	s := newBackend(nil)
	uploading(t, s, "a")
	for u, err := range s.ListUploads(t.Context(), "") {
		if err != nil || u.Time != u.Time.Round(0) {
			t.Errorf("the upload's time is %v, %v, want one without a monotonic clock", u.Time, err)
		}
	}
}

// TestPartsOfAnUpload: a part that is sent again replaces the first, and each is found
// only by its upload's name and ID.
func TestPartsOfAnUpload(t *testing.T) {
	s := newBackend(nil)
	u := uploading(t, s, "f")
	tag := sendPart(t, s, u, 2, "ef")
	first := sendPart(t, s, u, 1, "xxxx")
	again := sendPart(t, s, u, 1, "abcd")
	got := sent(t, s, u)
	want := []driver.UploadedPart{
		{
			Number: 1,
			Size:   4,
			CRC32C: got[0].CRC32C,
			Tag:    again,
		},
		{
			Number: 2,
			Size:   2,
			CRC32C: got[1].CRC32C,
			Tag:    tag,
		},
	}
	if !slices.Equal(got, want) || first == again {
		t.Errorf("the parts are %+v, want %+v", got, want)
	}
	if sum := crc32.Checksum([]byte("ef"),
		crc32.MakeTable(crc32.Castagnoli)); got[1].CRC32C != sum {
		t.Errorf("the CRC-32C is %x, want %x", got[1].CRC32C, sum)
	}
	for _, wrong := range []*driver.Upload{{Name: "g", ID: u.ID}, {Name: "f", ID: "none"}} {
		part := driver.NewPart(1, 0, []byte("abcd"), 0, false)
		if _, err := s.PutPart(t.Context(), wrong, part); !errors.Is(err, driver.ErrUploadGone) {
			t.Errorf("PutPart to %s: %v, want ErrUploadGone", wrong.Name, err)
		}
		if _, err := s.ListParts(t.Context(), wrong); !errors.Is(err, driver.ErrUploadGone) {
			t.Errorf("ListParts of %s: %v, want ErrUploadGone", wrong.Name, err)
		}
		if _, err := s.CompleteUpload(t.Context(), wrong,
			want); !errors.Is(err, driver.ErrUploadGone) {
			t.Errorf("CompleteUpload of %s: %v, want ErrUploadGone", wrong.Name, err)
		}
		if err := s.AbortUpload(t.Context(), wrong.Name, wrong.ID); err != nil {
			t.Errorf("AbortUpload of %s: %v", wrong.Name, err)
		}
	}
	released := driver.NewPart(1, 0, []byte("lost"), 0, false)
	released.Release()
	if _, err := s.PutPart(t.Context(), u, released); err == nil {
		t.Error("a part that can't be read is not an error")
	}
	if now := sent(t, s, u); !slices.Equal(now, want) {
		t.Errorf("afterwards the parts are %+v, want %+v", now, want)
	}
}

// TestCompleteUpload: an upload becomes the file only with the parts that were sent, and
// is gone afterwards. FindUpload finds the file that it became, and no other.
func TestCompleteUpload(t *testing.T) {
	s := newBackend(nil)
	u := uploading(t, s, "f", "abcd", "ef")
	list := sent(t, s, u)
	find := func(want bool) {
		t.Helper()
		info, found, err := s.FindUpload(t.Context(), u)
		if err != nil || found != want || found && (info.Name != "f" || info.Size != 6) {
			t.Errorf("FindUpload = %+v, %v, %v, want %v", info, found, err, want)
		}
	}
	find(false) // there is no such file
	for what, wrong := range map[string][]driver.UploadedPart{
		"another tag": {list[0], {Number: 2, Tag: list[0].Tag}},
		"no part":     {list[0], {Number: 3, Tag: list[1].Tag}},
		"no first":    {{Number: 3, Tag: list[1].Tag}, list[0]},
	} {
		if _, err := s.CompleteUpload(t.Context(), u, wrong); !errors.Is(err,
			driver.ErrUploadGone) {
			t.Errorf("%s: %v, want ErrUploadGone", what, err)
		}
	}
	stored := func(want string) {
		t.Helper()
		got := ""
		if f, ok := s.get("f"); ok {
			got = string(f.data)
		}
		if got != want {
			t.Errorf("the file has %q, want %q", got, want)
		}
	}
	stored("")
	other := newFile([]byte("plain"), files.Attributes{ContentType: "text/plain"}, files.Digest{})
	s.files.Set("f", other)
	s.files.Publish()
	find(false) // an ordinary file
	if _, err := s.CompleteUpload(t.Context(), u, list); err != nil {
		t.Fatal(err)
	}
	stored("abcdef")
	find(true)
	if _, err := s.ListParts(t.Context(), u); !errors.Is(err, driver.ErrUploadGone) {
		t.Errorf("ListParts afterwards: %v, want ErrUploadGone", err)
	}
	later := uploading(t, s, "f", "ghij")
	if _, err := s.CompleteUpload(t.Context(), later, sent(t, s, later)); err != nil {
		t.Fatal(err)
	}
	find(false) // another upload's file
}

// TestFailedCompletion: an upload whose completion is refused stays, to be completed or
// aborted.
func TestFailedCompletion(t *testing.T) {
	s := newBackend(nil)
	u := uploading(t, s, "f", "abcd")
	u.If = files.IfVersion("none")
	list := sent(t, s, u)
	if _, err := s.CompleteUpload(t.Context(), u, list); !errors.Is(err, files.ErrPrecondition) {
		t.Errorf("%v, want ErrPrecondition", err)
	}
	if now := sent(t, s, u); !slices.Equal(now, list) {
		t.Errorf("the parts are %+v, want %+v", now, list)
	}
	if err := s.AbortUpload(t.Context(), "f", u.ID); err != nil {
		t.Error(err)
	}
	if _, err := s.ListParts(t.Context(), u); !errors.Is(err, driver.ErrUploadGone) {
		t.Errorf("ListParts after AbortUpload: %v, want ErrUploadGone", err)
	}
}
