package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/process"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var uploadProcessCases = []suite.Case{
	{
		Rule: "P2",
		Name: "upload-found",
		Why: "after a lost response the upload that made the file must be found, and the " +
			"file of another upload must not be taken for it",
		Run: uploadFound,
	},
	{
		Rule: "X1",
		Name: "upload-other-handle",
		Why: "an upload must go on through another handle of the store: otherwise everything " +
			"is sent again",
		Run: uploadOtherHandle,
	},
	{
		Rule: "X1",
		Name: "upload-other-process",
		Why: "an upload must go on in another process: otherwise a kill costs everything that " +
			"was sent",
		Run: uploadOtherProcess,
	},
}

func uploadFound(t suite.T, h *suite.H) {
	content := check.Content(1, 300)
	u := beginUpload(t, h, h, "f", content, nil)
	putParts(t, u, 1)
	found(t, "without a file", u, false)
	check.Put(t, h, "f", content, nil)
	found(t, "of a file that a Put made, of the same content", u, false)
	check.Remove(t, h, "f")
	if err := completeAgain(t, u); err != nil {
		t.Fatalf("CompleteUpload: %v, want no error", err)
	}
	found(t, "of an upload that was completed", u, true)
	check.WantContent(t, h, "f", content)
	// another process, or a retry
	if _, err := u.Complete(t.Context()); err != nil {
		gone(t, "CompleteUpload once more", err)
	}
	check.WantContent(t, h, "f", content)
	found(t, "of an upload that was completed twice", u, true)
	check.Put(t, h, "f", content, nil)
	found(t, "of a file that was put again, of the same content", u, false)
	check.Remove(t, h, "f")
	found(t, "of a file that was deleted", u, false)
}

func uploadOtherHandle(t suite.T, h *suite.H) {
	content := twoParts(t, h, 1)
	second := h.Second(t)
	u := beginUpload(t, h, h, "f", content, nil)
	putParts(t, u, 2)
	other := onHandle(t, u, second)
	wantSameStore(t, u, other)
	other.Sent[2] = u.Sent[2]
	wantParts(t, other)
	wantUnfinished(t, second, "", "", "f")
	putParts(t, other, 1)
	complete(t, other)
	u.Done = true
	check.WantContent(t, h, "f", content)
	found(t, "through the first handle", u, true)
	found(t, "through the second handle", other, true)
	_, err := u.List(t.Context())
	if err != nil {
		gone(t, "ListParts of an upload that another handle has completed", err)
	}
	wantUnfinished(t, h, "", "")
	check.WantOnly(t, h, "f")
}

// onHandle is the same upload through another handle, which has only its ID.
func onHandle(t suite.T, u *check.Upload, b files.Bucket) *check.Upload {
	t.Helper()
	other, err := check.NewUpload(t.Context(), b, u.Name, u.Up.ID, u.Content, u.Up.PartSize, nil)
	if err != nil {
		t.Fatalf("the upload through another handle: %v, want no error", err)
	}
	return other
}

// wantSameStore compares what identifies the store of two handles.
func wantSameStore(t suite.T, u, other *check.Upload) {
	t.Helper()
	here, err := u.Store(t.Context())
	if err != nil {
		t.Fatalf("UploadStore: %v, want no error", err)
	}
	there, err := other.Store(t.Context())
	if err != nil || here != there {
		t.Errorf("UploadStore returns %q and, through another handle, %q (%v), want the same",
			here, there, err)
	}
}

func uploadOtherProcess(t suite.T, h *suite.H) {
	content := twoParts(t, h, 1)
	p := process.Start(t, h)
	u := beginUpload(t, h, h, "f", content, nil)
	putParts(t, u, 2)
	if _, err := p.Do(process.Call{
		Do:       "go on",
		Name:     "f",
		Content:  content,
		Upload:   u.Up.ID,
		PartSize: u.Up.PartSize,
	}); err != nil {
		t.Fatalf("the upload in the other process: %v, want no error", err)
	}
	u.Done = true
	check.WantContent(t, h, "f", content)
	found(t, "of an upload that another process has completed", u, true)
	wantUnfinished(t, h, "", "")
}
