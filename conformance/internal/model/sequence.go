package model

import (
	"slices"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
)

// action is what a step does.
type action string

const (
	doPut       action = "Put"
	doGet       action = "Get"
	doStat      action = "Stat"
	doList      action = "List"
	doDelete    action = "Delete"
	doCopy      action = "Copy"
	doMove      action = "Move"
	doDeleteDir action = "DeleteDir"
)

// which says which version a condition uses, by the model's state at that step.
type which int

const (
	anyState     which = iota // no condition
	whenAbsent                // IfAbsent
	whenCurrent               // the file's version
	whenStale                 // an earlier version, or one that never existed
	emptyVersion              // IfVersion(""), which never writes
)

// flaw is a flaw of the content of a put.
type flaw int

const (
	sound      flaw = iota
	tooShort        // it ends before the declared size
	failsAtEnd      // its reader fails instead of returning io.EOF
)

// step is one operation of a sequence. It is plain data, so that a sequence can be run
// again, simplified and printed.
type step struct {
	do         action
	name       string // of the file, or of the directory of doList and doDeleteDir
	to         string // the target of a copy or move
	content    text
	attributes int   // index in stepAttributes; 0 is none
	cond       which // of a put or delete, of the target of a copy, or IfVersion of a get
	source     which // IfSource of a copy, or IfNotVersion of a get
	stream     bool  // the content's reader has no length
	flaw       flaw
	part       files.Range
	list       files.ListOptions
}

// text is content that depends on the offset and a seed, so that it can be printed as a
// call.
type text struct{ seed, size int }

func (c text) String() string {
	b := make([]byte, 0, c.size+8)
	for i := 0; len(b) < c.size; i++ {
		b = append(strconv.AppendInt(append(b, byte('a'+c.seed%26)), int64(i), 10), ',')
	}
	return string(b[:c.size])
}

// stepSizes are sizes of contents, the simplest first. They are 0, and sizes below and
// above those of sniffing, chunks and buffers.
var stepSizes = []int{1, 0, 12, 512, 600, 5_000, 70_000}

// stepAttributes are the attributes that a step may give a file.
var stepAttributes = []files.Attributes{
	{},
	{Metadata: map[string]string{"k": "v"}},
	{ContentType: "x/y"},
	{CacheControl: "no-store"},
	{
		ContentDisposition: "inline",
		ContentLanguage:    "de",
		Metadata:           map[string]string{"Upper": "ü %"},
	},
	{
		ContentType:     "image/png",
		ContentEncoding: "gzip",
		Metadata:        map[string]string{"k": "", "l": "2"},
	},
}

// stepRanges are parts of files, the simplest first.
var stepRanges = []files.Range{
	{},
	files.Bytes(0, 1),
	files.Last(1),
	files.From(1),
	files.Bytes(0, 0),
	files.Bytes(1, 5),
	files.Last(0),
	files.Last(7),
	files.From(12),
	files.Bytes(3, 1<<40),
	files.From(1 << 40),
	files.Bytes(500, 200),
	files.Last(1 << 40),
	files.Bytes(4_090, 20),
}

// stepNames are names that drivers have confused, the simplest first. Section Z of the
// contract excludes none of them.
var stepNames = []string{
	"a",
	"b",
	"a/b",
	"A",
	"a-",
	"a.txt",
	"B",
	"a/b/c",
	"a/b-",
	"a/B",
	"b/c.html",
	"a-/b",
	"a.attrs",
	"a.tmp",
	"\u00e9",
	"e\u0301",
	"a%2Fb",
	"a__0x2f__b",
	"~a",
	"a b",
	"b/\U0001F600",
	"b/\uFFFD",
	longName + "1",
	longName + "2",
	"a/" + longName + "/b",
}

var longName = strings.Repeat("l", 260)

// RefusedNames are refused by rule N1.
var RefusedNames = []string{"a/", "", "a//b", "..", "a\n"}

// typeOf returns the content type that rule P6 gives a file with a name of stepNames
// and a text as its content.
func typeOf(name string) string {
	if strings.HasSuffix(name, ".html") {
		return "text/html; charset=utf-8"
	}
	return "text/plain; charset=utf-8"
}

// generator makes steps from choices. choose returns a number from 0 to n-1; a lower
// number makes a simpler step.
type generator struct {
	choose func(n int) int
	names  []string // of this sequence; few, so that steps use the same files
	sizes  []int
}

