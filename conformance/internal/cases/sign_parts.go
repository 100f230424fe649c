package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The cases of uploads whose parts others send (driver.PartSigner, package
// files/signing). A bucket that can't sign parts is left out.

var signPartsCases = []suite.Case{
	{
		Rule: "W1",
		Name: "parts",
		Why: "parts that a browser sends, in any order and one of them twice, must become " +
			"the file, and none before",
		Needs: feature.Needs(feature.SignPut),
		Run:   signedParts,
	},
	{
		Rule: "W1",
		Name: "parts-bound",
		Why: "a signed part must store no other part, nothing in another upload, and no " +
			"file",
		Needs: feature.Needs(feature.SignPut),
		Run:   signedPartsBound,
	},
	{
		Rule: "W1",
		Name: "parts-complete",
		Why: "an upload by a browser must not become a file with a hole, or replace a file " +
			"that its condition protects",
		Needs: feature.Needs(feature.SignPut),
		Run:   signedPartsComplete,
	},
}

// beginSigned begins an upload whose parts are signed, of a whole part and a small one.
func beginSigned(t suite.T, h *suite.H, b files.Bucket, name string,
	o driver.SignedUploadOptions) *driver.SignedUpload {
	t.Helper()
	u, err := beginsSigned(t, h, b, name, o)
	if errors.Is(err, files.ErrUnsupported) {
		t.Skipf("the bucket can't sign parts of uploads: %v", err)
	}
	if err != nil {
		t.Fatalf("beginning an upload of signed parts: %v, want no error", err)
	}
	return u
}

func beginsSigned(t suite.T, h *suite.H, b files.Bucket, name string,
	o driver.SignedUploadOptions) (*driver.SignedUpload, error) {
	t.Helper()
	o.PartSize = uploadPart(uploadLimits(t, h))
	o.Size = o.PartSize + uploadLast
	h.Allows(t, o.Size)
	u, err := driver.BeginSignedUpload(t.Context(), b, name, o)
	if err == nil {
		t.Cleanup(func() {
			driver.AbortSignedUpload(context.WithoutCancel(t.Context()), b, u)
		})
	}
	return u, err
}

// signPart signs a part, which must succeed.
func signPart(t suite.T, b files.Bucket, u *driver.SignedUpload, n int) files.SignedURL {
	t.Helper()
	s, err := driver.SignPart(t.Context(), b, u, n, 0)
	if err != nil {
		t.Fatalf("SignPart(%d): %v, want no error", n, err)
	}
	return s
}

// sendPart signs and sends a part.
func sendPart(t suite.T, h *suite.H, b files.Bucket, u *driver.SignedUpload, n int,
	content []byte) {
	t.Helper()
	off, size := u.Part(n)
	wantStatus(t, h, fmt.Sprintf("PUT of part %d", n), signPart(t, b, u, n),
		content[off:off+size], 2)
}

// wantMissingParts compares the parts that the store doesn't have.
func wantMissingParts(t suite.T, b files.Bucket, u *driver.SignedUpload, want ...int) {
	t.Helper()
	parts, err := driver.SignedParts(t.Context(), b, u)
	if err != nil {
		t.Errorf("the parts of the upload: %v, want no error", err)
		return
	}
	if got := u.Missing(parts); !slices.Equal(got, want) {
		t.Errorf("the parts %v are missing, want %v; there are %v", got, want, parts)
	}
}

func signedParts(t suite.T, h *suite.H) {
	needSend(t, h)
	sub, err := files.Sub(h.Bucket, "tenant")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	o := driver.SignedUploadOptions{
		Attributes: files.Attributes{ContentType: "text/x-own"},
	}
	if !h.F.Attributes {
		o.Attributes = files.Attributes{}
	}
	u := beginSigned(t, h, sub, "d/ü &.bin", o)
	// another process goes on with what JSON keeps
	text, err := json.Marshal(u)
	again := &driver.SignedUpload{}
	if err == nil {
		err = json.Unmarshal(text, again)
	}
	if err != nil {
		t.Fatalf("the upload as JSON: %v, want no error", err)
	}
	u = again
	content, other := check.Content(1, int(u.Size)), check.Content(2, int(u.Size))
	wantMissingParts(t, sub, u, 1, 2)
	sendPart(t, h, sub, u, 2, other)
	wantMissingParts(t, sub, u, 1)
	sendPart(t, h, sub, u, 1, content)
	sendPart(t, h, sub, u, 2, content)
	wantMissingParts(t, sub, u)
	check.WantOnly(t, h)
	for range 2 { // the response to the first may be lost
		info, err := driver.CompleteSignedUpload(t.Context(), sub, u)
		if err != nil {
			t.Fatalf("completing the upload: %v, want no error", err)
		}
		check.Same(t, "name", info.Name, "d/ü &.bin")
		check.Same(t, "size", info.Size, u.Size)
	}
	check.WantContent(t, h, "tenant/d/ü &.bin", content)
	if h.F.Attributes {
		got := check.Stat(t, h, "tenant/d/ü &.bin")
		check.Same(t, "content type", got.ContentType, "text/x-own")
	}
	check.WantOnly(t, h, "tenant/d/ü &.bin")
}

func signedPartsBound(t suite.T, h *suite.H) {
	needSend(t, h)
	b := h.Bucket
	u := beginSigned(t, h, b, "mine.bin", driver.SignedUploadOptions{})
	content := check.Content(1, int(u.Size))
	first, last := signPart(t, b, u, 1), signPart(t, b, u, 2)
	small := content[u.PartSize:] // servers close the connection of a large one
	refused := func(what string, s files.SignedURL) {
		t.Helper()
		wantStatus(t, h, what, s, small, 4)
	}
	for _, method := range []string{"GET", "DELETE", "POST"} {
		s := last
		s.Method = method
		wantStatus(t, h, method+" with the URL of a part", s, nil, 4)
	}
	unsigned := last
	unsigned.URL, _, _ = strings.Cut(last.URL, "?")
	refused("PUT without the signature", unsigned)
	renamed := last
	renamed.URL = strings.Replace(last.URL, "mine.bin", "other.bin", 1)
	if renamed.URL == last.URL {
		t.Fatalf("the URL %q doesn't contain its name", last)
	}
	refused("PUT of another name", renamed)
	if own, others := signatureOf(t, last), signatureOf(t, first); own != "" {
		s := last
		s.URL = strings.Replace(last.URL, own, others, 1)
		refused("PUT of another part", s)
	}
	// a second upload of the name takes nothing that was signed for the first
	second := beginSigned(t, h, b, "mine.bin", driver.SignedUploadOptions{})
	wantMissingParts(t, b, u, 1, 2)
	wantStatus(t, h, "PUT of a part", last, small, 2)
	wantMissingParts(t, b, u, 1)
	wantMissingParts(t, b, second, 1, 2)
	check.WantOnly(t, h)
	for what, err := range map[string]error{
		"part 0":      signPartError(t, b, u, 0),
		"part 3 of 2": signPartError(t, b, u, 3),
	} {
		check.WantErr(t, "SignPart of "+what, err, files.ErrInvalid)
	}
	_, err := beginsSigned(t, h, files.ReadOnly(b), "mine.bin", driver.SignedUploadOptions{})
	check.WantErr(t, "an upload to a read-only bucket", err, files.ErrPermission)
	check.WantErr(t, "SignPart in a read-only bucket", signPartError(t, files.ReadOnly(b), u, 1),
		files.ErrPermission)
}

func signPartError(t suite.T, b files.Bucket, u *driver.SignedUpload, n int) error {
	_, err := driver.SignPart(t.Context(), b, u, n, 0)
	return err
}

func signedPartsComplete(t suite.T, h *suite.H) {
	needSend(t, h)
	b := h.Bucket
	check.Puts(t, h, "old.bin")
	u := beginSigned(t, h, b, "new.bin", driver.SignedUploadOptions{})
	content := check.Content(1, int(u.Size))
	incomplete := func(what string) {
		t.Helper()
		_, err := driver.CompleteSignedUpload(t.Context(), b, u)
		check.WantErr(t, "completing an upload with "+what, err, files.ErrCorrupt)
		check.WantMissing(t, h, "new.bin")
	}
	incomplete("no part")
	sendPart(t, h, b, u, 1, content)
	incomplete("a part missing")
	// A service that doesn't bind the size takes this, and completing refuses it.
	h.Harness.Send(t, b, signPart(t, b, u, 2), content[:uploadLast+1])
	incomplete("a part that is one byte longer, or missing")
	h.Harness.Send(t, b, signPart(t, b, u, 2), content[:uploadLast-1])
	incomplete("a part that is one byte shorter, or missing")
	sendPart(t, h, b, u, 2, content)
	if _, err := driver.CompleteSignedUpload(t.Context(), b, u); err != nil {
		t.Errorf("completing an upload with all parts: %v, want no error", err)
	}
	check.WantContent(t, h, "new.bin", content)
	signedPartsAborted(t, h, content)
	signedPartsCondition(t, h, content)
	check.WantOnly(t, h, "new.bin", "old.bin")
}

// signedPartsAborted: an upload that was aborted is gone.
func signedPartsAborted(t suite.T, h *suite.H, content []byte) {
	t.Helper()
	b := h.Bucket
	u := beginSigned(t, h, b, "old.bin", driver.SignedUploadOptions{})
	sendPart(t, h, b, u, 2, content)
	for range 2 {
		if err := driver.AbortSignedUpload(t.Context(), b, u); err != nil {
			t.Errorf("aborting an upload: %v, want no error", err)
		}
	}
	_, err := driver.SignedParts(t.Context(), b, u)
	check.WantErr(t, "the parts of an upload that was aborted", err, files.ErrNotExist)
	_, err = driver.CompleteSignedUpload(t.Context(), b, u)
	check.WantErr(t, "completing an upload that was aborted", err, files.ErrNotExist)
}

// signedPartsCondition: the condition is decided when the upload is completed. A bucket
// that can't do that has no such uploads.
func signedPartsCondition(t suite.T, h *suite.H, content []byte) {
	t.Helper()
	b := h.Bucket
	before := check.Stat(t, h, "old.bin").Version
	now := []byte("old.bin, replaced since")
	check.Put(t, h, "old.bin", now, nil)
	for what, c := range map[string]struct {
		claimed bool
		cond    files.Condition
		want    error
	}{
		"IfAbsent":  {h.F.IfAbsent, files.IfAbsent(), files.ErrExist},
		"IfVersion": {h.F.IfVersion, files.IfVersion(before), files.ErrPrecondition},
	} {
		u, err := beginsSigned(t, h, b, "old.bin", driver.SignedUploadOptions{If: c.cond})
		switch {
		case errors.Is(err, files.ErrUnsupported):
			continue
		case err != nil:
			t.Errorf("beginning an upload with %s: %v, want no error", what, err)
			continue
		case !c.claimed:
			t.Errorf("beginning an upload with %s, which isn't claimed: no error, want "+
				"ErrUnsupported", what)
		}
		sendPart(t, h, b, u, 1, content)
		sendPart(t, h, b, u, 2, content)
		_, err = driver.CompleteSignedUpload(t.Context(), b, u)
		check.WantErr(t, "completing an upload with "+what, err, c.want)
		check.WantContent(t, h, "old.bin", now)
	}
}
