package resume

const (
	mostByDefault  = 8 << 20
	leastByDefault = 2 << 20
)

// partSize returns the default size of the parts of a file. The parts that an
// interruption loses, which are as many as there are requests at a time, are at most a
// tenth of the file, unless parts would be smaller than leastByDefault. A file of at most
// mostByDefault bytes is one part.
func partSize(size int64, concurrency int) int64 {
	if size <= mostByDefault {
		return mostByDefault
	}
	tenth := size / 10 / int64(concurrency) >> 18 << 18 // of whole 256 KiB
	return max(min(max(tenth, leastByDefault), mostByDefault), (size+maxParts-1)/maxParts)
}
