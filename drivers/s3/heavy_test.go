package s3

import (
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
)

// TestHeavyPage: a page of empty entries takes no more memory than a few times its size.
func TestHeavyPage(t *testing.T) {
	const head, tail = "<ListBucketResult>", "</ListBucketResult>"
	page := head + strings.Repeat("<Contents/>", 16<<20/len("<Contents/>")) + tail
	b, _ := hostile(t, nil, says(page))
	oddservice.WantHeavy(t, 384, func() error { // for three attempts
		return oddservice.ListAll(t.Context(), b, nil)
	})
}
