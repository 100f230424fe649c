package driver

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// planned is a store that lists names, for the tests of the places at which a listing is
// divided.
type planned struct {
	Backend  // nil
	names    []string
	err      error
	requests []string // directory and StartAfter of each
	odd      string   // what was wrong with a request
}

func (p *planned) ListPage() int { return 16 }

func (p *planned) ListsFrom(context.Context, ListRequest, string) bool { return true }

func (p *planned) List(_ context.Context, req ListRequest) iter.Seq2[files.Entry, error] {
	p.requests = append(p.requests, req.Prefix+"|"+req.StartAfter)
	if !req.Shallow || !req.NamesOnly || req.Foreign || req.Limit != 16 || req.PageSize != 16 ||
		req.StartAfter != "" && req.StartAfter <= req.Prefix {
		p.odd = fmt.Sprintf("%+v", req)
	}
	return func(yield func(files.Entry, error) bool) {
		if p.err != nil {
			yield(files.Entry{}, p.err)
			return
		}
		n, last := 0, req.StartAfter
		for _, name := range p.names {
			e := files.Entry{Name: name}
			if !strings.HasPrefix(name, req.Prefix) {
				continue
			}
			if i := strings.IndexByte(name[len(req.Dir()):], '/'); i >= 0 {
				e = files.Entry{Name: name[:len(req.Dir())+i+1], IsDir: true}
			}
			if e.Name <= last {
				continue
			}
			last = e.Name
			if n++; !yield(e, nil) || n == req.Limit {
				return
			}
		}
	}
}

// numbered returns names of the numbers below n.
func numbered(n int, name func(i int) string) (names []string) {
	for i := range n {
		names = append(names, name(i))
	}
	slices.Sort(names)
	return names
}

// digitsOf returns i with so many digits of a base.
func digitsOf(i, base, digits int) string {
	s := strconv.FormatInt(int64(i), base)
	return strings.Repeat("0", digits-len(s)) + s
}

// lettersOf returns four letters that stand for i.
func lettersOf(i int) string {
	var s []byte
	for range 4 {
		s = append([]byte{'a' + byte(i%26)}, s...)
		i /= 26
	}
	return string(s)
}

// planOf begins to divide a listing in pages of 16 names, of which some have been
// listed.
func planOf(t *testing.T, p *planned, prefix string, listed int) *division {
	d := newDivision(t.Context(), p, ListRequest{Prefix: prefix}, 16, 1)
	d.divided, d.window = true, 1<<20
	s := d.sections[0]
	for _, name := range p.names {
		if listed > 0 && strings.HasPrefix(name, prefix) {
			s.note(files.Entry{Name: name}, d.stride)
			listed--
		}
	}
	s.n, d.fetched, d.running, d.dirs = s.now.n, s.now.n, 1, s.now.dirs
	d.mu.Lock() // until the end: no goroutine is started
	return d
}

// divided divides so many times, and returns where.
func divided(d *division, times int) string {
	for range times {
		if !d.divideNearest() {
			break
		}
	}
	var at []string
	for _, s := range d.sections[1:] {
		at = append(at, s.after)
	}
	return strings.Join(at, " ")
}

