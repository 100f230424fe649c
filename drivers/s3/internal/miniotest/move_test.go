package miniotest_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/files"
)

// TestMoveBesideWriter: Moves beside a writer lose no acknowledged write, on every S3
// server of the tests, with its own profile and with the unknown store's.
func TestMoveBesideWriter(t *testing.T) {
	for server, stores := range map[string][]string{
		testserver.Minio:     {"minio", "unknown"},
		testserver.Versitygw: {"versitygw", "unknown"},
		testserver.Ceph:      {"ceph", "unknown"},
	} {
		for _, store := range stores {
			t.Run(server+"/"+store, func(t *testing.T) {
				if server == testserver.Ceph {
					longtest.Only(t, "a second cluster of Ceph")
				}
				u, err := url.Parse(testserver.Start(t, server).Store(t))
				if err != nil {
					t.Fatal(err)
				}
				moveBesideWriter(t, open(t, u, map[string]string{"store": store}))
			})
		}
	}
}

func moveBesideWriter(t *testing.T, b files.Bucket) {
	ctx := t.Context()
	lost, moved := 0, 0
	rounds := longtest.N(t, 100, 300)
	for i := range rounds {
		src, dst := fmt.Sprintf("in/%d", i), fmt.Sprintf("out/%d", i)
		if _, err := files.PutString(ctx, b, src, "first", nil); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := files.Move(ctx, b, dst, b, src, nil)
			switch {
			case err == nil:
				moved++
			case !errors.Is(err, files.ErrUnsupported) && !errors.Is(err, files.ErrPrecondition):
				t.Errorf("move: %v", err)
			}
		})
		wg.Go(func() {
			if _, err := files.PutString(ctx, b, src, "second", nil); err != nil {
				t.Errorf("put: %v, want nil", err)
			}
		})
		wg.Wait()
		found := false
		for _, name := range []string{src, dst} {
			switch got, err := files.ReadString(ctx, b, name, nil); {
			case err == nil:
				found = found || got == "second"
			case !errors.Is(err, files.ErrNotExist):
				t.Fatal(err)
			}
		}
		if !found {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged puts are lost", lost, rounds)
	}
	t.Logf("%d of %d moves were carried out", moved, rounds)
}

// TestProbe: Probe finds what MinIO's profile says.
func TestProbe(t *testing.T) {
	u, err := url.Parse(testserver.Start(t, testserver.Minio).Store(t))
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, u, map[string]string{"store": "unknown"})
	found, err := s3.Probe(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for c, want := range map[s3.Claim]s3.Keep{
		s3.GetIf:         s3.Kept,
		s3.PutIfAbsent:   s3.Kept,
		s3.PutIfVersion:  s3.Kept,
		s3.CompleteIf:    s3.Kept,
		s3.DeleteIf:      s3.NotKept,
		s3.CopyIf:        s3.NotKept,
		s3.CopySourceIf:  s3.Kept,
		s3.DirBesideFile: s3.NotKept,
		s3.AnyName:       s3.NotKept,
	} {
		if got := found.Keeps[c]; got != want {
			t.Errorf("%v: %v, want %v", c, got, want)
		}
	}
	if got, want := found.Params(),
		"conditions=get,absent,version,complete,source&beside=refused"; got != want {
		t.Errorf("parameters %q, want %q", got, want)
	}
	for e, err := range b.List(t.Context(), "", nil) {
		t.Errorf("the probe left %v, %v", e.Name, err)
	}
}

// TestFalseClaims: Check fails if something is claimed and not kept, says what to
// write, and leaves nothing behind.
func TestFalseClaims(t *testing.T) {
	u, err := url.Parse(testserver.Start(t, testserver.Minio).Store(t))
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, u, map[string]string{"store": "minio", "conditions": "all"})
	if !b.Features().DeleteIfVersion {
		t.Fatal("conditions=all doesn't claim conditional deletes")
	}
	err = files.Check(t.Context(), b)
	if !errors.Is(err, files.ErrInvalid) || !strings.Contains(err.Error(), "If-Match of DELETE") ||
		!strings.Contains(err.Error(), "conditions=get,absent,version,complete,source") {
		t.Errorf("Check: %v, want ErrInvalid, a text with %q and a text with %q", err,
			"If-Match of DELETE", "conditions=get,absent,version,complete,source")
	}
	if b.Features().DeleteIfVersion {
		t.Error("DeleteIfVersion is still claimed after Check disproved it")
	}
	if err := files.Check(t.Context(),
		open(t, u, map[string]string{"store": "minio"})); err != nil {
		t.Errorf("Check with the profile: %v, want nil", err)
	}
	for e, err := range b.List(t.Context(), "", nil) {
		t.Errorf("left behind: %v, %v", e.Name, err)
	}
}
