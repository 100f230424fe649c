package gcs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
)

// TestPartsAreSentAgain: each part of an upload that fails in each way is sent again,
// and a part that arrives twice counts once.
func TestPartsAreSentAgain(t *testing.T) {
	t.Parallel()
	b, direct, p := proxied(t, "part_size=262144")
	content := bytes.Repeat([]byte("0123456789abcde\n"), 64<<10) // 4 parts
	for _, f := range []proxy.Fault{
		proxy.ResetBefore(), proxy.ResetDuring(100_000), proxy.ResetAfter(),
		proxy.GCS.InternalError(), proxy.GCS.SlowDown(0), proxy.Truncate(0),
	} {
		for n := 1; n <= 4; n++ {
			p.Clear()
			p.Reset()
			p.Add(proxy.Rule{Kinds: []string{"UploadChunk"}, Nth: n, Fault: f})
			info, err := b.Put(t.Context(), "large", io.MultiReader(bytes.NewReader(content)),
				&files.PutOptions{})
			if err != nil {
				t.Errorf("%s in part %d: %v, want nil", f.Name, n, err)
				continue
			}
			if stat, err := direct.Stat(t.Context(), "large",
				nil); err != nil || stat.Version != info.Version ||
				stat.Digest.CRC32C != info.Digest.CRC32C || stat.Size != int64(len(content)) {
				t.Errorf("%s in part %d: %+v, want %+v, %v", f.Name, n, stat, info, err)
			}
			chunks := 5
			if f.Name == "truncate" && n < 4 {
				chunks = 4 // the response's headers are complete
			}
			p.Want(t, map[string]int{"StartUpload": 1, "UploadChunk": chunks})
		}
	}
}

// TestFailedUploadIsCancelled: an upload whose Put fails is cancelled at the service
// (X2).
func TestFailedUploadIsCancelled(t *testing.T) {
	b, _, p := proxied(t, "part_size=262144")
	broken := errors.New("broken")
	_, err := b.Put(t.Context(), "large",
		io.MultiReader(bytes.NewReader(make([]byte, 600_000)), errReader{broken}), nil)
	if !errors.Is(err, broken) {
		t.Errorf("Put of content that fails = %v, want %v", err, broken)
	}
	p.Want(t, map[string]int{"StartUpload": 1, "UploadChunk": 2, "CancelUpload": 1})
	p.Reset()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = b.Put(ctx, "large",
		io.MultiReader(bytes.NewReader(make([]byte, 600_000)), funcReader(func() {
			cancel()
		}), bytes.NewReader(make([]byte, 600_000))), nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Put = %v, want context.Canceled", err)
	}
	if n := p.Counts()["CancelUpload"]; n != 1 {
		t.Errorf("%d cancelled uploads, want 1", n)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

type funcReader func()

func (f funcReader) Read([]byte) (int, error) { f(); return 0, io.EOF }

// TestBadInput: a wrong endpoint, wrong credentials, invalid responses, an unreachable
// service.
func TestBadInput(t *testing.T) {
	t.Parallel()
	faultrun.BadInput(t, proxy.GCS, func(endpoint string) files.Bucket {
		return openBucket(t, through(t, endpoint, "gs://secret-bucket?prefix=secret/"+
			"&retry_attempts=2&retry_delay=1ms&retry_max_delay=1ms"))
	}, []string{"secret", "127.0.0.1"})
}

// TestFaultRun compares the driver with a model while requests fail.
func TestFaultRun(t *testing.T) {
	t.Parallel()
	b, _, p := proxied(t, "part_size=262144&retry_attempts=5")
	ops := longtest.N(t, 1500, 10_000)
	if testing.Short() {
		ops = 1500
	}
	t.Log(faultrun.Run(t, faultrun.Config{
		Bucket: b,
		Proxy:  p,
		Ops:    ops,
		Large:  600_000,
	}))
}
