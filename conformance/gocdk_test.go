package conformance_test

import (
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/drivers/gocloud"
	"cloudfiles.dev/files"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

// Go CDK's own drivers: what their Features claim must hold, what they don't claim must
// be refused, and what they can't do without a feature for it must be refused with an
// error, which is known here.

const (
	parsesTypes  = "Go CDK parses and normalizes content types"
	foldsKeys    = "Go CDK folds all letters of metadata keys; ours refuses such keys"
	ownSuffix    = "fileblob keeps names that end in .attrs for itself"
	shortNames   = "fileblob makes one file name of each element, with .attrs added"
	emptyFolders = "fileblob leaves empty folders behind"
)

// pagesFromStart may fail, but need not: the cost of a page that lists everything
// before it depends on the driver.
var pagesFromStart = map[string]string{
	"L8/last-page":    listsAll,
	"L8/large-folder": listsAll,
}

const listsAll = "Go CDK can't begin a listing at a name, so a page lists everything before it too"

func TestGoCDKMemory(t *testing.T) {
	rerun.Part(t, conformance.Harness{
		New: func(conformance.T) files.Bucket {
			return gocloud.New(memblob.OpenBucket(nil), &gocloud.Options{Own: true})
		},
		Known: map[string]string{"P6/given": parsesTypes, "P7/folding": foldsKeys},

		MaxFiles:    1500, // it reads all names for each page
		ServerRaces: pagesFromStart,
	}, "")
}

func TestGoCDKFile(t *testing.T) {
	if testing.Short() {
		t.Skip("long: fileblob walks the tree for each page")
	}
	longtest.Only(t, "fileblob walks the tree for each page; drivers/gocloud has these cases")
	conformance.Run(t, conformance.Harness{
		New: func(t conformance.T) files.Bucket {
			b, err := fileblob.OpenBucket(memdir.New(t), &fileblob.Options{NoTempDir: true})
			if err != nil {
				t.Fatalf("fileblob.OpenBucket: %v", err)
			}
			return gocloud.New(b, &gocloud.Options{Own: true})
		},
		Limit: 5 * time.Minute, // it walks the whole tree for each page

		MaxFiles:    1500, // for the same reason
		ServerRaces: pagesFromStart,
		Known: map[string]string{
			"P6/given":                  parsesTypes,
			"P7/folding":                foldsKeys,
			"N2/driver-suffixes":        ownSuffix,
			"N4/every-method":           ownSuffix,
			"C1/names":                  ownSuffix,
			"D1/only-that":              ownSuffix,
			"L7/nothing-of-the-drivers": ownSuffix,
			"P7/on-every-file":          ownSuffix,
			"N2/long-tails":             shortNames,
			"N4/long-element":           shortNames,
			"N4/long-dir":               shortNames,
			"N3/emptied-dir":            emptyFolders,
		},
	})
}
