package cases

import (
	"maps"
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var uploadCases = []suite.Case{
	{
		Rule: "P1",
		Name: "upload-unfinished",
		Why: "an upload that is not complete must be visible under no name, and must be " +
			"found by whoever looks for it: its parts are billed",
		Run: uploadUnfinished,
	},
	{
		Rule: "P1",
		Name: "upload-parts",
		Why: "parts that came in any order, one of them twice, must become the file that a " +
			"Put of the whole would have made",
		Long: true,
		Run:  uploadParts,
	},
	{
		Rule: "P1",
		Name: "upload-many-parts",
		Why: "a part that the driver doesn't list is sent again, for gigabytes if it lists " +
			"only its first page",
		Long: true,
		Run:  uploadManyParts,
	},
	{
		Rule: "P1",
		Name: "upload-named-parts",
		Why: "a part that another process has replaced meanwhile must not become part of the " +
			"file, which would be a mix of two contents",
		Run: uploadNamedParts,
	},
	{
		Rule: "P1",
		Name: "uploads-of-one-name",
		Why:  "of two uploads of one name each must become its own whole file, or fail",
		Run:  uploadsOfOneName,
	},
	{
		Rule: "P2",
		Name: "upload-incomplete",
		Why: "an upload of which a part has vanished must not become a file: it " +
			"would have a hole",
		Run: uploadIncomplete,
	},
	{
		Rule: "X2",
		Name: "upload-abort",
		Why: "an upload that was aborted must be gone, for whoever lists or continues it, and " +
			"no other one",
		Run: uploadAbort,
	},
}

func uploadUnfinished(t suite.T, h *suite.H) {
	old := check.Content(1, 200)
	check.Put(t, h, "d/old", old, nil)
	content := twoParts(t, h, 2)
	names := []string{"d/old", "d/new", "d/sub/new", "e/new"}
	ids := map[string]string{}
	for _, name := range names {
		u := beginUpload(t, h, h, name, content, nil)
		putParts(t, u, 2)
		ids[name] = u.Up.ID
	}
	check.WantContent(t, h, "d/old", old)
	check.WantOnly(t, h, "d/old")
	for _, name := range names[1:] {
		check.WantMissing(t, h, name)
	}
	var dirs []string
	for _, e := range check.Shallow(t, h, "") {
		dirs = append(dirs, e.Name)
	}
	check.Same(t, "the shallow listing", dirs, []string{"d/"})
	check.Remove(t, h, "d/old") // Azure lists the uploads of names without a file
	wantUnfinished(t, h, "d/sub", "", "d/sub/new")
	wantUnfinished(t, h, "d", "n", "d/new")
	wantUnfinished(t, h, "", "e", "e/new")
	wantUnfinished(t, h, "f", "")
	for _, u := range unfinishedUploads(t, h, "", "") {
		if ids[u.Name] == "" {
			t.Errorf("ListUploads has %+v, of which there is none", u)
		}
		delete(ids, u.Name)
		if u.Size >= 0 && u.Size != uploadLast {
			t.Errorf("ListUploads has %+v, want the size %d, or -1", u, uploadLast)
		}
		if u.ID != "" { // which need not be BeginUpload's
			abortable(t, h, u.Name, u.ID)
		}
	}
	delete(ids, "d/old") // its parts may have gone with the file
	if len(ids) > 0 {
		t.Errorf("ListUploads misses the uploads of %v", slices.Sorted(maps.Keys(ids)))
	}
}

func uploadParts(t suite.T, h *suite.H) {
	limits := uploadLimits(t, h)
	n := 2*uploadPart(limits) + uploadLast
	h.Allows(t, n)
	content := check.Content(1, int(n))
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType:     "text/x-parts",
			CacheControl:    "no-cache",
			ContentLanguage: "de",
			Metadata:        map[string]string{"key": "a value", "ü": "ö"},
		}
	}
	check.Put(t, h, "f", check.Content(2, 300), nil)
	u := beginUpload(t, h, h, "f", content, opts)
	putParts(t, u, 3)
	errs := make([]error, 2)
	check.Race(2, func(i int) { errs[i] = u.PutParts(t.Context(), i+1) })
	for i, err := range errs {
		if err != nil {
			t.Fatalf("sending part %d: %v, want no error", i+1, err)
		}
	}
	putParts(t, u, 2)
	wantParts(t, u)
	info := complete(t, u)
	check.WantContent(t, h, "f", content)
	stat := check.Stat(t, h, "f")
	check.Same(t, "the attributes", stat.Attributes, info.Attributes)
	if h.F.Attributes {
		check.Same(t, "the metadata", stat.Metadata, opts.Metadata)
		check.Same(t, "type and headers",
			[]string{stat.ContentType, stat.CacheControl, stat.ContentLanguage},
			[]string{"text/x-parts", "no-cache", "de"})
	}
	check.Same(t, "the size that CompleteUpload returns", info.Size, n)
	if h.F.PutReturnsVersion {
		check.Same(t, "the version that CompleteUpload returns", info.Version, stat.Version)
	}
	if h.F.Digests && (info.Digest.CRC32C != u.Up.Digest.CRC32C ||
		stat.Digest.CRC32C != "" && stat.Digest.CRC32C != u.Up.Digest.CRC32C) {
		t.Errorf("the digests are %+v, then %+v, want CRC-32C %s", info.Digest, stat.Digest,
			u.Up.Digest.CRC32C)
	}
	check.WantOnly(t, h, "f")
	wantUnfinished(t, h, "", "")
	h.Clean(t, "an upload that was completed")
}