// TestPlan: a listing is divided about four pages of names further on, 64 here, in names
// of every kind; a listing of directories is made only if names can't tell.
func TestPlan(t *testing.T) {
	for _, c := range []struct {
		what     string
		names    []string
		prefix   string
		listed   int
		times    int
		want     string
		requests string
	}{
		{
			what:   "numbers",
			names:  numbered(1000, func(i int) string { return fmt.Sprintf("f%04d", i) }),
			listed: 48,
			times:  9,
			want:   "f0111 f0175", // and no more guesses
		},
		{
			what:   "numbers in steps",
			names:  numbered(1000, func(i int) string { return fmt.Sprintf("in/f%05d.txt", 7*i) }),
			prefix: "in/",
			listed: 48,
			times:  1,
			want:   "in/f00777.txt",
		},
		{
			what:   "hexadecimal numbers",
			names:  numbered(1000, func(i int) string { return fmt.Sprintf("%08x", i) }),
			listed: 48,
			times:  1,
			want:   "0000006f",
		},
		{
			what:   "with capitals",
			names:  numbered(1000, func(i int) string { return fmt.Sprintf("%08X", i) }),
			listed: 48,
			times:  1,
			want:   "0000006F",
		},
		{
			what:   "digits and letters",
			names:  numbered(1000, func(i int) string { return digitsOf(i, 36, 4) }),
			listed: 48,
			times:  1,
			want:   "0033", // 111
		},
		{
			what: "digits and capitals",
			names: numbered(1000, func(i int) string {
				return strings.ToUpper(digitsOf(i, 36, 4))
			}),
			listed: 48,
			times:  1,
			want:   "0033",
		},
		{
			what:   "letters",
			names:  numbered(1000, lettersOf),
			listed: 48,
			times:  1,
			want:   "aaeh", // 111
		},
		{
			what:   "capitals",
			names:  numbered(1000, func(i int) string { return strings.ToUpper(lettersOf(i)) }),
			listed: 48,
			times:  1,
			want:   "AAEH",
		},
		{
			what: "a directory that ends",
			names: numbered(2600, func(i int) string {
				return fmt.Sprintf("%c/%02d", 'a'+i/100, i%100)
			}),
			listed:   48,
			times:    4,
			want:     "c e g",
			requests: "|a/",
		},
		{
			what: "directories of half a section",
			names: numbered(1600, func(i int) string {
				return fmt.Sprintf("d%02d/%02d", i/32, i%32)
			}),
			listed:   48,
			times:    12,
			want:     "d03 d05 d07 d09 d11 d13 d15 d17 d19 d21",
			requests: "|d01/ |d17/",
		},
		{
			what:   "small directories",
			names:  numbered(1500, func(i int) string { return fmt.Sprintf("d%03d/%d", i/3, i%3) }),
			listed: 48,
			times:  1,
			want:   "d035/8",
		},
		{
			what: "directories in directories",
			names: numbered(2600, func(i int) string {
				return fmt.Sprintf("%c/in/%02d", 'a'+i/100, i%100)
			}),
			listed:   48,
			times:    4,
			want:     "c e g",
			requests: "|a/",
		},
		{
			what: "directories in large directories",
			names: numbered(3000, func(i int) string {
				return fmt.Sprintf("%c/s%02d/%02d", 'a'+i/300, i/30%10, i%30)
			}),
			listed:   330,
			times:    8,
			want:     "b/s03 b/s06 b/s09",
			requests: "b/|b/s00/",
		},
		{
			what: "a directory's listing",
			names: numbered(3000, func(i int) string {
				return fmt.Sprintf("in/%c/%02d", 'a'+i/120, i%120)
			}),
			prefix:   "in/",
			listed:   48,
			times:    4,
			want:     "in/c in/e in/g",
			requests: "in/|in/a/",
		},
		{
			what: "a prefix",
			names: numbered(3000, func(i int) string {
				return fmt.Sprintf("in/d%02d/%02d", i/40, i%40)
			}),
			prefix:   "in/d0",
			listed:   48,
			times:    8,
			want:     "in/d03 in/d05 in/d07 in/d09",
			requests: "in/d0|in/d01/",
		},
		{
			what:   "Chinese",
			names:  numbered(2000, func(i int) string { return string(rune(0x4e00 + i)) }),
			listed: 64,
			times:  2,
			want:   "乿 亿",
		},
		{
			what: "numbers that grow faster", // only the last 64 names count
			names: numbered(1000, func(i int) string {
				return fmt.Sprintf("f%04d", i+6*max(0, i-100))
			}),
			listed: 164,
			times:  1,
			want:   "f0989",
		},
		{
			what: "one directory of 64 names", // others may follow
			names: numbered(1000, func(i int) string {
				return fmt.Sprintf("in/f%05d.txt", 7*i)
			}),
			listed:   64,
			times:    2,
			requests: "|in/",
		},
		{
			what: "one directory of 65 names",
			names: numbered(1000, func(i int) string {
				return fmt.Sprintf("in/f%05d.txt", 7*i)
			}),
			listed: 65,
			times:  1,
			want:   "in/f00896.txt",
		},
		{
			what: "a directory that is larger than others",
			names: numbered(1000, func(i int) string {
				if i < 80 {
					return fmt.Sprintf("a%d/%02d", i/16, i%16)
				}
				return fmt.Sprintf("b/%04d", i-80)
			}),
			listed: 144,
			times:  1,
			want:   "b/0127",
		},
		{
			what: "a directory that isn't much larger than others",
			names: numbered(640, func(i int) string {
				if i < 64 {
					return fmt.Sprintf("a%d/%02d", i/32, i%32)
				}
				return fmt.Sprintf("%c/%04d", 'b'+(i-64)/72, i-64)
			}),
			listed:   128,
			times:    2,
			want:     "d",
			requests: "|b/",
		},
		{
			what: "directories of a third of a section",
			names: numbered(1600, func(i int) string {
				return fmt.Sprintf("d%02d/%02d", i/20, i%20)
			}),
			listed:   64,
			times:    2,
			want:     "d07",
			requests: "|d03/",
		},
		{
			what: "a large directory that ends",
			names: numbered(2600, func(i int) string {
				return fmt.Sprintf("%c/%02d", 'a'+i/100, i%100)
			}),
			listed:   80,
			times:    4,
			want:     "b c d",
			requests: "|a/",
		},
		{
			what: "a very large directory that ends",
			names: numbered(9000, func(i int) string {
				return fmt.Sprintf("%c/%03d", 'a'+i/1000, i%1000)
			}),
			listed:   960,
			times:    4,
			want:     "b",
			requests: "|a/",
		},
		{
			what: "a very large directory of directories that ends",
			names: numbered(9000, func(i int) string {
				return fmt.Sprintf("%c/s%02d/%d", 'a'+i/1000, i/10%100, i%10)
			}),
			listed:   990,
			times:    8,
			want:     "b b/s07 b/s14 b/s15 b/s22",
			requests: "|a/ b/| b/|b/s15/",
		},
		{
			what:   "too few names",
			names:  numbered(100, func(i int) string { return fmt.Sprintf("%03d", i) }),
			listed: 8,
			times:  2,
		},
		{
			what:   "just enough names",
			names:  numbered(100, func(i int) string { return fmt.Sprintf("%03d", i) }),
			listed: 9,
			times:  1,
			want:   "072",
		},
		{
			what: "the last directory",
			names: numbered(200, func(i int) string {
				return fmt.Sprintf("%c/%02d", 'a'+i/100, i%100)
			}),
			listed:   148,
			times:    3,
			want:     "",
			requests: "|b/",
		},
	} {
		p := &planned{names: c.names}
		d := planOf(t, p, c.prefix, c.listed)
		got := divided(d, c.times)
		if got != c.want || strings.Join(p.requests, " ") != c.requests || p.odd != "" {
			t.Errorf("%s: divided at %s, requests %q, odd: %s\nwant %s, %q", c.what, got,
				p.requests, p.odd, c.want, c.requests)
		}
		at := c.names[c.listed-1]
		for next := range strings.FieldsSeq(got) {
			a, _ := slices.BinarySearch(c.names, at)
			b := sort.SearchStrings(c.names, next)
			if n := b - a; n < 8 || n > 240 {
				t.Errorf("%s: %d names from %s to %s", c.what, n, at, next)
			}
			at = next
		}
	}
}

// TestMayDivide: a request that a plain listing doesn't make comes after three pages each
// time, and only on a connection that is free.
func TestMayDivide(t *testing.T) {
	for _, c := range []struct {
		fetched, extra, running int
		want                    bool
	}{
		{47, 0, 1, false},
		{48, 0, 1, true},
		{48, 0, 2, true},
		{48, 0, 3, false},
		{48, 1, 1, false},
		{95, 1, 1, false},
		{96, 1, 1, true},
		{96, 2, 1, false},
		{144, 2, 1, true},
	} {
		d := newDivision(t.Context(), &planned{}, ListRequest{}, 16, 3)
		d.fetched, d.extra, d.running = c.fetched, c.extra, c.running
		if got := d.mayDivide(); got != c.want {
			t.Errorf("%+v: mayDivide = %v", c, got)
		}
	}
}
