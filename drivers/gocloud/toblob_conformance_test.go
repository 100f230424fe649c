package gocloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/blob/drivertest"
	"gocloud.dev/blob/memblob"
)

// TestGoCDKConformance runs Go CDK's own tests on the bridge.
func TestGoCDKConformance(t *testing.T) {
	for _, c := range harnesses {
		t.Run(c.name, func(t *testing.T) {
			drivertest.RunConformanceTests(t, c.make, []drivertest.AsTest{asTest{}})
		})
	}
}

// missing is a bucket that doesn't exist.
func missing() (files.Bucket, error) { return failing{mem.New(nil), files.ErrNoBucket}, nil }

// localHarness is a folder whose signed URLs are served.
func localHarness(_ context.Context, t *testing.T) (drivertest.Harness, error) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	base, err := url.Parse(server.URL + "/signed")
	if err != nil {
		return nil, err
	}
	signer, err := localhttp.NewSigner(base, []byte("secret"))
	if err != nil {
		return nil, err
	}
	b, err := local.Open(memdir.New(t), &local.Options{NoSync: true, Signer: signer})
	if err != nil {
		return nil, err
	}
	handler, err := localhttp.NewHandler(b, &localhttp.Options{MaxUpload: 1 << 20})
	if err != nil {
		return nil, err
	}
	mux.Handle("/signed", handler)
	return &harness{
		b:       b,
		client:  server.Client(),
		close:   server.Close,
		missing: func() (files.Bucket, error) { return vanished(t) },
	}, nil
}

// vanished is a bucket whose folder was removed.
func vanished(t *testing.T) (files.Bucket, error) {
	dir := filepath.Join(t.TempDir(), "bucket")
	b, err := local.Open(dir, &local.Options{CreateDir: true})
	return b, errors.Join(err, os.RemoveAll(dir))
}

var harnesses = []struct {
	name string
	make drivertest.HarnessMaker
}{
	{"mem", func(context.Context, *testing.T) (drivertest.Harness, error) {
		return &harness{b: mem.New(nil), missing: missing}, nil
	}},
	{"mem that signs", signingHarness},
	{"memblob and back", func(context.Context, *testing.T) (drivertest.Harness, error) {
		return &harness{b: New(memblob.OpenBucket(nil), nil)}, nil
	}},
	{"local", localHarness},
	{"no versions, no conditions", func(context.Context, *testing.T) (drivertest.Harness, error) {
		return &harness{b: plain{mem.New(nil)}}, nil
	}},
}

// plain is a bucket with few features, to test the bridge's fallbacks too.
type plain struct{ files.Bucket }

func (p plain) Features() files.Features {
	return files.Features{
		MaxName:        1024,
		IfAbsent:       true,
		Attributes:     true,
		Ordered:        true,
		TimeResolution: 1,
	}
}

type harness struct {
	b       files.Bucket
	missing func() (files.Bucket, error)
	client  *http.Client
	close   func()
}

func (h *harness) MakeDriver(context.Context) (driver.Bucket, error) {
	return newBridge(h.b, nil), nil
}
func (h *harness) MakeDriverForNonexistentBucket(context.Context) (driver.Bucket, error) {
	if h.missing == nil {
		return nil, nil
	}
	b, err := h.missing()
	if err != nil {
		return nil, err
	}
	return newBridge(b, nil), nil
}
func (h *harness) HTTPClient() *http.Client         { return h.client }
func (h *harness) SupportsCopy() bool               { return true }
func (h *harness) SupportsNonSlashDelimiters() bool { return true }
func (h *harness) Close() {
	if h.close != nil {
		h.close()
	}
	h.b.Close()
}

// asTest checks the As values that ToBlob documents.
type asTest struct{}

func (asTest) Name() string { return "as of package files" }

func want[T any](as func(any) bool) error {
	var v T
	if !as(&v) {
		return fmt.Errorf("As returns no %T", v)
	}
	var other *testing.T
	if as(&other) {
		return errors.New("As returns a *testing.T")
	}
	return nil
}

func (asTest) BucketCheck(b *blob.Bucket) error         { return want[files.Bucket](b.As) }
func (asTest) BeforeRead(as func(any) bool) error       { return want[*files.GetOptions](as) }
func (asTest) BeforeWrite(as func(any) bool) error      { return want[*files.PutOptions](as) }
func (asTest) BeforeCopy(as func(any) bool) error       { return want[*files.CopyOptions](as) }
func (asTest) BeforeDelete(as func(any) bool) error     { return want[*files.DeleteOptions](as) }
func (asTest) BeforeList(as func(any) bool) error       { return want[*files.ListOptions](as) }
func (asTest) BeforeSign(as func(any) bool) error       { return want[*files.SignOptions](as) }
func (asTest) AttributesCheck(a *blob.Attributes) error { return want[files.Info](a.As) }
func (asTest) ListObjectCheck(o *blob.ListObject) error { return want[files.Entry](o.As) }
func (asTest) ErrorCheck(b *blob.Bucket, err error) error {
	var e *files.Error
	if !b.ErrorAs(err, &e) || !errors.Is(err, files.ErrNotExist) {
		return fmt.Errorf("%v is not a *files.Error", err)
	}
	return nil
}
func (asTest) ReaderCheck(r *blob.Reader) error {
	return errors.Join(want[*files.Reader](r.As), want[files.Info](r.As))
}
