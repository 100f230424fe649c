package driver

import (
	"math/bits"
	"slices"
	"strings"

	"cloudfiles.dev/files"
)

const (
	// maxNoted is how many noted names of a section are looked at: four pages.
	maxNoted = 64
	// minNoted is how many are too few: half a page.
	minNoted = 8
	// maxDepth is how many levels of directories are counted; the deepest level
	// includes everything below it.
	maxDepth = 12
)

// noted is a name of a section, and what came before it.
type noted struct {
	name string
	n    int           // names of the section before it
	dirs [maxDepth]int // directories of each depth that began before it or with it
}

// dirsSince returns how many directories of a depth began since an earlier name.
func (a *noted) dirsSince(b noted, depth int) int { return a.dirs[depth] - b.dirs[depth] }

// sampler notes some of the names of a section, to see how they are distributed.
type sampler struct {
	reached string // the last name or key
	last    string
	now     noted
	seen    []noted
}

// note takes the next entry, and keeps one name of every stride.
func (s *sampler) note(e files.Entry, stride int) {
	s.reached = max(s.reached, e.Name, e.Key)
	name := e.Name
	if name == "" {
		return
	}
	same := 0 // bytes
	for same < len(name) && same < len(s.last) && name[same] == s.last[same] {
		same++
	}
	if strings.IndexByte(name[same:], '/') >= 0 {
		s.now.dirs[depthOf(name[:same])]++
	}
	s.last = name
	if s.now.n%stride == 0 {
		if len(s.seen) == 2*maxNoted {
			s.seen = append(s.seen[:0], s.seen[maxNoted:]...)
		}
		s.now.name = name
		s.seen = append(s.seen, s.now)
	}
	s.now.n++
}

// depthOf returns how many directories the name is in.
func depthOf(name string) int { return min(strings.Count(name, "/"), maxDepth-1) }

// portable cuts a string before the first character with which a listing can't begin
// exactly on every service: a control character, a backslash, what is not UTF-8 (which
// is U+FFFD here), and those that UTF-16 sorts in another order than UTF-8.
func portable(s string) string {
	for i, c := range s {
		if c < ' ' || c == 0x7f || c == '\\' || c >= 0xe000 && c <= 0xffff {
			return s[:i]
		}
	}
	return s
}

// extrapolate returns a string that is about ahead names after pos, if names go on as
// those that were noted, which all begin with the same base bytes. over is true if that
// is beyond every string with the same base.
//
// Names are read as numbers whose digits are the bytes that change from name to name.
func extrapolate(seen []noted, pos string, base, ahead int) (at string, over bool) {
	n := newNumbers(seen, base)
	first, last := seen[0], seen[len(seen)-1]
	if len(n.digits) == 0 || len(pos) < n.from || pos[:n.from] != last.name[:n.from] {
		return "", false
	}
	step := float64(n.of(last.name)-n.of(first.name)) * float64(ahead) / float64(last.n-first.n)
	v := n.of(pos) + max(1, uint64(step))
	if v >= n.total {
		return "", true
	}
	return pos[:n.from] + n.text(v), false
}

// numbers reads parts of names as numbers.
type numbers struct {
	from   int // where in the name
	digits []digit
	total  uint64 // one more than the largest
}

// digit is the bytes that can be at one place of a name, in order. If ends is true, the
// name can also end before it, which counts as 0.
type digit struct {
	bytes []byte
	ends  bool
}

func (d digit) radix() uint64 {
	if d.ends {
		return uint64(len(d.bytes)) + 1
	}
	return uint64(len(d.bytes))
}

// maxTotal bounds numbers, so that a float64 has them exactly.
const maxTotal = 1 << 50

