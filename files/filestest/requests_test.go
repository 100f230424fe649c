package filestest_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestBudgetOfRequests: one call may be several requests, and a failure lists them. What
// nothing counts can't be checked. (The numbers themselves are compared with the drivers
// by their tests.)
func TestBudgetOfRequests(t *testing.T) {
	o := observe(t)
	b := filestest.New(o, filestest.As(filestest.S3))
	large := func() {
		_, err := b.Put(t.Context(), "a", io.LimitReader(zeros{}, 8<<20+1), nil)
		if err != nil {
			t.Error(err)
		}
	}
	used := b.Within(o, filestest.Budget{Calls: 1, Requests: 4}, large)
	if used.AllRequests() != 4 || used.Requests["UploadPart"] != 2 || used.Stored != 8<<20+1 {
		t.Errorf("Usage = %+v, want 4 requests, 2 of them UploadPart", used)
	}
	o.want(t)
	b.Within(o, filestest.Budget{Calls: 1, Requests: 3}, large)
	o.want(t, "4 requests of at most 3")
	for _, part := range []string{`put "a", 8388609, 4 requests`,
		"requests: 1 CompleteMultipartUpload, 1 CreateMultipartUpload, 2 UploadPart"} {
		if !strings.Contains(o.errors[0], part) {
			t.Errorf("the failure lacks %q:\n%s", part, o.errors[0])
		}
	}
	calls := b.Calls()
	if n := calls[len(calls)-1].Requests; n != 4 {
		t.Errorf("the call has %d requests", n)
	}
	disk := filestest.New(o, filestest.As(filestest.Disk))
	disk.Within(o, filestest.Budget{Requests: 5}, func() { put(t, disk, "a", "x") })
	o.want(t, "4 requests of at most 3", "a budget of requests can't be checked")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestPagesAndBatches: listings are charged by pages, and deletes of many names by
// batches, of the service's size.
func TestPagesAndBatches(t *testing.T) {
	tree := filestest.Tree{}
	for i := range 1001 {
		tree[fmt.Sprintf("d/%04d", i)] = ""
	}
	for _, c := range []struct {
		p              filestest.Personality
		lists, deletes string
		pages, batches int
	}{
		{filestest.S3, "ListObjectsV2", "DeleteObjects", 2, 2},
		{filestest.GCS, "ListObjects", "DeleteObject", 2, 1001},
		{filestest.Azure, "ListBlobs", "BlobBatch", 1, 4 + 1},
	} {
		b := filestest.New(t, filestest.As(c.p))
		b.FillTree(t, tree)
		if n := b.Usage().AllRequests(); n != 0 {
			t.Errorf("%s: filling made %d requests", c.p, n)
		}
		used := b.Within(t, filestest.Budget{Requests: c.pages + c.batches}, func() {
			if res, err := files.DeleteAll(t.Context(), b); err != nil || res.Deleted != 1001 {
				t.Errorf("%s: DeleteAll = %+v, %v, want 1001 deleted", c.p, res, err)
			}
		})
		if used.Requests[c.lists] != c.pages || used.Requests[c.deletes] != c.batches {
			t.Errorf("%s: the requests are %v, want %d listings and %d deletions",
				c.p, used.Requests, c.pages, c.batches)
		}
	}
}

// TestFailedTriesAreRequests: the driver's own repeats of what fails are charged.
func TestFailedTriesAreRequests(t *testing.T) {
	b := filestest.New(t, filestest.As(filestest.S3))
	b.On(files.OpStat, "").Nth(1).Fail(files.ErrUnavailable)
	b.On(files.OpStat, "").Nth(1).Fail(files.ErrPermission)
	for _, want := range []int{5, 1, 1} {
		used := b.Within(t, filestest.Budget{Calls: 1}, func() { b.Stat(t.Context(), "a", nil) })
		if used.Requests["HeadObject"] != want {
			t.Errorf("%v, want %d", used.Requests, want)
		}
	}
}