// wantParts compares the parts that the backend lists with those that were sent.
func wantParts(t suite.T, u *check.Upload) {
	t.Helper()
	got, err := u.List(t.Context())
	if err != nil {
		t.Fatalf("ListParts: %v, want no error", err)
	}
	want := slices.Sorted(maps.Keys(u.Sent))
	if len(got) != len(want) {
		t.Errorf("ListParts returns %d parts, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i].CRC32C == 0 { // not reported
			got[i].CRC32C = u.Sent[want[i]].CRC32C
		}
		if got[i] != u.Sent[want[i]] {
			t.Errorf("ListParts returns %+v in place %d, want %+v", got[i], i, u.Sent[want[i]])
			return
		}
	}
}

// uploadManyParts has more parts than a page of any service.
func uploadManyParts(t suite.T, h *suite.H) {
	const most, count = 1 << 10, 1030
	limits := uploadLimits(t, h)
	if limits.MinPart > most || limits.MaxParts < count {
		t.Skipf("a part has at least %d bytes, and a file at most %d parts", limits.MinPart,
			limits.MaxParts)
	}
	size := max(limits.MinPart, 2)
	content := check.Content(1, int(count*size-1))
	u := beginUploadBy(t, size, h, "f", content, nil)
	for n := count; n > 0; n-- {
		putParts(t, u, n)
	}
	wantParts(t, u)
	complete(t, u)
	check.WantContent(t, h, "f", content)
}

func uploadNamedParts(t suite.T, h *suite.H) {
	content, other := check.Content(1, 300), check.Content(2, 300)
	check.Put(t, h, "f", check.Content(3, 300), nil)
	u := beginUpload(t, h, h, "f", content, nil)
	putParts(t, u, 1)
	beside, err := check.NewUpload(t.Context(), h, "f", u.Up.ID, other, u.Up.PartSize, nil)
	if err == nil {
		err = beside.PutParts(t.Context(), 1)
	}
	if err != nil {
		t.Fatalf("sending the part again, with another content: %v, want no error", err)
	}
	switch _, err := u.Complete(t.Context()); {
	case err == nil:
		check.WantContent(t, h, "f", content)
	default:
		gone(t, "CompleteUpload of a part that was replaced", err)
		check.WantContent(t, h, "f", check.Content(3, 300))
		complete(t, beside)
		check.WantContent(t, h, "f", other)
	}
}

func uploadsOfOneName(t suite.T, h *suite.H) {
	contents := [][]byte{check.Content(1, 300), check.Content(2, 400)}
	var us []*check.Upload
	for _, c := range contents {
		us = append(us, beginUpload(t, h, h, "f", c, nil))
	}
	for i, u := range us {
		putParts(t, u, 1)
		found(t, "of an upload that is not complete", us[i], false)
	}
	for i := range us {
		if err := completeAgain(t, us[i]); err != nil {
			t.Errorf("CompleteUpload of upload %d: %v, want no error", i, err)
			continue
		}
		check.WantContent(t, h, "f", contents[i])
		found(t, "of the other upload", us[1-i], false)
		found(t, "of the upload that made the file", us[i], true)
	}
	check.WantOnly(t, h, "f")
	wantUnfinished(t, h, "", "")
}

func uploadIncomplete(t suite.T, h *suite.H) {
	old := check.Content(3, 300)
	for _, name := range []string{"old", "new"} {
		if name == "old" {
			check.Put(t, h, name, old, nil)
		}
		content := twoParts(t, h, 1)
		u := beginUpload(t, h, h, name, content, nil)
		putParts(t, u, 2)
		// a part that is there, but of another file
		donor := beginUpload(t, h, h, "donor", check.Content(4, 300), nil)
		putParts(t, donor, 1)
		u.Sent[1] = donor.Sent[1]
		_, err := u.Complete(t.Context())
		gone(t, "CompleteUpload of "+name+" with a part that is not there", err)
		if name == "old" {
			check.WantContent(t, h, name, old)
		} else {
			check.WantMissing(t, h, name)
		}
		check.WantOnly(t, h, "old")
		found(t, "of an upload that was refused", u, false)
	}
}

func uploadAbort(t suite.T, h *suite.H) {
	content := twoParts(t, h, 1)
	old := check.Content(3, 300)
	check.Put(t, h, "f", old, nil)
	u := beginUpload(t, h, h, "f", content, nil)
	putParts(t, u, 2)
	if abortable(t, h, "other", u.Up.ID) {
		wantParts(t, u) // the ID alone is not the upload
	}
	kept := beginUpload(t, h, h, "f", content, nil)
	putParts(t, kept, 2)
	if !abortable(t, h, "f", u.Up.ID) {
		t.Skipf("only the service can remove parts")
	}
	abortable(t, h, "f", u.Up.ID)
	wantUnfinished(t, h, "", "", "f")
	_, err := u.List(t.Context())
	gone(t, "ListParts of an upload that was aborted", err)
	gone(t, "PutPart of an upload that was aborted", u.PutParts(t.Context(), 2))
	first := u.Sent[2]
	first.Number = 1
	u.Sent[1] = first
	_, err = u.Complete(t.Context())
	gone(t, "CompleteUpload of an upload that was aborted", err)
	found(t, "of an upload that was aborted", u, false)
	check.WantContent(t, h, "f", old)
	wantParts(t, kept)
	abortable(t, h, "f", kept.Up.ID)
	wantUnfinished(t, h, "", "")
	check.WantOnly(t, h, "f")
	h.Clean(t, "an upload that was aborted")
}
