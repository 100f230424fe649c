package resume

import "testing"

// TestPartSize: what an interruption loses is at most a tenth of the file, from the size
// on at which parts have the least size; a file has at most maxParts parts; a small one
// is one part.
func TestPartSize(t *testing.T) {
	const mib = 1 << 20
	for _, concurrency := range []int{1, 4, 8, 64} {
		for _, size := range []int64{
			0, 1, 8 * mib, 8*mib + 1, 20 * mib, 80 * mib, 100 * mib, 160 * mib, 320 * mib,
			640 * mib,
			1 << 30, 5 << 30, 1 << 40, 1 << 45,
		} {
			part := partSize(size, concurrency)
			if size <= 8*mib && part < size ||
				size > 8*mib && part > 8*mib && part*maxParts > 2*size {
				t.Errorf("%d bytes by %d: parts of %d", size, concurrency, part)
			}
			if part < 2*mib || (size+part-1)/part > maxParts {
				t.Errorf("%d bytes by %d: parts of %d", size, concurrency, part)
			}
			lost := part * int64(concurrency)
			if size >= int64(concurrency)*20*mib && size > 8*mib && size <= maxParts*8*mib &&
				lost > size/10 {
				t.Errorf("%d bytes by %d: an interruption loses %d", size, concurrency, lost)
			}
		}
	}
}
