package azure

import (
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"cloudfiles.dev/files"
)

// Azure compares names as UTF-16, in which a character beyond U+FFFF comes before
// U+E000 to U+FFFF. In bytes it comes after them. If names differ after a common prefix
// in such characters, those with characters beyond U+FFFF have to be held.

// cursor is where a listing can continue: a page and an entry in it, or the end.
type cursor struct {
	marker *string
	index  int
	over   bool
}

// cursorEntry is an entry and its cursor.
type cursorEntry struct {
	files.Entry
	cursor cursor
}

// reorder yields a listing that is in the order of UTF-16, or already in byte order, in
// byte order. It holds at most `most` entries. If more have to be held, they are listed
// twice.
type reorder struct {
	from  func(cursor) iter.Seq2[cursorEntry, error]
	yield func(files.Entry, error) bool
	most  int
}

// class is what happens to a name in one pass over a listing.
type class uint8

const (
	take class = iota
	skip
	end
)

// run yields the names from a cursor on for which classify returns take, up to the
// first for which it returns end, whose cursor it returns. Characters before byte min
// are already in order. more is false if yield has returned false.
func (r *reorder) run(from cursor, min int,
	classify func(name string) class) (next cursor, more bool) {
	for again := true; again; {
		from, again, more = r.pass(from, min, classify)
	}
	return from, more
}

// pass is run until a part had to be listed twice; then it returns the cursor after that
// part, to begin again.
func (r *reorder) pass(from cursor, min int,
	classify func(name string) class) (next cursor, again, more bool) {
	if from.over {
		return from, false, true
	}
	var held []cursorEntry
	prefix := "" // of the names held
	for e, err := range r.from(from) {
		if err != nil {
			r.yield(files.Entry{}, err)
			return next, false, false
		}
		c := classify(e.Name)
		if c == skip {
			continue
		}
		if held != nil && (c == end || !strings.HasPrefix(e.Name,
			prefix) || partAt(e.Name, len(prefix)) == low) {
			if !r.release(held) {
				return next, false, false
			}
			held = nil
		}
		if c == end {
			return e.cursor, false, true
		}
		if held == nil {
			i := beyond(e.Name, min)
			if i < 0 {
				if !r.yield(e.Entry, nil) {
					return next, false, false
				}
				continue
			}
			prefix = e.Name[:i]
		}
		if held = append(held, e); len(held) > r.most {
			next, more = r.twice(held[0].cursor, prefix)
			return next, more, more
		}
	}
	return cursor{over: true}, false, r.release(held)
}

// release yields the held entries in byte order.
func (r *reorder) release(held []cursorEntry) bool {
	slices.SortFunc(held, func(a, b cursorEntry) int { return strings.Compare(a.Name, b.Name) })
	for _, e := range held {
		if !r.yield(e.Entry, nil) {
			return false
		}
	}
	return true
}

// twice lists the names with the prefix whose next character is from U+E000 to U+FFFF,
// and then those whose next character is beyond.
func (r *reorder) twice(from cursor, prefix string) (next cursor, more bool) {
	only := func(wanted part) func(string) class {
		return func(name string) class {
			if !strings.HasPrefix(name, prefix) {
				return end
			}
			switch partAt(name, len(prefix)) {
			case wanted:
				return take
			case low:
				return end
			}
			return skip
		}
	}
	if _, more = r.run(from, len(prefix), only(high)); !more {
		return next, false
	}
	return r.run(from, len(prefix)+utf8.UTFMax, only(supplementary))
}

// part is one of three ranges of characters, each of which is in order by itself.
type part uint8

const (
	low           part = iota // up to U+D7FF, or none
	high                      // U+E000 to U+FFFF
	supplementary             // beyond U+FFFF
)

// partAt is the part of the character at byte i of the name.
func partAt(name string, i int) part {
	switch c, _ := utf8.DecodeRuneInString(name[i:]); {
	case i == len(name) || c < 0xE000:
		return low
	case c <= 0xFFFF:
		return high
	}
	return supplementary
}

// beyond is the index, from byte min on, of the first character beyond U+FFFF, or -1.
func beyond(name string, min int) int {
	for i := min; i < len(name); i++ {
		if name[i] >= 0xF0 { // the first byte of four
			return i
		}
	}
	return -1
}
