package s3

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	_ "cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"cloudfiles.dev/files/transfer"
)

// TestTransferFaults: with a twentieth of all requests failing, and three connections
// reset in the middle of the large file each way, a folder arrives whole in the bucket,
// and from there in another folder. Nothing fails and no upload is left.
func TestTransferFaults(t *testing.T) {
	t.Parallel()
	s := newSubject(t, testserver.Versitygw, Options{})
	b, p, name := s.proxied(t, Options{
		PartSize: minPart,
		Retry: &retry.Policy{
			Attempts: 10, // five in a row fail once in millions of requests
			Delay:    time.Millisecond,
			MaxDelay: 20 * time.Millisecond,
		},
	})
	count, size := longtest.N(t, 150, 10_000), longtest.N(t, 22<<20, 1<<30)
	from, back := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "back")
	writeTree(t, from, count, size)
	folder := func(dir string) transfer.Tree {
		f, err := files.Open(t.Context(), "file://"+dir+"?create_dir=1&sync=none&metadata=skip")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return transfer.Tree{Bucket: f}
	}
	source, target, there := folder(from), folder(back), transfer.Tree{Bucket: b, Dir: "there"}

	p.Add(proxy.Rule{Chance: 0.04, Fault: proxy.OneOf(
		proxy.S3.Refuse(503, "SlowDown", "Please reduce your request rate."),
		proxy.S3.Refuse(500, "InternalError", "We encountered an internal error."),
		proxy.ResetBefore(),
	)})
	p.Add(proxy.Rule{
		Kinds:  []string{"PutObject", "UploadPart", "CompleteMultipartUpload", "GetObject"},
		Chance: 0.01,
		Fault:  proxy.ResetAfter(),
	})
	isLarge := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/large") }
	for _, step := range []struct {
		what     string
		dst, src transfer.Tree
		kind     string
		reset    proxy.Fault
	}{
		{"to the bucket", there, source, "UploadPart", proxy.ResetDuring(1 << 20)},
		{"to the folder", target, there, "GetObject", proxy.Truncate(1 << 20)},
	} {
		p.Reset()
		remove := p.Add(proxy.Rule{
			Kinds: []string{step.kind},
			Match: isLarge,
			Times: 3,
			Fault: step.reset,
		})
		begun := time.Now()
		res, err := must(transfer.Sync(step.dst, step.src, nil)).Apply(t.Context())
		remove()
		injected, n := p.Injected(), 0
		for _, k := range injected {
			n += k
		}
		t.Logf("%s: %d files and %d bytes in %v; %d of %d requests failed: %v; %+v", step.what,
			count, size, time.Since(begun).Round(time.Millisecond), n, p.Total(), injected, res)
		if err != nil || res.Copied != int64(count+1) || res.Failed != 0 {
			t.Errorf("%s: Apply = %+v, %v, want %d files copied and none failed",
				step.what, res, err, count+1)
		}
		if n < p.Total()/40 || injected[step.reset.Name] < 3 {
			t.Errorf("%s: too few requests failed", step.what)
		}
	}
	p.Clear()
	for _, dst := range []transfer.Tree{there, target} {
		plan := must(transfer.Sync(dst, source, &transfer.Options{Compare: transfer.ByContent}))
		for c, err := range plan.Changes(t.Context()) {
			t.Errorf("what arrived differs: %v, %v", c, err)
		}
	}
	if left := s.unfinished(t, name); len(left) > 0 {
		t.Errorf("%d uploads are left", len(left))
	}
}

// writeTree writes so many small files, and a large one.
func writeTree(t *testing.T, dir string, count, size int) {
	t.Helper()
	random := rand.NewChaCha8([32]byte{1})
	write := func(name string, n int) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		block := make([]byte, 1<<20)
		for n > 0 {
			p := block[:min(n, len(block))]
			random.Read(p)
			if _, err := f.Write(p); err != nil {
				t.Fatal(err)
			}
			n -= len(p)
		}
	}
	for i := range count {
		write(fmt.Sprintf("d%02d/f%05d", i%70, i), 100+i%8000)
	}
	write("large", size)
}