// generate makes a sequence on a few of the names. Its last steps read everything.
func generate(choose func(n int) int, names []string, sizes []int) []step {
	g := &generator{choose: choose, sizes: sizes}
	for range 2 + choose(4) {
		near := names
		if len(g.names) > 0 && g.one(2) { // a directory of a chosen name, or a name below it
			near = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
				return !conflicts(name, g.names)
			})
		}
		if len(near) > 0 {
			g.names = append(g.names, pick(g, near))
		}
	}
	steps := make([]step, 0, 40)
	for range 4 + choose(20) {
		steps = append(steps, g.step())
	}
	for _, name := range g.names {
		steps = append(steps, step{do: doGet, name: name})
	}
	return append(steps, step{do: doList})
}

func pick[V any](g *generator, all []V) V { return all[g.choose(len(all))] }

// one returns true once in n times.
func (g *generator) one(n int) bool { return g.choose(n) == n-1 }

func (g *generator) name() string {
	name := pick(g, g.names)
	switch g.choose(25) {
	case 23:
		name, _, _ = strings.Cut(name, "/")
	case 24:
		name = pick(g, RefusedNames)
	}
	return name
}

// dir returns the directory of a name, or a name as a directory.
func (g *generator) dir() string {
	name := pick(g, g.names)
	switch g.choose(4) {
	case 0:
		return ""
	case 1:
		return name
	case 2:
		if g.one(2) {
			return name + "/"
		}
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return name
}

func (g *generator) step() step {
	switch k := g.choose(20); {
	case k < 7:
		return g.put()
	case k < 10:
		s := step{
			do:   doGet,
			name: g.name(),
			part: stepRanges[g.choose(2)*g.choose(len(stepRanges))],
		}
		if g.one(4) {
			s.cond = pick(g, []which{whenCurrent, whenStale})
		} else if g.one(4) {
			s.source = pick(g, []which{whenCurrent, whenStale})
		}
		return s
	case k < 12:
		return step{do: doStat, name: g.name()}
	case k < 15:
		return g.listing()
	case k < 17:
		return step{
			do:   doDelete,
			name: g.name(),
			cond: pick(g, []which{anyState, anyState, whenCurrent, whenStale}),
		}
	case k < 19:
		s := step{
			do:         doCopy,
			name:       g.name(),
			to:         g.name(),
			attributes: g.choose(2) * g.choose(len(stepAttributes)),
		}
		if g.one(2) {
			s.do = doMove
		}
		if g.one(4) {
			s.to = s.name
		}
		if g.one(3) {
			s.cond = pick(g, []which{whenAbsent, whenCurrent, whenStale, emptyVersion})
		}
		if g.one(5) {
			s.source = pick(g, []which{whenCurrent, whenStale})
		}
		return s
	}
	return step{do: doDeleteDir, name: g.dir()}
}

func (g *generator) put() step {
	s := step{
		do:         doPut,
		name:       g.name(),
		content:    text{g.choose(4), pick(g, g.sizes)},
		attributes: g.choose(2) * g.choose(len(stepAttributes)),
		stream:     g.one(3),
	}
	switch g.choose(8) {
	case 4:
		s.flaw = pick(g, []flaw{tooShort, failsAtEnd})
	case 5:
		s.cond = whenAbsent
	case 6:
		s.cond = whenCurrent
	case 7:
		s.cond = pick(g, []which{whenStale, emptyVersion})
	}
	return s
}

func (g *generator) listing() step {
	s := step{do: doList, name: g.dir()}
	if g.one(30) {
		s.name = pick(g, RefusedNames[2:])
	}
	s.list.Shallow = g.one(2)
	if g.one(3) {
		below := pick(g, g.names)
		if s.name != "" {
			below, _ = strings.CutPrefix(below, strings.TrimSuffix(s.name, "/")+"/")
		}
		if s.list.Prefix = strings.ToValidUTF8(below[:g.choose(min(len(below), 4)+1)],
			""); s.list.Shallow {
			s.list.Prefix, _, _ = strings.Cut(s.list.Prefix, "/")
		}
	}
	if g.one(3) {
		s.list.StartAfter = pick(g, g.names)
		if at := g.choose(3); at == 1 {
			s.list.StartAfter += "/"
		} else if i := strings.LastIndexByte(s.list.StartAfter, '/'); at == 2 && i >= 0 {
			s.list.StartAfter = s.list.StartAfter[:i+1]
		}
	}
	if g.one(3) {
		s.list.Limit = 1 + g.choose(3)
	}
	s.list.PageSize = pick(g, []int{0, 0, 1, 2, 3, 1000})
	s.list.NamesOnly = g.one(4)
	return s
}
