package conformance

import (
	"testing"

	"cloudfiles.dev/conformance/internal/benchmarks"
	"cloudfiles.dev/conformance/internal/cases"
	"cloudfiles.dev/conformance/internal/suite"
)

// Bench runs the same benchmarks on every driver, each in a bucket of its own: put,
// get, stat and delete of 1 KiB and of 1 MiB, conditional puts, ranges, copies,
// listings of 1,000 files, and concurrent gets and puts. They report bytes and
// allocations. Their names follow benchstat's format, so that two drivers, or two
// versions of one, can be compared:
//
//	func BenchmarkDriver(b *testing.B) { conformance.Bench(b, harness) }
//
//	go test -run '^$' -bench Driver -count 6 ./mydriver | tee new.txt && benchstat old.txt new.txt
//
// Bench omits what the bucket does not claim, and contents above Harness.MaxContent.
func Bench(b *testing.B, h Harness) {
	s, err := suite.Begin(b.Context(), suite.Harness(h), cases.All())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.End(b.Context()); err != nil {
			b.Error(err)
		}
	})
	benchmarks.Run(b, s)
}
