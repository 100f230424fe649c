package s3

import (
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/drivers/s3/internal/cephtest"
	"cloudfiles.dev/files"
)

// What versitygw breaks, though S3 keeps it: its files lie in a file system. Each is run against S3's documented answers in TestReplay, or needs no more
// than a store that takes the names.
var versitygwFaults = func() map[string]string {
	const (
		beside = "versitygw refuses a beside a/b with 409 ObjectParentIsFile or ExistingObjectIsDirectory; S3's keys are flat"
		long   = "versitygw refuses segments of more than 255 bytes with KeyTooLongError; S3 takes keys of 1,024"
		gone   = "versitygw answers a conditional delete of a missing key with success, S3 with 404 (TestReplay)"
		target = "versitygw ignores If-Match and If-None-Match on CopyObject, S3 keeps them (TestReplay)"
	)
	const replace = "versitygw's MetadataDirective REPLACE leaves headers that aren't given anew (TestReplay)"
	faults := map[string]string{"C1/info": replace, "C1/onto-itself-new-attributes": replace}
	for why, ids := range map[string][]string{
		beside: {"C1/beside", "C1/move-beside", "D1/beside", "D3/directory", "L1/order-around-slash", "L1/order-beyond-ascii", "L2/dir-beside-file", "L2/shallow-order", "L3/by-pages", "L3/limit", "L3/page-sizes",
			"L3/prefix", "L3/prefix-shallow", "L3/start-after-anything", "L3/start-after-each", "L3/start-after-shallow", "L3/together", "L3/tokens",
			"N3/chain", "N3/dir-beside-file", "N3/file-after-dir", "N3/overwrite-beside", "P7/on-every-file", "P8/beside"},
		long:   {"C1/names", "L7/nothing-of-the-drivers", "N2/long-tails", "N4/every-method", "N4/long-dir", "N4/long-element"},
		gone:   {"D2/race", "D2/stale"},
		target: {"C1/between-buckets", "C1/if-absent", "C1/if-absent-race", "C1/if-version", "C1/move-refused"},
	} {
		for _, id := range ids {
			faults[id] = why
		}
	}
	return faults
}()

const racing = "versitygw refuses a beside a/b, and for a moment where a folder was emptied, with 409 ExistingObjectIsDirectory; S3's keys are flat"

var versitygwRaces = map[string]string{
	"P1/torn-info": "versitygw changes an object's attributes one by one, so HEAD tells two puts at once",
	"X1/model":     "the random operations meet the faults above",
	"C1/move-race": "versitygw answers a conditional delete of a missing key with success, S3 with 404 (TestReplay)", "D2/against-update": "the same",
	"L4/directories-come-and-go": racing, "L4/what-was-put": racing, "X1/everything-at-once": racing,
	// Random interleavings meet the faults, or do not.
	"X1/linearizable": racing + "; and its deletes don't take the lock under which a put checks its condition and commits",
}

func TestConformance(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	h := s.harness("line\nbreak", "dir/tab\t")
	h.Name = "s3-versitygw"
	h.ServerFaults, h.ServerRaces = versitygwFaults, versitygwRaces
	conformance.Run(t, h)
}

// TestConformanceSub runs the contract below a directory. That of the distributed store is in internal/cephtest.
func TestConformanceSub(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	h := s.harness()
	below := func(t conformance.T, bucket string) files.Bucket {
		b := s.open(bucket)
		t.Cleanup(func() { b.Close() })
		sub, err := files.Sub(b, "tenants/a")
		if err != nil {
			t.Fatalf("%v", err)
		}
		on := s.of(b)
		on.prefix = "tenants/a/"
		s.handles.Store(sub, on)
		return sub
	}
	h.New = func(t conformance.T) files.Bucket { return below(t, s.create(t)) }
	h.Second = func(t conformance.T, b files.Bucket) files.Bucket { return below(t, s.of(b).name) }
	h.Foreign, h.ForeignKeys, h.URL = nil, nil, nil
	h.ServerFaults, h.ServerRaces = versitygwFaults, versitygwRaces
	conformance.Run(t, h)
}

// cephOptions are what Ceph's gateway needs: it compares ETags without quotes in the conditions of writes, has none on deletes and copies, and
// knows no checksums.
var cephOptions = Options{BareETags: true, Checksums: ChecksumsNone, PutConditionsOnly: true}

func TestConformanceCeph(t *testing.T) {
	s := newSubject(t, testserver.Ceph, cephOptions)
	h := s.harness()
	h.ServerFaults, h.ServerRaces = cephtest.Faults, cephtest.Races
	h.Name = "s3-ceph"
	conformance.Run(t, h)
}
