//go:build unix

package local

import (
	"fmt"
	"hash/crc32"
	"testing"

	"cloudfiles.dev/files"
)

// explain accepts what the reports allow, and nothing else.
func TestExplainAcceptsOnlyReports(t *testing.T) {
	f := func(seq, attrs int) proofFile { return proofFile{Origin: "n", Seq: seq, Attrs: attrs} }
	begun := func(id int, op string, f proofFile) report {
		return report{
			ID:   id,
			Op:   op,
			Name: "n",
			File: f,
		}
	}
	done := func(r report) report { r.Done = true; return r }
	p1, p2, del, cp := begun(1, "put",
		f(1,
			1)), begun(2, "put",
		f(2, 0)), begun(3, "delete", proofFile{}), begun(4, "copy", proofFile{})
	none := done(cp)
	none.Op = "none"
	mixed := seenAs(f(1, 1))
	mixed.info.Attributes = f(2, 0).stored()
	old := f(9, 0)

	tests := []struct {
		name   string
		lines  []report
		before *proofFile
		seen   *seenFile
		ok     bool
	}{
		{"nothing happened", nil, nil, nil, true},
		{"nothing happened to the old", nil, &old, seenAs(old), true},
		{"the old is gone", nil, &old, nil, false},
		{"out of nowhere", nil, nil, seenAs(old), false},
		{"unacknowledged, and not there", []report{p1}, &old, seenAs(old), true},
		{"unacknowledged, and there", []report{p1}, &old, seenAs(f(1, 1)), true},
		{"acknowledged", []report{p1, done(p1)}, &old, seenAs(f(1, 1)), true},
		{"acknowledged, and the old", []report{p1, done(p1)}, &old, seenAs(old), false},
		{"acknowledged, and missing", []report{p1, done(p1)}, nil, nil, false},
		{
			"acknowledged, with attributes of another",
			[]report{p1, done(p1), p2, done(p2)},
			nil,
			mixed,
			false,
		},
		{"overwritten", []report{p1, done(p1), p2, done(p2)}, nil, seenAs(f(2, 0)), true},
		{
			"overwritten, and the first",
			[]report{p1, done(p1), p2, done(p2)},
			nil,
			seenAs(f(1, 1)),
			false,
		},
		{"at the same time", []report{p1, p2, done(p1), done(p2)}, nil, seenAs(f(1, 1)), true},
		{"an overwrite under way", []report{p1, done(p1), p2}, nil, seenAs(f(1, 1)), true},
		{"deleted", []report{p1, done(p1), del, done(del)}, nil, nil, true},
		{"deleted, and there", []report{p1, done(p1), del, done(del)}, nil, seenAs(f(1, 1)), false},
		{"deleted before", []report{del, done(del), p1, done(p1)}, nil, nil, false},
		{"copied", []report{p1, done(p1), cp, done(cp)}, nil, seenAs(f(1, 1)), true},
		{"copied, nothing", []report{p1, done(p1), cp, none}, nil, nil, false},
		{"copied, a mixture", []report{p1, done(p1), p2, cp, done(cp)}, nil, mixed, false},
	}
	for _, tt := range tests {
		ever := puts{}
		h := histories(tt.lines, ever)
		seen := map[string]seenFile{}
		if tt.seen != nil {
			seen["n"] = *tt.seen
		}
		if _, err := explain("n", seen, h["n"], tt.before, ever); (err == nil) != tt.ok {
			t.Errorf("%s: explain returns %v, want an explanation: %v", tt.name, err, tt.ok)
		}
	}
}

// seenAs returns f as a correct bucket returns it.
func seenAs(f proofFile) *seenFile {
	s := &seenFile{content: f.content()}
	s.info.Attributes = f.stored()
	s.info.Digest = files.Digest{CRC32C: fmt.Sprintf("%08x",
		crc32.Checksum([]byte(s.content), crc32.MakeTable(crc32.Castagnoli)))}
	return s
}
