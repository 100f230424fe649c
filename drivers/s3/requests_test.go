package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// proxied returns a new bucket behind a proxy, with quick retries.
func (s *subject) proxied(t *testing.T, o Options) (files.Bucket, *proxy.Proxy, string) {
	t.Helper()
	p := proxy.Start(t, proxy.S3, s.server.Endpoint, nil)
	name := s.create(t)
	o.Profile, o.Checksums = s.opts.Profile, max(o.Checksums, s.opts.Checksums)
	if o.Retry == nil {
		o.Retry = &retry.Policy{Delay: time.Millisecond, MaxDelay: 5 * time.Millisecond}
	}
	// On a loaded machine a server may need more than the default minute, and what it would
	// be sent again is counted.
	o.Timeout, o.ReadTimeout = 10*time.Minute, 10*time.Minute
	b := New(s.client(transport64Client, p.URL()), name, &o)
	t.Cleanup(func() { b.Close() })
	return b, p, name
}

func noise(n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)}).Read(p)
	return p
}

func put(t *testing.T, b files.Bucket, name string, content []byte,
	o *files.PutOptions) files.Info {
	t.Helper()
	info, err := b.Put(t.Context(), name, bytes.NewReader(content), o)
	if err != nil {
		t.Fatalf("Put of %s, %d bytes: %v", name, len(content), err)
	}
	return info
}

func read(t *testing.T, b files.Bucket, name string, o *files.GetOptions) ([]byte, files.Info) {
	t.Helper()
	r, err := b.Get(t.Context(), name, o)
	if err != nil {
		t.Fatalf("Get of %s: %v", name, err)
	}
	defer r.Close()
	p, err := r.ReadAll()
	if err != nil {
		t.Fatalf("Get of %s: %v", name, err)
	}
	return p, r.Info()
}

