package cases

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// headersAtLimit returns headers of which one has the greatest length, and the others
// share the rest.
func headersAtLimit(longest func(*files.Attributes) *string) files.Attributes {
	a := files.Attributes{
		ContentType:        "x/y",
		CacheControl:       "c",
		ContentDisposition: "d",
		ContentEncoding:    "e",
		ContentLanguage:    "l",
	}
	left := files.MaxHeaders
	for _, p := range headerFields(&a) {
		left -= len(*p)
	}
	fill := func(p *string, most int) {
		n := min(most-len(*p), left)
		*p += strings.Repeat("x", n)
		left -= n
	}
	fill(longest(&a), headerMax(&a, longest(&a)))
	for _, p := range headerFields(&a) {
		fill(p, headerMax(&a, p))
	}
	return a
}

func headerFields(a *files.Attributes) map[string]*string {
	return map[string]*string{
		"content type":        &a.ContentType,
		"Cache-Control":       &a.CacheControl,
		"Content-Disposition": &a.ContentDisposition,
		"Content-Encoding":    &a.ContentEncoding,
		"Content-Language":    &a.ContentLanguage,
	}
}

func headerMax(a *files.Attributes, p *string) int {
	if p == &a.ContentLanguage {
		return files.MaxContentLanguage
	}
	return files.MaxHeader
}

// metadataAtLimit returns as much metadata as is allowed, in several pairs.
func metadataAtLimit() map[string]string {
	m := map[string]string{}
	for i := range 18 {
		m[fmt.Sprintf("k%03d", i)] = strings.Repeat("v", 96)
	}
	m["last"] = strings.Repeat("w", files.MaxMetadata-18*100-len("last"))
	return m
}

// wantAttributes fails the case if Info, Stat or Get report other attributes.
func wantAttributes(t suite.T, h *suite.H, name, what string, got, want files.Attributes) {
	t.Helper()
	sameAttributes(t, "Put's or Copy's Info, of "+what, got, want)
	sameAttributes(t, "Stat's Info, of "+what, check.Stat(t, h, name).Attributes, want)
	r, err := h.Get(t.Context(), name, nil)
	if err != nil {
		t.Errorf("Get of %s: %v, want no error", what, err)
		return
	}
	defer r.Close()
	sameAttributes(t, "Get's Info, of "+what, r.Info().Attributes, want)
}

// sameAttributes compares attributes, and reports long ones by their lengths.
func sameAttributes(t suite.T, where string, got, want files.Attributes) {
	t.Helper()
	wanted := headerFields(&want)
	for what, p := range headerFields(&got) {
		if w := *wanted[what]; *p != w {
			t.Errorf("%s in %s has %d bytes, want %d, or has other bytes",
				what, where, len(*p), len(w))
		}
	}
	if !maps.Equal(got.Metadata, want.Metadata) {
		t.Errorf("%d pairs of metadata in %s, want %d, or others",
			len(got.Metadata), where, len(want.Metadata))
	}
}

func headerLimit(t suite.T, h *suite.H) {
	var none files.Attributes
	for what := range headerFields(&none) {
		field := func(a *files.Attributes) *string { return headerFields(a)[what] }
		most := headersAtLimit(field)
		most.Metadata = metadataAtLimit()
		info := check.Put(t, h, "a", check.Content(1, 10), &files.PutOptions{Attributes: most})
		wantAttributes(t, h, "a", "a long "+what, info.Attributes, most)

		// One byte more for the header and, if that is allowed, for all of them.
		long := files.Attributes{ContentType: "x/y"}
		*field(&long) = strings.Repeat("x", headerMax(&long, field(&long))+1)
		together := most
		for _, p := range headerFields(&together) {
			if len(*p) < headerMax(&together, p) {
				*p += "x"
				break
			}
		}
		huge := files.Attributes{ContentType: "x/y"}
		*field(&huge) = strings.Repeat("x", 400_000)
		for why, a := range map[string]files.Attributes{
			"a header that is too long": long,
			"headers too long together": together,
			"a header of 400,000 bytes": huge,
		} {
			_, err := h.Put(t.Context(), "a", check.Stream([]byte("y")),
				&files.PutOptions{Attributes: a})
			check.WantErr(t, fmt.Sprintf("Put with %s, of %s", why, what), err, files.ErrInvalid)
			_, err = files.Copy(t.Context(), h.Bucket, "b", h.Bucket, "a",
				&files.CopyOptions{Attributes: &a})
			check.WantErr(t, fmt.Sprintf("Copy with %s, of %s", why, what), err, files.ErrInvalid)
		}
		wantAttributes(t, h, "a", "the file after refused changes", most, most)
	}
	check.WantContent(t, h, "a", check.Content(1, 10))
	check.WantOnly(t, h, "a")
	copyAtLimit(t, h)
	if h.F.SignPut && h.F.SignContentType {
		_, err := files.SignURL(t.Context(), h.Bucket, "a", &files.SignOptions{
			Method:      "PUT",
			Expiry:      time.Minute,
			ContentType: strings.Repeat("x", files.MaxHeader+1),
		})
		check.WantErr(t, "SignURL with a content type that is too long", err, files.ErrInvalid)
	}
}

// copyAtLimit copies a file with attributes at the limit, unchanged and with others at
// the limit.
func copyAtLimit(t suite.T, h *suite.H) {
	t.Helper()
	most := check.Stat(t, h, "a").Attributes
	opts := &files.CopyOptions{FullInfo: true}
	info, err := files.Copy(t.Context(), h.Bucket, "b", h.Bucket, "a", opts)
	if err != nil {
		t.Errorf("Copy: %v, want no error", err)
		return
	}
	wantAttributes(t, h, "b", "a copy", info.Attributes, most)
	other := headersAtLimit(func(a *files.Attributes) *string { return &a.ContentEncoding })
	other.Metadata = metadataAtLimit()
	opts.Attributes = &other
	if info, err = files.Copy(t.Context(), h.Bucket, "b", h.Bucket, "a", opts); err != nil {
		t.Errorf("Copy with attributes at the limit: %v, want no error", err)
		return
	}
	wantAttributes(t, h, "b", "a copy with new attributes", info.Attributes, other)
}

func headerLimitInParts(t suite.T, h *suite.H) {
	a := headersAtLimit(func(a *files.Attributes) *string { return &a.ContentDisposition })
	a.Metadata = metadataAtLimit()
	c := check.Content(2, 12<<20)
	info := check.Put(t, h, "large", c, &files.PutOptions{Attributes: a})
	wantAttributes(t, h, "large", "a large file", info.Attributes, a)
	if h.F.IfAbsent { // drivers store a mark of their own for it
		info = check.Put(t, h, "new", c[:10], &files.PutOptions{
			Attributes: a,
			If:         files.IfAbsent(),
		})
		wantAttributes(t, h, "new", "a file put if absent", info.Attributes, a)
	}
}
