package oddservice

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// Open opens a bucket of the driver whose service is the client.
type Open func(t *testing.T, client *Fixed) files.Bucket

// mustBeKnown fails if an error has no sentinel.
func mustBeKnown(t *testing.T, what string, err error) {
	t.Helper()
	var e *files.Error
	if err == nil {
		return
	}
	if !errors.As(err, &e) || files.KindOf(err) == nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%s: %T without a sentinel: %v", what, err, err)
	}
	if len(err.Error()) > 4<<10 {
		t.Errorf("%s: the error's text has %d bytes, want at most 4096 bytes", what,
			len(err.Error()))
	}
}

// holdListing checks a listing against L1 and L8.
func holdListing(t *testing.T, b files.Bucket, o *files.ListOptions) {
	t.Helper()
	last, n := "", 0
	for e, err := range b.List(t.Context(), "dir", o) {
		if err != nil {
			mustBeKnown(t, "list", err)
			return
		}
		if e.Name <= last || !strings.HasPrefix(e.Name, "dir/") || e.Size < 0 {
			t.Errorf("%q of %d bytes after %q, want more than %q, a text that begins with %q and "+
				"at least 0", e.Name, e.Size, last, last, "dir/")
		}
		if last = e.Name; n > 10_000 {
			t.Fatal("the listing doesn't end")
		}
		n++
	}
}

// FuzzListing fuzzes the pages of listings: none makes a listing that breaks the contract.
// header is that of a page, and pages are seeds.
func FuzzListing(f *testing.F, open Open, header http.Header, pages []string) {
	for _, s := range pages {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		b := open(t, &Fixed{Status: 200, Header: header, Body: page})
		holdListing(t, b, nil)
		holdListing(t, b, &files.ListOptions{Shallow: true})
		_, next, err := files.ListPage(t.Context(), b, "dir", "", 2, nil)
		if mustBeKnown(t, "page", err); err == nil && next != "" {
			_, _, err = files.ListPage(t.Context(), b, "dir", next, 2, nil)
			mustBeKnown(t, "the next page", err)
		}
	})
}

// FuzzErrors fuzzes the bodies of errors: none becomes a success or an error without a
// sentinel. bodies are seeds.
func FuzzErrors(f *testing.F, open Open, bodies []string) {
	for _, s := range bodies {
		f.Add(404, "Content-Type: application/xml\n", []byte(s))
		f.Add(503, "Retry-After: 3\n", []byte(s))
		f.Add(412, "Retry-After: Fri, 02 Jan 2026 03:04:05 GMT\n", []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, header string, body []byte) {
		if status < 400 || status > 599 {
			return
		}
		b := open(t, &Fixed{Status: status, Header: readHeader(header), Body: body})
		_, err := files.ReadAll(t.Context(), b, "a", nil)
		if err == nil {
			t.Error("Get = nil")
		}
		mustBeKnown(t, "get", err)
		_, err = files.PutString(t.Context(), b, "a", "x", nil)
		if err == nil {
			t.Error("Put = nil")
		}
		mustBeKnown(t, "put", err)
		_, err = b.Stat(t.Context(), "a", nil)
		if err == nil {
			t.Error("Stat = nil")
		}
		mustBeKnown(t, "stat", err)
		holdListing(t, b, nil)
		mustBeKnown(t, "delete", b.Delete(t.Context(), "a", nil))
		_, err = files.DeleteMany(t.Context(), b, slices.Values([]string{"a", "b"}))
		mustBeKnown(t, "delete many", err)
	})
}

// FuzzHeaders fuzzes the headers of files: the Info that they make is complete, or there is
// an error. headers are seeds, as "Key: value" lines.
func FuzzHeaders(f *testing.F, open Open, headers []string) {
	for _, s := range headers {
		f.Add(200, s, []byte("content"))
		f.Add(206, s+"Content-Range: bytes 2-4/7\n", []byte("nte"))
		f.Add(206, s+"Content-Range: bytes 0--1/0\n", []byte(""))
	}
	f.Fuzz(func(t *testing.T, status int, header string, body []byte) {
		if status != 200 && status != 206 {
			return
		}
		b := open(t, &Fixed{Status: status, Header: readHeader(header), Body: body})
		info, err := b.Stat(t.Context(), "a", nil)
		if mustBeKnown(t, "stat", err); err == nil && (info.Size < 0 || info.Name != "a") {
			t.Errorf("Stat = %+v", info)
		}
		for _, r := range []files.Range{{}, files.Bytes(2, 3), files.Last(3), files.From(7)} {
			body, err := b.Get(t.Context(), "a", &files.GetOptions{Range: r})
			if mustBeKnown(t, "get", err); err != nil {
				continue
			}
			off, n := r.Resolve(body.Info().Size)
			got, err := body.ReadAll()
			if mustBeKnown(t, "read",
				err); err == nil && (int64(len(got)) != n || body.Offset() != off) {
				t.Errorf("%v of %d: %d bytes from %d", r, body.Info().Size, len(got), body.Offset())
			}
			body.Close()
		}
	})
}