// TestRequests: every operation takes the documented number of requests.
func TestRequests(t *testing.T) {
	t.Parallel()
	s := newSubject(t, testserver.Versitygw, Options{})
	b, p, name := s.proxied(t, Options{})
	// content of unknown length
	unread := func(content []byte) io.Reader { return io.MultiReader(bytes.NewReader(content)) }
	costs := func(what string, want map[string]int, do func()) {
		t.Helper()
		p.Reset()
		do()
		t.Run(what, func(t *testing.T) { p.Want(t, want) })
	}
	attrs := files.Attributes{
		ContentType:  "a/b",
		CacheControl: "no-store",
		Metadata:     map[string]string{"k": "ä b"},
	}
	size := int64(5)
	var first files.Info
	costs("put with any options", map[string]int{"PutObject": 5}, func() {
		first = put(t, b, "a", []byte("first"), &files.PutOptions{
			Attributes: attrs,
			Size:       &size,
			Digest:     files.Digest{MD5: "8b04d5e3775d298e78455efc5ca404d5"},
			If:         files.IfAbsent(),
			Native:     []files.NativeOption{PutOptions{Tags: map[string]string{"team": "x y"}}},
		})
		put(t, b, "b", nil, nil)
		put(t, b, "c", noise(DefaultPartSize), nil)
		if _, err := b.Put(t.Context(), "d", unread(noise(DefaultPartSize)), nil); err != nil {
			t.Fatal(err)
		}
		put(t, b, "a", []byte("second"), &files.PutOptions{
			Attributes: attrs,
			If:         files.IfVersion(first.Version),
		})
	})
	costs("refused conditions", map[string]int{"PutObject": 2, "DeleteObject": 1}, func() {
		_, err := b.Put(t.Context(), "a", unread([]byte("x")),
			&files.PutOptions{If: files.IfAbsent()})
		_, err2 := b.Put(t.Context(), "a", unread([]byte("x")),
			&files.PutOptions{If: files.IfVersion(first.Version)})
		err3 := b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: first.Version})
		if !errors.Is(err,
			files.ErrExist) || !errors.Is(err2,
			files.ErrPrecondition) || !errors.Is(err3, files.ErrPrecondition) {
			t.Errorf("Delete(a) = %v, %v, %v, want ErrExist and ErrPrecondition", err, err2, err3)
		}
	})
	costs("get, whole and ranges", map[string]int{"GetObject": 4}, func() {
		got, info := read(t, b, "a", nil)
		if string(got) != "second" || info.Version == "" || info.Metadata["k"] != "ä b" ||
			info.CacheControl != "no-store" || info.Digest.CRC32C == "" || info.ModTime.IsZero() {
			t.Errorf("read(a) = %q, %+v, want %q, Version anything but %q, %q, CacheControl %q, "+
				"Digest.CRC32C anything but %q and ModTime anything but zero", got, info, "second",
				"", "ä b", "no-store", "")
		}
		for r, want := range map[files.Range]string{
			files.Bytes(1, 2): "ec",
			files.From(4):     "nd",
			files.Last(3):     "ond",
		} {
			got, info := read(t, b, "a", &files.GetOptions{Range: r})
			if string(got) != want || info.Size != 6 || info.Metadata["k"] != "ä b" {
				t.Errorf("%v: %q, %+v, want %q, Size 6 and %q", r, got, info, want, "ä b")
			}
		}
	})
	costs("get of no bytes", map[string]int{"HeadObject": 1}, func() {
		read(t, b, "a", &files.GetOptions{Range: files.Bytes(2, 0)})
	})
	costs("get past the end", map[string]int{"GetObject": 1, "HeadObject": 1}, func() {
		if got, info := read(t, b, "a",
			&files.GetOptions{Range: files.From(6)}); len(got) != 0 || info.Size != 6 {
			t.Errorf("read(a) = %q, %+v, want nothing and Size 6", got, info)
		}
	})
	costs("get if not of the version", map[string]int{"GetObject": 1}, func() {
		if _, err := b.Get(t.Context(), "b",
			&files.GetOptions{IfNotVersion: must(b.Stat(t.Context(), "b",
				nil)).Version}); !errors.Is(err, files.ErrNotModified) {
			t.Errorf("Get(b) = %v, want ErrNotModified", err)
		}
		p.Reset()
		b.Get(t.Context(), "b", &files.GetOptions{IfNotVersion: first.Version})
	})
	costs("stat, exists", map[string]int{"HeadObject": 2}, func() {
		must(b.Stat(t.Context(), "a", nil))
		if ok, err := files.Exists(t.Context(), b, "missing"); ok || err != nil {
			t.Errorf("Exists(missing) = %v, %v, want false and nil", ok, err)
		}
	})
	costs("copy", map[string]int{"CopyObject": 1}, func() {
		if info := must(files.Copy(t.Context(), b, "f", b, "a",
			nil)); info.Version == "" || info.Size != -1 {
			t.Errorf("info = %+v, want Version anything but %q and Size -1", info, "")
		}
	})
	costs("copy with the whole Info", map[string]int{"HeadObject": 1, "CopyObject": 1}, func() {
		if info := must(files.Copy(t.Context(), b, "e", b, "a",
			&files.CopyOptions{FullInfo: true})); info.Size != 6 || info.Metadata["k"] != "ä b" {
			t.Errorf("info = %+v, want Size 6 and %q", info, "ä b")
		}
	})
	costs("move", map[string]int{"HeadObject": 1, "CopyObject": 1, "DeleteObject": 1}, func() {
		if info := must(files.Move(t.Context(), b, "g", b, "f",
			nil)); info.Size != 6 || info.Metadata["k"] != "ä b" {
			t.Errorf("info = %+v, want Size 6 and %q", info, "ä b")
		}
	})
	costs("delete, also of what is missing", map[string]int{"DeleteObject": 2}, func() {
		b.Delete(t.Context(), "g", nil)
		if err := b.Delete(t.Context(), "g", nil); err != nil {
			t.Errorf("Delete(g) = %v, want nil", err)
		}
	})
	content := noise(64 * mib)
	costs("put of 64 MiB", map[string]int{
		"CreateMultipartUpload":   1,
		"UploadPart":              8,
		"CompleteMultipartUpload": 1,
	}, func() {
		if _, err := b.Put(t.Context(), "large", unread(content),
			&files.PutOptions{Attributes: attrs}); err != nil {
			t.Fatal(err)
		}
	})
	if got, info := read(t, b, "large",
		nil); !bytes.Equal(got,
		content) || info.Digest.CRC32C == "" || info.Metadata["k"] != "ä b" ||
		info.ContentType != "a/b" {
		t.Errorf("%d bytes come back, %+v", len(got), info)
	}
	if n := s.uploads(t, name); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
	costs("open and sign", map[string]int{}, func() {
		u := "s3://" + name + "?use_path_style=true&region=us-east-1&endpoint=" + p.URL()
		o := must(files.Open(t.Context(), u))
		defer o.Close()
		for _, m := range []string{"GET", "PUT", "DELETE"} {
			must(files.SignURL(t.Context(), o, "a", &files.SignOptions{Method: m}))
		}
	})
}

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

