package overlay_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance"
	_ "cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/overlay"
)

var stores atomic.Int64

// TestConformance runs the suite over three members. The lower members have many masked
// files, so that each name of the suite may have one below.
func TestConformance(t *testing.T) {
	var names sync.Map
	open := func(t conformance.T, n int64) files.Bucket {
		var members []files.Bucket
		for i := range 3 {
			b, err := files.Open(t.Context(), fmt.Sprintf("mem://overlay-%d-%d", n, i))
			if err != nil {
				t.Fatalf("files.Open: %v", err)
			}
			t.Cleanup(func() { b.Close() })
			members = append(members, b)
		}
		b, err := overlay.New(members, &overlay.Options{Whiteouts: true})
		if err != nil {
			t.Fatalf("overlay.New: %v", err)
		}
		names.Store(b, n)
		return b
	}
	fill := func(t conformance.T, n int64, b files.Bucket) {
		for i, name := range []string{"a", "b", "a/b", "d/e", "dir/file", "x"} {
			lower, err := files.Open(t.Context(), fmt.Sprintf("mem://overlay-%d-%d", n, 1+i%2))
			if err == nil {
				_, err = files.PutString(t.Context(), lower, name, "below", nil)
				lower.Close()
			}
			if err == nil {
				err = b.Delete(t.Context(), name, nil)
			}
			if err != nil {
				t.Fatalf("putting a lower file and deleting it: %v", err)
			}
		}
	}
	conformance.Run(t, conformance.Harness{
		Name: "overlay",
		New: func(t conformance.T) files.Bucket {
			n := stores.Add(1)
			b := open(t, n)
			fill(t, n, b)
			return b
		},
		Second: func(t conformance.T, b files.Bucket) files.Bucket {
			n, _ := names.Load(b)
			return open(t, n.(int64))
		},
		Unclaimed: map[string]string{
			"VersionPerPut": "memory is as weak as S3",
			"Durable":       "memory ends with the process",
			"SignGet":       "which member has the file isn't known without a request",
			"SignPut":       "memory has no address",
			"SignDelete":    "a DELETE would uncover a lower file",
		},
	})
}
