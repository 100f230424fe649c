package filestest

import (
	"strings"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Personality says how a fake behaves where the contract lets services differ: which
// features it claims, what Put and Copy return, the resolution of times, and which
// names are refused. The drivers' tests compare the claims with those of the real
// drivers.
//
// A fake has no raw keys (L7) and isn't durable (P4), whatever its personality. It has
// the same limits of names, sizes (files.Features) and expiries of signed URLs as the
// service's driver, and refuses anything beyond them with the same sentinel. A declared
// size that is too large is refused before anything is read.
type Personality struct {
	name     string
	memory   mem.Options
	features func(*files.Features)
	refuses  func(b *Bucket, name string) error // of a name that is to be stored
	costs    costs                              // nil: it is no service
	// maxExpiry is how long a signed URL may work, 0 without a limit.
	maxExpiry   time.Duration
	differences []Difference
}

const (
	week = 7 * 24 * time.Hour
	gib  = 1 << 30
	tib  = 1 << 40
)

// The uploads of the drivers, which limit how large a file may be.
var (
	s3Plan    = plan(10_000, 5*gib)
	gcsPlan   = plan(10_000, gib)
	azurePlan = plan(50_000, 4000*mib)
)

func plan(parts int, largest int64) driver.PartPlan {
	return driver.PartPlan{
		PartSize:    partSize,
		Concurrency: 8,
		MaxParts:    parts,
		MaxPartSize: largest,
	}
}

// String returns the personality's name, such as "S3".
func (p Personality) String() string { return p.name }

// noSASHeaders takes back what a shared access signature can't bind.
func noSASHeaders(f *files.Features) {
	f.SignHead, f.SignSize, f.SignIfAbsent = false, false, false
}

// The personalities.
var (
	// Clouds is the default. It can do what S3, GCS and Azure can all do, accepts the
	// names that all three accept, and returns only what all three return. Its requests
	// are counted as those of S3.
	Clouds = asClouds
	// Strong returns everything that the contract allows, as the memory driver does with
	// all of its options. Tests that pass only with it may not work on a cloud.
	Strong = asStrong
	// S3 is Amazon S3.
	S3 = asS3
	// GCS is Google Cloud Storage: every Put makes a new version, and some legal names
	// are refused.
	GCS = asGCS
	// Azure is Azure Blob Storage with a flat namespace.
	Azure = asAzure
	// MinIO is MinIO's community edition: no conditional deletes, no file beside a
	// directory of its name, elements of at most 255 bytes.
	MinIO = asMinIO
	// Disk is a folder on a Linux file system.
	Disk = asDisk
)

var (
	asClouds = Personality{
		name: "clouds",
		differences: []Difference{
			noPutTime, sameVersion, shortCopy, seconds(s3Times),
			gcsReserved, azureDots, azureBackslash, azureElements,
		},
		costs: s3Costs{},
		features: func(f *files.Features) {
			f.AnyName = false         // GCS and Azure
			f.StatNoBucket = false    // S3
			f.SignContentType = false // Azure
			f.MaxSize = 5 * tib       // GCS
			f.MaxUnknownSize = s3Plan.MaxUnknownSize()
			noSASHeaders(f)
		},
		maxExpiry: week, // S3 and GCS
		refuses: refuseNames(func(name string) string {
			return refusedByGCS(name) + refusedByAzure(name)
		}),
	}
	asStrong = Personality{
		name:   "strong",
		memory: strong,
	}
	asS3 = Personality{
		name:        "S3",
		differences: []Difference{noPutTime, sameVersion, shortCopy, seconds(s3Times)},
		costs:       s3Costs{},
		features: func(f *files.Features) {
			f.StatNoBucket = false
			f.MaxSize, f.MaxUnknownSize = 50*tib, s3Plan.MaxUnknownSize()
		},
		maxExpiry: week,
	}
	asGCS = Personality{
		name:        "GCS",
		differences: []Difference{gcsReserved, seconds(gcsTimes)},
		costs:       gcsCosts{},
		memory:      mem.Options{VersionPerPut: true, PutTime: true, CopyInfo: true},
		features: func(f *files.Features) {
			f.AnyName = false
			f.MaxSize, f.MaxUnknownSize = 5*tib, gcsPlan.MaxUnknownSize()
		},
		maxExpiry: week,
		refuses:   refuseNames(refusedByGCS),
	}
	asAzure = Personality{
		name: "Azure",
		differences: []Difference{
			azureDots, azureBackslash, azureElements, seconds(azureTimes),
		},
		costs:  azureCosts{},
		memory: mem.Options{VersionPerPut: true, PutTime: true, CopyInfo: true},
		features: func(f *files.Features) {
			f.AnyName, f.SignContentType = false, false
			f.MaxSize = int64(azurePlan.MaxParts) * azurePlan.MaxPartSize
			f.MaxUnknownSize = azurePlan.MaxUnknownSize()
			noSASHeaders(f)
		},
		refuses: refuseNames(refusedByAzure),
	}
	asMinIO = Personality{
		name: "MinIO",
		differences: []Difference{
			noPutTime, sameVersion, shortCopy, seconds(s3Times),
			minioElements, minioBelow, minioBeside, minioDots, minioXLDIR,
		},
		costs: s3Costs{},
		features: func(f *files.Features) {
			f.AnyName, f.DirBesideFile, f.DeleteIfVersion = false, false, false
			f.SignIfAbsent = false // the driver relies on it once a Put has found it
			f.StatNoBucket = false
			f.MaxSize, f.MaxUnknownSize = 50*tib, s3Plan.MaxUnknownSize()
		},
		maxExpiry: week,
		refuses: func(b *Bucket, name string) error {
			if why := refusedByMinIO(name); why != "" {
				return driver.Errorf(files.ErrUnsupported, "%s", why)
			}
			return b.refuseBeside(name)
		},
	}
	asDisk = Personality{
		name:   "disk",
		memory: strong,
	}
)

var strong = mem.Options{
	PutTime:        true,
	CopyInfo:       true,
	VersionPerPut:  true,
	GivenDigests:   true,
	TimeResolution: time.Nanosecond,
}

// refuseNames makes a refusal of a function that says why a name is refused, or "".
func refuseNames(why func(name string) string) func(*Bucket, string) error {
	return func(_ *Bucket, name string) error {
		if text := why(name); text != "" {
			return driver.Errorf(files.ErrUnsupported, "%s", text)
		}
		return nil
	}
}

func refusedByGCS(name string) string {
	if strings.HasPrefix(name, ".well-known/acme-challenge/") {
		return "GCS has no names below .well-known/acme-challenge"
	}
	return ""
}

func refusedByAzure(name string) string {
	switch {
	case strings.HasSuffix(name, "."), strings.Contains(name, "./"):
		return "Azure cuts dots off at the end of an element"
	case strings.Contains(name, `\`):
		return "Azure takes a backslash for a slash"
	case strings.Count(name, "/") >= 254:
		return "Azure has no names of more than 254 elements"
	}
	return ""
}

func refusedByMinIO(name string) string {
	for e := range strings.SplitSeq(strings.ReplaceAll(name, `\`, "/"), "/") {
		if e = strings.TrimSpace(e); e == "." || e == ".." {
			return "MinIO has no elements . and .., also between spaces or backslashes"
		}
	}
	if strings.HasSuffix(name, "__XLDIR__") {
		return "MinIO reads a name that ends in __XLDIR__ as another"
	}
	for e := range strings.SplitSeq(name, "/") {
		if len(e) > 255 {
			return "MinIO has no elements of more than 255 bytes"
		}
	}
	return ""
}

// refuseBeside refuses a file where there is a directory of that name, and a file below
// a file. The service takes such a file, and hides one of the two.
func (b *Bucket) refuseBeside(name string) error {
	b.changes.mu.Lock()
	defer b.changes.mu.Unlock()
	for i, c := range name {
		if c == '/' && b.changes.present[name[:i]] {
			return driver.Errorf(files.ErrUnsupported, "%q is a file, so nothing can be below it",
				name[:i])
		}
	}
	for other := range b.changes.present {
		if strings.HasPrefix(other, name+"/") {
			return driver.Errorf(files.ErrUnsupported, "there are files below the name")
		}
	}
	return nil
}
