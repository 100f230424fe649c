package s3

import (
	"testing"

	"cloudfiles.dev/drivers/internal/parallellist"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files/driver"
)

// TestParallelList: several requests at a time list what one after the other does.
func TestParallelList(t *testing.T) {
	t.Parallel()
	s := newSubject(t, testserver.Versitygw, Options{})
	b, p, _ := s.proxied(t, Options{})
	parallellist.Compare(t, b, p)
}

// TestParallelListPlain: a store that needs several requests to begin at a name, or
// lists in no order, is listed plainly.
func TestParallelListPlain(t *testing.T) {
	var b backend
	b.known.init(&Profile{LosesAfter: true})
	if b.ListsFrom(t.Context(), driver.ListRequest{}, "a") {
		t.Error("a listing by levels is divided")
	}
	b.bucket = "b--usw2-az1--x-s3"
	if b.ListPage() != 0 {
		t.Error("a directory bucket's listing is divided")
	}
}
