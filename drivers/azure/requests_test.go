package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestRequestsOfEachOperation counts the requests of each operation.
func TestRequestsOfEachOperation(t *testing.T) {
	b, p := proxied(t)
	ctx := t.Context()
	want := func(what string, err error, counts map[string]int) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v, want nil", what, err)
		}
		p.Want(t, counts)
		p.Reset()
	}
	want("open", nil, nil)
	full := &files.PutOptions{
		Attributes: files.Attributes{
			CacheControl: "no-cache",
			Metadata:     map[string]string{"k": "v"},
		},
		If: files.IfAbsent(),
	}
	info, err := files.PutString(ctx, b, "a.txt", "text", full)
	want("put", err, map[string]int{"PutBlob": 1})
	_, err = files.PutString(ctx, b, "a.txt", "text", full)
	if !errors.Is(err, files.ErrExist) {
		t.Errorf("put if absent: %v, want ErrExist", err)
	}
	want("put if absent", nil, map[string]int{"PutBlob": 1})
	info, err = files.PutString(ctx, b, "a.txt", "more text",
		&files.PutOptions{If: files.IfVersion(info.Version)})
	want("update", err, map[string]int{"PutBlob": 1})
	_, err = files.ReadString(ctx, b, "a.txt", nil)
	want("get", err, map[string]int{"GetBlob": 1})
	_, err = files.ReadString(ctx, b, "a.txt",
		&files.ReadOptions{GetOptions: files.GetOptions{Range: files.Bytes(2, 3)}})
	want("get of a range", err, map[string]int{"GetBlob": 1})
	if _, err := files.ReadString(ctx, b, "a.txt",
		&files.ReadOptions{GetOptions: files.GetOptions{Range: files.From(1000)}}); err != nil {
		t.Errorf("ReadString(a.txt) = %v, want nil", err)
	}
	if n := p.Total(); n > 2 {
		t.Errorf("get past the end: %d requests, want at most 2", n)
	}
	p.Reset()
	_, err = files.ReadString(ctx, b, "a.txt",
		&files.ReadOptions{GetOptions: files.GetOptions{Range: files.Last(3)}})
	want("get of the last bytes", err, map[string]int{"GetBlobProperties": 1, "GetBlob": 1})
	_, err = b.Get(ctx, "a.txt", &files.GetOptions{IfNotVersion: info.Version})
	if !errors.Is(err, files.ErrNotModified) {
		t.Errorf("get if modified: %v, want ErrNotModified", err)
	}
	want("get if modified", nil, map[string]int{"GetBlob": 1})
	_, err = b.Stat(ctx, "a.txt", nil)
	want("stat", err, map[string]int{"GetBlobProperties": 1})
	_, err = files.Exists(ctx, b, "missing")
	want("exists", err, map[string]int{"GetBlobProperties": 1})
	want("delete of a missing file", b.Delete(ctx, "missing", nil), map[string]int{"DeleteBlob": 1})
	want("delete of a version",
		b.Delete(ctx, "a.txt", &files.DeleteOptions{IfVersion: info.Version}),
		map[string]int{"DeleteBlob": 1})
	_, err = files.SignURL(ctx, b, "a.txt", nil)
	want("sign", err, nil)
	want("check", files.Check(ctx, b), map[string]int{"ListBlobs": 1})
}

// TestRequestsCopy counts the requests of a copy: the emulator lacks Put Blob From URL,
// so one request of the service is three here.
func TestRequestsCopy(t *testing.T) {
	b, p := proxied(t)
	put(t, b, "a.txt", "text", nil)
	for i, counts := range []map[string]int{
		// the driver tries it once
		{"GetBlobProperties": 1, "PutBlobFromURL": 1, "PutBlockFromURL": 1, "PutBlockList": 1},
		{"GetBlobProperties": 1, "PutBlockFromURL": 1, "PutBlockList": 1},
	} {
		p.Reset()
		name := fmt.Sprintf("copy%d", i)
		if _, err := files.Copy(t.Context(), b, name, b, "a.txt", nil); err != nil {
			t.Fatal(err)
		}
		p.Want(t, counts)
		wantText(t, b, name, "text")
	}
}

// TestRequestsBlocks counts the requests of an upload in blocks.
func TestRequestsBlocks(t *testing.T) {
	t.Parallel()
	b, p := proxied(t)
	const size = 64 << 20
	info, err := b.Put(t.Context(), "large", io.LimitReader(zeros{}, size), nil)
	if err != nil || info.Size != size {
		t.Fatalf("%v, %d bytes", err, info.Size)
	}
	p.Want(t, map[string]int{"PutBlock": 8, "PutBlockList": 1})
	if s, err := b.Stat(t.Context(), "large",
		nil); err != nil || s.Size != size || s.Digest != info.Digest || s.Version != info.Version {
		t.Errorf("Stat = %+v, %v; want Put's result %+v", s, err, info)
	}
}

// zeros is an endless reader.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestRequestsDeleteMany counts the requests of DeleteMany.
func TestRequestsDeleteMany(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: stores hundreds of files")
	}
	b, p := proxied(t)
	names := make([]string, longtest.N(t, 300, 1000))
	for i := range names {
		names[i] = fmt.Sprintf("dir/%05d", i)
	}
	errs := driver.EachName(t.Context(), append(names, "dir/kept"),
		func(ctx context.Context, name string) error {
			_, err := b.Put(ctx, name, strings.NewReader(name), nil)
			return err
		})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	p.Reset()
	if _, err := files.DeleteMany(t.Context(), b, slices.Values(names)); err != nil {
		t.Errorf("DeleteMany = %v, want nil", err)
	}
	p.Want(t, map[string]int{"BlobBatch": (len(names) + 255) / 256})
	last := names[len(names)-1]
	for name, want := range map[string]bool{names[0]: false, last: false, "dir/kept": true} {
		if ok, err := files.Exists(t.Context(), b, name); ok != want || err != nil {
			t.Errorf("Exists(%s) = %v, %v; want %v", name, ok, err, want)
		}
	}
}

// TestRequestsListMany lists 10,000 names from an endpoint that returns as many names
// in a page as are requested, as the service does.
func TestRequestsListMany(t *testing.T) {
	t.Parallel()
	const n = 10_000
	requests := 0
	b := onHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		size, err := strconv.Atoi(r.URL.Query().Get("maxresults"))
		if err != nil {
			t.Errorf("maxresults: %v, want nil", err)
		}
		first, _ := strconv.Atoi(r.URL.Query().Get("marker"))
		last := min(first+size, n)
		w.Header().Set("Content-Type", "application/xml")
		fmt.Fprint(w, `<?xml version="1.0"?><EnumerationResults><Blobs>`)
		for i := first; i < last; i++ {
			fmt.Fprintf(w,
				`<Blob><Name>%05d</Name><Properties><Etag>0x%X</Etag>`+
					`<Content-Length>%d</Content-Length></Properties></Blob>`,
				i, i+1, i)
		}
		next := ""
		if last < n {
			next = strconv.Itoa(last)
		}
		fmt.Fprintf(w, `</Blobs><NextMarker>%s</NextMarker></EnumerationResults>`, next)
	}))
	i := int64(0)
	for e, err := range b.List(t.Context(), "", nil) {
		if want := fmt.Sprintf("%05d", i); err != nil || e.Name != want || e.Size != i {
			t.Fatalf("%d: %+v, %v; want %s", i, e, err, want)
		}
		i++
	}
	if i != n || requests != 2 {
		t.Errorf("%d names in %d requests, want %d in 2", i, requests, n)
	}
}
