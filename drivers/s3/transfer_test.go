package s3

import (
	"fmt"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files/transfer"
)

// TestTransferRequests: a sync of n files inside a store takes n copies and the
// listings, which are a page for each thousand names of the source, begun or not, and
// one of the empty target. No content passes through the program. With nothing to do it
// takes only the pages of both sides. A listing that is divided takes up to a third more,
// as transfer's documentation says.
func TestTransferRequests(t *testing.T) {
	t.Parallel()
	s := newSubject(t, testserver.Versitygw, Options{})
	b, p, _ := s.proxied(t, Options{})
	n := longtest.N(t, 200, 10_000)
	for i := range n {
		put(t, b, fmt.Sprintf("from/%02d/file-%06d", i/100, i), noise(64), nil)
	}
	pages := n/1000 + 1
	listing := pages + pages/3
	plan := must(transfer.Sync(transfer.Tree{Bucket: b, Dir: "to"},
		transfer.Tree{Bucket: b, Dir: "from"}, nil))
	p.Reset()
	res := must(plan.Apply(t.Context()))
	if most := n + listing + 1; p.Total() > most || res.Copied != int64(n) {
		t.Errorf("%d requests, want at most %d; %+v", p.Total(), most, res)
	}
	counts := p.Counts()
	if lists := p.Total() - n; counts["CopyObject"] != n || counts["ListObjectsV2"] != lists {
		t.Errorf("the requests are %v, want %d copies, and otherwise listings", counts, n)
	}
	t.Logf("%d files: %v", n, counts)
	p.Reset()
	if res = must(plan.Apply(t.Context())); res.Equal != int64(n) {
		t.Errorf("res = %+v, want Equal %v", res, int64(n))
	}
	if most := 2 * listing; p.Total() > most {
		t.Errorf("%d requests with nothing to do, want at most %d", p.Total(), most)
	}
	p.Reset()
	remove := must(transfer.Remove(transfer.Tree{Bucket: b, Dir: "to"}, nil))
	if res = must(remove.Apply(t.Context())); res.Deleted != int64(n) {
		t.Errorf("res = %+v, want Deleted %v", res, int64(n))
	}
	if most := listing + pages; p.Total() > most {
		t.Errorf("%d requests for %d deletions, want at most %d", p.Total(), n, most)
	}
}