// TestManyRequests: listings and deletions of many names take a request for 1,000 names.
func TestManyRequests(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("thousands of files are put")
	}
	s := newSubject(t, testserver.Versitygw, Options{})
	b, p, _ := s.proxied(t, Options{})
	n := longtest.N(t, 3000, 10_000)
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("dir/%05d", i))
	}
	for _, err := range driver.EachName(t.Context(), names,
		func(ctx context.Context, name string) error {
			_, err := b.Put(ctx, name, bytes.NewReader(nil), nil)
			return err
		}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Reset()
	var got []string
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Name)
	}
	if !slices.Equal(got, names) {
		t.Errorf("%d names are listed, or others, want the same %d", len(got), len(names))
	}
	p.Want(t, map[string]int{"ListObjectsV2": n / 1000})
	p.Reset()
	for _, err := range b.List(t.Context(), "dir", &files.ListOptions{
		Limit:      10,
		StartAfter: names[n/2],
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Want(t, map[string]int{"ListObjectsV2": 1})
	p.Reset()
	if res, err := files.DeleteMany(t.Context(), b,
		slices.Values(names[:1000])); err != nil || res.Deleted != 1000 {
		t.Errorf("DeleteMany = %+v, %v, want Deleted 1000 and nil", res, err)
	}
	p.Want(t, map[string]int{"DeleteObjects": 1})
	p.Reset()
	if res, err := files.DeleteAll(t.Context(), b); err != nil || res.Deleted != int64(n-1000) {
		t.Errorf("DeleteAll = %+v, %v, want Deleted %v and nil", res, err, int64(n-1000))
	}
	p.Want(t, map[string]int{"DeleteObjects": n/1000 - 1, "ListObjectsV2": n/1000 - 1})
}

// TestCopyParts: a copy in parts, as of a file of more than 5 GiB, keeps content,
// attributes and tags, and an error leaves no upload.
func TestCopyParts(t *testing.T) {
	t.Parallel()
	s := newSubject(t, testserver.Versitygw, Options{})
	b, p, name := s.proxied(t, Options{})
	driver.Unwrap(b).(*backend).copyLimit = 5 * mib
	content := noise(12*mib + 5)
	attrs := files.Attributes{
		ContentType:        "a/b",
		ContentDisposition: "inline",
		Metadata:           map[string]string{"k": "v"},
	}
	put(t, b, "a", content, &files.PutOptions{
		Attributes: attrs,
		Native:     []files.NativeOption{&PutOptions{Tags: map[string]string{"team": "x y"}}},
	})
	// S3 answers so to a source larger than 5 GiB:
	// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
	refuse := proxy.Rule{
		Kinds: []string{"CopyObject"},
		Fault: proxy.S3.Refuse(400, "InvalidRequest",
			"The specified copy source is larger than the maximum allowable size for a copy "+
				"source: 5368709120"),
	}
	defer p.Add(refuse)()
	p.Reset()
	info := must(files.Copy(t.Context(), b, "b", b, "a", &files.CopyOptions{If: files.IfAbsent()}))
	// The second copy is without a checksum, since the first response may be about that.
	p.Want(t, map[string]int{
		"CopyObject":              2,
		"HeadObject":              1,
		"GetObjectTagging":        1,
		"CreateMultipartUpload":   1,
		"UploadPartCopy":          3,
		"CompleteMultipartUpload": 1,
	})
	if got, now := read(t, b, "b",
		nil); !bytes.Equal(got,
		content) || now.ContentType != "a/b" || now.ContentDisposition != "inline" ||
		len(now.Metadata) != 1 || now.Version != info.Version || info.Size != now.Size {
		t.Errorf("%d bytes came, %+v; Copy returned %+v", len(got), now, info)
	}
	tags := must(s.admin.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{
		Bucket: &name,
		Key:    new("b"),
	}))
	if len(tags.TagSet) != 1 || *tags.TagSet[0].Key != "team" || *tags.TagSet[0].Value != "x y" {
		t.Errorf("tags: %+v", tags.TagSet)
	}
	part := func(n string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == n }
	}
	p.Add(proxy.Rule{
		Kinds: []string{"UploadPartCopy"},
		Match: part("2"),
		Times: 1,
		Fault: proxy.S3.Forbidden(),
	})
	p.Add(proxy.Rule{
		Kinds: []string{"UploadPartCopy"},
		Match: part("3"),
		Times: 1,
		Fault: proxy.Latency(300 * time.Millisecond),
	})
	p.Reset()
	if _, err := files.Copy(t.Context(), b, "c", b, "a",
		nil); !errors.Is(err, files.ErrPermission) {
		t.Errorf("a part that is refused: %v, want ErrPermission", err)
	}
	for _, r := range p.Records() {
		if r.Err != "" {
			t.Errorf("%s was cut off, so the server may continue it after the abort: %s, want %q",
				r.Kind, r.Err, "")
		}
	}
	if _, err := files.Copy(t.Context(), b, "b", b, "a",
		&files.CopyOptions{If: files.IfAbsent()}); !errors.Is(err, files.ErrExist) {
		t.Errorf("onto an existing one: %v, want ErrExist", err)
	}
	if n := s.uploads(t, name); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
}

