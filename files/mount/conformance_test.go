package mount_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance"
	_ "cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/mount"
)

var stores atomic.Int64

// TestConformance runs the suite over a table that spreads the suite's names over three
// buckets: one bucket is mounted in another, and both in a third.
func TestConformance(t *testing.T) {
	var names sync.Map
	open := func(t conformance.T, n int64) files.Bucket {
		table := map[string]files.Bucket{}
		for i, dir := range []string{"", "d", "a/b", "d/e/f"} {
			b, err := files.Open(t.Context(), fmt.Sprintf("mem://mount-%d-%d", n, i))
			if err != nil {
				t.Fatalf("files.Open: %v", err)
			}
			t.Cleanup(func() { b.Close() })
			table[dir] = b
		}
		b, err := mount.New(table)
		if err != nil {
			t.Fatalf("mount.New: %v", err)
		}
		names.Store(b, n)
		return b
	}
	conformance.Run(t, conformance.Harness{
		Name: "mount",
		New:  func(t conformance.T) files.Bucket { return open(t, stores.Add(1)) },
		Second: func(t conformance.T, b files.Bucket) files.Bucket {
			n, _ := names.Load(b)
			return open(t, n.(int64))
		},
		Unclaimed: map[string]string{
			"VersionPerPut": "memory is as weak as S3",
			"Durable":       "memory ends with the process",
			"SignGet":       "memory has no address",
			"SignPut":       "memory has no address",
			"SignDelete":    "memory has no address",
		},
	})
}
