package mem

import (
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// fidelity says what a backend returns beyond what every cloud returns.
type fidelity struct {
	putTime, copyInfo, versionPerPut, givenDigests bool

	resolution time.Duration
}

func (o *Options) fidelity() fidelity {
	if o == nil {
		o = &Options{}
	}
	t := fidelity{
		putTime:       o.PutTime,
		copyInfo:      o.CopyInfo,
		versionPerPut: o.VersionPerPut,
		givenDigests:  o.GivenDigests,
		resolution:    o.TimeResolution,
	}
	if t.resolution <= 0 {
		t.resolution = time.Second
	}
	return t
}

// truncateTime returns the time of a file, without a monotonic reading.
func (t *fidelity) truncateTime(now time.Time) time.Time { return now.UTC().Truncate(t.resolution) }

// keptDigest returns the digests to keep: the CRC-32C, which is always computed, and,
// if the options say so, the digests that were given.
func (t *fidelity) keptDigest(d files.Digest) files.Digest {
	if t.givenDigests {
		return d
	}
	return files.Digest{CRC32C: d.CRC32C}
}

// putInfo returns the Info that a Put returns.
func (t *fidelity) putInfo(f *file, name string) files.Info {
	info := files.Info{Entry: f.entry(name)}
	if !t.putTime {
		info.ModTime = time.Time{}
	}
	return info
}

// copyInfoOf returns the Info that a Copy returns.
func (t *fidelity) copyInfoOf(f *file, req *driver.CopyRequest) files.Info {
	if t.copyInfo || req.FullInfo {
		return f.info(req.Dst)
	}
	info := files.Info{Entry: f.entry(req.Dst)}
	info.Size = -1
	if req.Attributes != nil {
		info.Attributes = *req.Attributes
	}
	return info
}
