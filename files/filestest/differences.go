package filestest

import (
	"context"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

// Difference is something that a service does differently from Strong, the personality
// that returns everything that the contract allows.
type Difference struct {
	What string // a sentence
	// Date is the day on which it was looked up, as 2006-01-02, and Source is where.
	Date, Source string

	probe func(ctx context.Context, b files.Bucket) (string, error)
}

// Probe makes calls to a bucket that show the difference, on names below "probe/", and
// returns their result in a word or two. The service and its fake have the same result,
// and Strong has another. The tests of package drivers/all check that for every
// Difference with real servers.
func (d Difference) Probe(ctx context.Context, b files.Bucket) (string, error) {
	return d.probe(ctx, b)
}

// String returns the sentence, the date and the source.
func (d Difference) String() string { return d.What + " (" + d.Date + ", " + d.Source + ")" }

// Differences returns what the personality does differently from Strong, with sources.
// It returns nil for Strong and Disk. The fake's Features say what the service can do
// at all.
func (p Personality) Differences() []Difference { return p.differences }

const lookedUp = "2026-11-29"

var (
	noPutTime = Difference{
		What: "Put returns no time, because the answer has none",
		Date: lookedUp,
		Source: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html" +
			"#API_PutObject_ResponseElements",
		probe: func(ctx context.Context, b files.Bucket) (string, error) {
			info, err := files.PutString(ctx, b, "probe/a", "text", nil)
			return either(info.ModTime.IsZero(), "no time", "a time"), err
		},
	}
	sameVersion = Difference{
		What:   "the same bytes put again have the same version",
		Date:   lookedUp,
		Source: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html",
		probe: func(ctx context.Context, b files.Bucket) (string, error) {
			first, err := files.PutString(ctx, b, "probe/a", "text", nil)
			if err != nil {
				return "", err
			}
			second, err := files.PutString(ctx, b, "probe/a", "text", nil)
			return either(first.Version == second.Version, "the same", "another"), err
		},
	}
	shortCopy = Difference{
		What:   "Copy returns no size, unless CopyOptions.FullInfo asks for it",
		Date:   lookedUp,
		Source: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html",
		probe: func(ctx context.Context, b files.Bucket) (string, error) {
			_, err := files.PutString(ctx, b, "probe/a", "text", nil)
			if err != nil {
				return "", err
			}
			info, err := files.Copy(ctx, b, "probe/b", b, "probe/a", nil)
			return either(info.Size < 0, "no size", "a size"), err
		},
	}
	gcsReserved = Difference{
		What:   "no name begins with .well-known/acme-challenge/",
		Date:   lookedUp,
		Source: "https://cloud.google.com/storage/docs/objects#naming",
		probe:  storing(".well-known/acme-challenge/a"),
	}
	azureDots = Difference{
		What: "no element of a name ends with a dot",
		Date: lookedUp,
		Source: "https://learn.microsoft.com/rest/api/storageservices/" +
			"naming-and-referencing-containers--blobs--and-metadata",
		probe: storing("probe/a."),
	}
	azureBackslash = Difference{
		What:   "no name has a backslash",
		Date:   lookedUp,
		Source: azureDots.Source,
		probe:  storing(`probe/a\b`),
	}
	azureElements = Difference{
		What:   "no name has more than 254 elements",
		Date:   lookedUp,
		Source: azureDots.Source,
		probe:  storing("probe/" + strings.Repeat("e/", 253) + "a"),
	}
	minioDots = Difference{
		What:   "no element of a name is . or .. between spaces or backslashes",
		Date:   lookedUp,
		Source: "https://github.com/minio/minio/blob/master/cmd/generic-handlers.go",
		probe:  storing("probe/ .. /a"),
	}
	minioXLDIR = Difference{
		What:   "no name ends in __XLDIR__",
		Date:   lookedUp,
		Source: "https://github.com/minio/minio/blob/master/cmd/utils.go",
		probe:  storing("probe/a__XLDIR__"),
	}
	minioElements = Difference{
		What:   "no element of a name has more than 255 bytes",
		Date:   lookedUp,
		Source: "https://github.com/minio/minio/blob/master/docs/minio-limits.md",
		probe:  storing("probe/" + strings.Repeat("e", 256)),
	}
	minioBelow = Difference{
		What:   "there is no file below a file",
		Date:   lookedUp,
		Source: "https://github.com/minio/minio/issues/11129",
		probe:  storing("probe/file", "probe/file/below"),
	}
	minioBeside = Difference{
		What:   "there is no file beside a directory of its name",
		Date:   lookedUp,
		Source: "https://github.com/minio/minio/issues/18262",
		probe:  storing("probe/dir/a", "probe/dir"),
	}
)

// seconds is a difference of a service whose times are cut.
func seconds(source string) Difference {
	return Difference{
		What:   "times are of whole seconds",
		Date:   lookedUp,
		Source: source,
		probe: func(ctx context.Context, b files.Bucket) (string, error) {
			if _, err := files.PutString(ctx, b, "probe/a", "text", nil); err != nil {
				return "", err
			}
			info, err := b.Stat(ctx, "probe/a", nil)
			whole := info.ModTime.Truncate(time.Second).Equal(info.ModTime)
			return either(whole, "seconds", "finer"), err
		},
	}
}

// storing stores files, and says whether the last one was refused.
func storing(names ...string) func(context.Context, files.Bucket) (string, error) {
	return func(ctx context.Context, b files.Bucket) (string, error) {
		var err error
		for i, name := range names {
			if _, err = files.PutString(ctx, b, name, "text", nil); err != nil &&
				i < len(names)-1 {
				return "", err
			}
		}
		switch files.KindOf(err) {
		case nil:
			return "stored", err
		case files.ErrUnsupported, files.ErrInvalidName:
			return "refused", nil
		}
		return "", err
	}
}

func either(first bool, one, other string) string {
	if first {
		return one
	}
	return other
}

const (
	s3Times    = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"
	gcsTimes   = "https://cloud.google.com/storage/docs/xml-api/reference-headers"
	azureTimes = "https://learn.microsoft.com/rest/api/storageservices/get-blob-properties"
)
