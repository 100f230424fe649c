package gocloud

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

const (
	types  = "Go CDK normalizes content types, and refuses text that isn't one"
	folds  = "Go CDK folds metadata keys beyond ASCII, so these are refused"
	suffix = "fileblob refuses names that end in .attrs"
	long   = "fileblob can't hold elements of more than some 230 bytes"
	empty  = "fileblob leaves empty folders behind, under whose names no file can be put"
)

// memLimits and fileLimits are the cases that can't pass through Go CDK, without a
// Feature that shows it, and why.
var (
	memLimits  = map[string]string{"P6/given": types, "P7/folding": folds}
	fileLimits = map[string]string{
		"P6/given":                  types,
		"P7/folding":                folds,
		"N3/emptied-dir":            empty,
		"N2/long-tails":             long,
		"N4/long-dir":               long,
		"N4/long-element":           long,
		"P7/on-every-file":          suffix,
		"C1/names":                  suffix,
		"D1/only-that":              suffix,
		"L7/nothing-of-the-drivers": suffix,
		"N2/driver-suffixes":        suffix,
		"N4/every-method":           suffix,
	}
)

// pages may fail, but don't always: the cost of a page that lists what comes before it
// depends on the driver.
var pages = map[string]string{
	"L8/last-page": "Go CDK can't begin a listing at a name, so a page lists everything " +
		"before it too",
	"L8/large-folder": "Go CDK can't begin a listing at a name, so a page lists everything " +
		"before it too",
}

// memLacks and fileLacks say what the buckets don't claim, and why: the behaviour of Go
// CDK's drivers, measured on gocloud.dev 0.47.0.
var (
	noVersions = "the ETag is made of time and size"
	noSwap     = "no driver of Go CDK has conditions on a version"
	memLacks   = map[string]string{
		"ServerCopy":        "Go CDK's copy keeps the time of the source",
		"Durable":           "memory ends with the process",
		"Versions":          noVersions,
		"VersionPerPut":     noVersions,
		"PutReturnsVersion": noVersions,
		"IfVersion":         noSwap,
		"DeleteIfVersion":   noSwap,
		"ReadConditions":    noSwap,
		"SignGet":           "memory has no server that could serve a URL",
		"SignPut":           "memory has no server that could serve a URL",
		"SignDelete":        "memory has no server that could serve a URL",
	}
	fileLacks = map[string]string{
		"Atomic": "content and metadata are renamed one after the other: after two " +
			"concurrent puts, the metadata or digest of one may belong to the content of the " +
			"other (76 of 400 rounds), and a crash leaves new metadata with old content",
		"Durable": "nothing is synced",
		"IfAbsent": "each writer has a mutex of its own, and calls stat and then rename: 30 " +
			"of 300 races had more than one winner, or none",
		"DirBesideFile":     "a/b can't be put while a exists, nor a while a/b exists",
		"Versions":          noVersions,
		"VersionPerPut":     noVersions,
		"PutReturnsVersion": noVersions,
		"IfVersion":         noSwap,
		"DeleteIfVersion":   noSwap,
		"ReadConditions":    noSwap,
		"SignGet":           "no URLSigner was given",
		"SignPut":           "no URLSigner was given",
		"SignDelete":        "no URLSigner was given",
	}
)

// foreign puts an object through Go CDK.
func foreign(t conformance.T, b files.Bucket, key, content string) {
	raw, _ := files.As[*blob.Bucket](b)
	if err := raw.WriteAll(t.Context(), key, []byte(content), nil); err != nil {
		t.Fatalf("writing the foreign object %q: %v", key, err)
	}
}

// busyLimit is how long a case may take on a machine that also runs other tests.
const busyLimit = 4 * time.Minute

func TestMemblobConforms(t *testing.T) {
	conformance.Run(t, conformance.Harness{
		New: func(conformance.T) files.Bucket {
			return New(memblob.OpenBucket(nil), &Options{Own: true})
		},
		Limit:   busyLimit,
		Foreign: foreign,
		Known:   memLimits,

		MaxFiles:    1500, // memblob reads all names for each page
		ServerRaces: pages,

		Unclaimed: memLacks,
		Name:      "memblob",
	})
}

func TestFileblobConforms(t *testing.T) {
	base := memdir.New(t)
	var dirs sync.Map // by bucket
	dirOf := func(b files.Bucket) string {
		dir, _ := dirs.Load(b)
		return dir.(string)
	}
	open := func(t conformance.T, dir string) files.Bucket {
		raw, err := fileblob.OpenBucket(dir, &fileblob.Options{NoTempDir: true})
		if err != nil {
			t.Fatalf("fileblob.OpenBucket: %v", err)
		}
		b := New(raw, &Options{Own: true})
		dirs.Store(b, dir)
		return b
	}
	rerun.Short(t, conformance.Harness{
		Limit: busyLimit,
		New: func(t conformance.T) files.Bucket {
			dir, err := os.MkdirTemp(base, "")
			if err != nil {
				t.Fatalf("making the bucket's folder: %v", err)
			}
			return open(t, dir)
		},
		Second: func(t conformance.T, b files.Bucket) files.Bucket { return open(t, dirOf(b)) },
		Damage: func(t conformance.T, b files.Bucket, name string) {
			path := filepath.Join(dirOf(b), name)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("reading the file to damage: %v", err)
			}
			content[len(content)/2] ^= 1
			if err := os.WriteFile(path, content, 0o666); err != nil {
				t.Fatalf("writing the damaged file: %v", err)
			}
		},
		Append: func(t conformance.T, b files.Bucket, name string, content []byte) {
			path := filepath.Join(dirOf(b), name)
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err == nil {
				_, err = f.Write(content)
				f.Close()
			}
			if err != nil {
				t.Fatalf("appending to the file: %v", err)
			}
		},
		Vanish:  func(_ conformance.T, b files.Bucket) { os.RemoveAll(dirOf(b)) },
		Foreign: foreign,
		Secrets: func(b files.Bucket) []string { return []string{dirOf(b)} },
		Known:   fileLimits,

		MaxFiles:    1500, // fileblob walks the whole tree for each page
		ServerRaces: pages,

		Unclaimed: fileLacks,
		Name:      "fileblob",
	})
}