// newNumbers looks for the digits of names from a place on. They begin some digits
// before the first place at which the names differ, so that these can grow.
func newNumbers(seen []noted, base int) *numbers {
	first, last := seen[0].name, seen[len(seen)-1].name
	differ := len(common(first, last))
	n := &numbers{from: differ, total: 1}
	if differ == len(last) {
		return n
	}
	kinds := newKinds(seen, differ)
	for n.from > base {
		d := digitAt(seen, n.from-1, kinds)
		if n.total*d.radix() > 1<<25 {
			break
		}
		n.from--
		n.total *= d.radix()
		n.digits = append([]digit{d}, n.digits...)
	}
	for i := differ; i < differ+16; i++ {
		d := digitAt(seen, i, kinds)
		hi, total := bits.Mul64(n.total, d.radix())
		if len(d.bytes) == 0 || hi > 0 || total > maxTotal {
			break
		}
		n.total = total
		n.digits = append(n.digits, d)
	}
	return n
}

// of returns the number of a name.
func (n *numbers) of(name string) (v uint64) {
	rest, ended, above := name[n.from:], false, false
	for i, d := range n.digits {
		v *= d.radix()
		ended = ended || i >= len(rest)
		if ended {
			continue
		}
		k := uint64(0)
		for _, c := range d.bytes {
			if c < rest[i] {
				k++
			}
		}
		k = min(k, uint64(len(d.bytes)-1))
		if above {
			k = 0
		}
		above = above || d.bytes[k] != rest[i]
		if d.ends {
			k++
		}
		v += k
	}
	return v
}

// text returns the part of a name that stands for the number.
func (n *numbers) text(v uint64) string {
	s := make([]byte, 0, len(n.digits))
	for i := len(n.digits) - 1; i >= 0; i-- {
		d := n.digits[i]
		k := v % d.radix()
		v /= d.radix()
		if d.ends && k == 0 {
			s = s[:0]
			continue
		}
		if d.ends {
			k--
		}
		s = append(s, d.bytes[k])
	}
	slices.Reverse(s)
	return string(s)
}

// kinds says which kinds of bytes change in names: lower case letters, and capitals.
type kinds [2]struct {
	varies bool // many letters are at one place
	mixed  bool // letters and digits are at one place
	hex    bool // of these letters, none is beyond f
}

// letters are the first letters of the kinds.
var letters = [2]byte{'a', 'A'}

// newKinds looks at names from a place on.
func newKinds(seen []noted, from int) (k kinds) {
	last := letters
	for i := from; i < from+16; i++ {
		here := bytesAt(seen, i)
		for j, a := range letters {
			n, most := here.count(a, a+25)
			k[j].varies = k[j].varies || n > 5
			if digits, _ := here.count('0', '9'); digits > 0 && n > 0 {
				k[j].mixed = true
				last[j] = max(last[j], most)
			}
			k[j].hex = last[j] <= a+5
		}
	}
	return k
}

// byteSet is a set of bytes.
type byteSet [256]bool

// bytesAt returns the bytes at a place of the names.
func bytesAt(seen []noted, i int) (set byteSet) {
	for _, s := range seen {
		if i < len(s.name) {
			set[s.name[i]] = true
		}
	}
	return set
}

// count returns how many bytes of a range are in the set, and the last of them.
func (s *byteSet) count(from, to byte) (n int, last byte) {
	for c := from; c <= to; c++ {
		if s[c] {
			n, last = n+1, c
		}
	}
	return n, last
}

func (s *byteSet) add(from, to byte) {
	for c := from; c <= to; c++ {
		s[c] = true
	}
}

// digitAt returns what can be at a place of names: what is there in those that were
// noted, and others of the same kind.
func digitAt(seen []noted, i int, k kinds) (d digit) {
	here := bytesAt(seen, i)
	digits, _ := here.count('0', '9')
	for j, a := range letters {
		last := a + 25
		if k[j].hex {
			last = a + 5
		}
		n, most := here.count(a, a+25)
		switch {
		case k[j].mixed && most <= last && n+digits > 0:
			here.add(a, last)
			here.add('0', '9')
		case k[j].varies && n > 0:
			here.add(a, a+25)
		}
	}
	if digits > 0 {
		here.add('0', '9')
	}
	if n, _ := here.count(0x80, 0xbf); n > 0 {
		here.add(0x80, 0xbf)
	}
	for _, s := range seen {
		d.ends = d.ends || i >= len(s.name)
	}
	for c, ok := range here {
		if ok {
			d.bytes = append(d.bytes, byte(c))
		}
	}
	return d
}
