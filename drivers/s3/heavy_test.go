package s3

import (
	"runtime"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestHeavyPage: a page of empty entries takes no more memory than a few times its size.
func TestHeavyPage(t *testing.T) {
	const head, tail = "<ListBucketResult>", "</ListBucketResult>"
	page := head + strings.Repeat("<Contents/>", 16<<20/len("<Contents/>")) + tail
	b, _ := hostile(t, nil, says(page))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := error(nil)
	for _, e := range b.List(t.Context(), "dir", nil) {
		err = e
	}
	runtime.ReadMemStats(&after)
	if files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	allocated := int64(after.TotalAlloc-before.TotalAlloc) >> 20
	t.Logf("%d MiB of %d MiB, %v", allocated, len(page)>>20, err)
	if allocated > 384 { // by three attempts and the test's server
		t.Errorf("%d MiB were allocated for %d MiB, want at most 384", allocated, len(page)>>20)
	}
}