// TestNativeOptions: the options are sent as headers, and invalid ones are ErrInvalid
// without a request.
func TestNativeOptions(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	b, p, name := s.proxied(t,
		Options{Defaults: PutOptions{StorageClass: types.StorageClassStandard}})
	put(t, b, "a", []byte("x"), &files.PutOptions{Native: []files.NativeOption{PutOptions{
		StorageClass: types.StorageClassStandardIa,
		Encryption:   types.ServerSideEncryptionAwsKms,
		KMSKeyID:     "key",
		BucketKey:    true,
		Tags:         map[string]string{"a": "1"},
		LegalHold:    false,
	}}})
	h := p.Records()[len(p.Records())-1].Header
	for k, want := range map[string]string{
		"X-Amz-Storage-Class":                             "STANDARD_IA",
		"X-Amz-Server-Side-Encryption":                    "aws:kms",
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id":     "key",
		"X-Amz-Server-Side-Encryption-Bucket-Key-Enabled": "true",
		"X-Amz-Tagging":                                   "a=1",
	} {
		if h.Get(k) != want {
			t.Errorf("%s: %q, want %q", k, h.Get(k), want)
		}
	}
	tags := must(s.admin.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{
		Bucket: &name,
		Key:    new("a"),
	}))
	if len(tags.TagSet) != 1 {
		t.Errorf("tags: %+v, want a length of 1", tags.TagSet)
	}
	p.Reset()
	for _, bad := range []PutOptions{
		{StorageClass: "COLD"},
		{Encryption: "rot13"},
		{KMSKeyID: "key"},
		{Lock: types.ObjectLockModeGovernance},
		{RetainUntil: time.Now()},
		{ACL: "mine"},
	} {
		if _, err := b.Put(t.Context(), "b", bytes.NewReader(nil),
			&files.PutOptions{Native: []files.NativeOption{bad}}); !errors.Is(err,
			files.ErrInvalid) {
			t.Errorf("%+v: %v, want ErrInvalid", bad, err)
		}
	}
	p.Want(t, map[string]int{})
}
