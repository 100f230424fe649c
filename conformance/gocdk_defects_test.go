package conformance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/gocloud"
	"cloudfiles.dev/files"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

// defects are the defects that were measured in Go CDK's drivers, with the cases that
// find them in its memory and file drivers.
var defects = []struct {
	rule, what string
	file, mem  []string // fail, or are not applicable because of what the bucket does not claim
	fixed      []string // pass on both, since the adapter fixes it
	unmet      string   // why no case on these two finds it
}{
	{
		rule: "P2",
		what: "an upload whose reader fails is stored",
		file: []string{"P2/reader-fails", "P2/reader-fails-over"},
	},
	{rule: "P8", what: "IfNotExist is decided by stat, then rename", file: []string{"P8/race"}},
	{
		rule: "P1",
		what: "content of one writer, metadata of the other",
		file: []string{"P1/two-writers", "P1/torn-info"},
	},
	{rule: "P1, L7", what: "the half-written file is listed", file: []string{"P1/unfinished-new"}},
	{
		rule: "P4",
		what: "nothing is synced",
		file: []string{"P4/reopened"},
		mem:  []string{"P4/reopened"},
	},
	{
		rule: "N1, N2",
		what: ".attrs is refused, and long elements fail",
		file: []string{"N2/driver-suffixes", "N4/long-element"},
	},
	{
		rule: "N3",
		what: "a/b beside a, and what an emptied directory leaves",
		file: []string{"N3/dir-beside-file", "N3/emptied-dir"},
	},
	{
		rule:  "D1",
		what:  "deleting what is missing fails; a directory's name deletes a folder",
		fixed: []string{"D1/missing", "D1/directory"},
	},
	{
		rule:  "L1, L3",
		what:  "misordered around the slash, repeated and lost names",
		fixed: []string{"L1/order-around-slash", "L3/page-sizes", "L8/more-than-a-page"},
	},
	{
		rule:  "L8",
		what:  "every page walks the whole tree",
		unmet: "a time is no test; conformance/bench measures both drivers beside ours",
	},
	{rule: "G3", what: "a range past the end is an error", unmet: "on S3 and GCS only"},
	{
		rule: "G2, P3",
		what: "no version with the body, the entry or the write's result",
		file: []string{"V1/opaque-text", "P3/version"},
		mem:  []string{"V1/opaque-text", "P3/version"},
	},
	{
		rule:  "P6",
		what:  "types are sniffed from bytes alone",
		fixed: []string{"P6/by-name", "P6/sniffed"},
	},
	{
		rule:  "E2",
		what:  "one code for two situations",
		fixed: []string{"E2/one-kind", "G1/missing"},
	},
	{
		rule:  "E1",
		what:  "messages carry the path or the escaped key",
		fixed: []string{"E1/no-secrets", "E1/callers-name"},
	},
	{rule: "X3", what: "a sub-view closes its parent", fixed: []string{"X3/wrappers"}},
	{
		rule: "P9",
		what: "no If-Match",
		file: []string{"P9/stale"},
		mem:  []string{"P9/stale"},
	},
	{
		rule: "G8",
		what: "no conditional get",
		file: []string{"G8/not-modified"},
		mem:  []string{"G8/not-modified"},
	},
	{
		rule: "D2",
		what: "no conditional delete",
		file: []string{"D2/stale"},
		mem:  []string{"D2/stale"},
	},
	{rule: "N5", what: "links are followed out of the folder", file: []string{"N5/link"}},
	{
		rule:  "G6",
		what:  "a damaged file reads without error",
		fixed: []string{"G6/damage-on-the-way"},
	},
}

// TestFindsGoCDKDefects: each measured defect is found by the named cases, or
// that the adapter fixes it.
func TestFindsGoCDKDefects(t *testing.T) {
	dirs := newBuckets[string]()
	file := conformance.Harness{
		New: func(t conformance.T) files.Bucket {
			dir := memdir.New(t)
			b, err := fileblob.OpenBucket(dir, &fileblob.Options{NoTempDir: true})
			if err != nil {
				t.Fatalf("fileblob.OpenBucket: %v", err)
			}
			return dirs.add(t, gocloud.New(b, &gocloud.Options{Own: true}), dir)
		},
		Link: func(t conformance.T, b files.Bucket, name string) {
			outside := filepath.Join(memdir.New(t), "file")
			if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
				t.Fatalf("writing the link's target: %v", err)
			}
			if err := os.Symlink(outside,
				filepath.Join(dirs.of(b), filepath.FromSlash(name))); err != nil {
				longtest.Lacks(t, "no symbolic links here: %v", err)
			}
		},
	}
	mem := conformance.Harness{New: func(conformance.T) files.Bucket {
		return gocloud.New(memblob.OpenBucket(nil), &gocloud.Options{Own: true})
	}}
	for _, d := range defects {
		if len(d.file)+len(d.mem)+len(d.fixed) == 0 && d.unmet == "" {
			t.Errorf("%s, %s: no case finds it, and no reason is given", d.rule, d.what)
		}
		for _, on := range []struct {
			name  string
			h     conformance.Harness
			ids   []string
			shows bool
		}{
			{"file", file, d.file, true},
			{"mem", mem, d.mem, true},
			{"file", file, d.fixed, false},
			{"mem", mem, d.fixed, false},
		} {
			for _, id := range on.ids {
				t.Run(on.name+"/"+id, func(t *testing.T) {
					t.Parallel()
					r := conformance.RunCase(t.Context(), on.h, caseOf(t, id))
					shows := r.Outcome == conformance.Failed || strings.Contains(r.Reason,
						"does not claim")
					if shows != on.shows {
						t.Errorf("%s: the case %s, %s %v; the defect shows: %v, want %v", d.what,
							r.Outcome, r.Reason, r.Failures, shows, on.shows)
					}
				})
			}
		}
	}
}
