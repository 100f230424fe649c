package mem

import (
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// fidelity says how much a store returns beyond what every cloud does.
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

// truncateTime makes the time of a file, which has no monotonic reading.
func (t *fidelity) truncateTime(now time.Time) time.Time { return now.UTC().Truncate(t.resolution) }

// keptDigest returns the digests to keep: a CRC-32C, which is always computed, and those that
// were given.
func (t *fidelity) keptDigest(d files.Digest) files.Digest {
	if t.givenDigests {
		return d
	}
	return files.Digest{CRC32C: d.CRC32C}
}

// putInfo is what the answer to a Put says.
func (t *fidelity) putInfo(f *file, name string) files.Info {
	info := files.Info{Entry: f.entry(name)}
	if !t.putTime {
		info.ModTime = time.Time{}
	}
	return info
}

// copyInfoOf is what the answer to a copy says.
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
