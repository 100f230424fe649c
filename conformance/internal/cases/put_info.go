package cases

import (
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putInfoCases = []suite.Case{
	{
		Rule:    "P3",
		Name:    "info-is-stat",
		Why:     "Put must return what Stat returns",
		Largest: 2 << 20,
		Run:     putInfo,
	},
	{
		Rule:  "P3",
		Name:  "version",
		Why:   "the version that Put returns must match in the next conditional Put",
		Needs: feature.Needs(feature.Versions, feature.PutReturnsVersion),
		Run:   putInfoVersion,
	},
}

func putInfo(t suite.T, h *suite.H) {
	for i, size := range []int{0, 1, 3000, 2 << 20} {
		name := fmt.Sprintf("d/%d.csv", size)
		opts := &files.PutOptions{}
		if h.F.Attributes {
			opts.Attributes = files.Attributes{
				CacheControl: "no-cache",
				Metadata:     map[string]string{"Key": "value"},
			}
		}
		got := check.Put(t, h, name, check.Content(i, size), opts)
		want := check.Stat(t, h, name)
		check.Same(t, "name", got.Name, name)
		check.Same(t, "size", got.Size, int64(size))
		check.Same(t, "attributes of Put's Info, against Stat's", got.Attributes, want.Attributes)
		if !got.ModTime.IsZero() {
			check.Same(t, "time of Put's Info, against Stat's", got.ModTime, want.ModTime)
		}
		if got.Version != "" {
			check.Same(t, "version of Put's Info, against Stat's", got.Version, want.Version)
		}
		if which := got.Digest.Conflict(want.Digest); which != "" {
			t.Errorf("Put's and Stat's %s differ", which)
		}
		if c := got.Digest.CRC32C; c != "" {
			check.Same(t, "CRC-32C", c, crc32c(check.Content(i, size)))
		}
		if got.IsDir || got.Key != "" {
			t.Errorf("Put's Info is %+v, want that of a file", got.Entry)
		}
	}
}

func putInfoVersion(t suite.T, h *suite.H) {
	for i := range 5 {
		info := check.Put(t, h, "a", check.Content(i, 100), nil)
		if info.Version == "" {
			t.Errorf("Put's Info has no version, but the bucket claims PutReturnsVersion")
		}
		check.Same(t, "version of Put's Info, against Stat's", info.Version,
			check.Stat(t, h, "a").Version)
	}
}
