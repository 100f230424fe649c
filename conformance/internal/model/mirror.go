package model

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// mirror runs a sequence on a bucket and on a map, and compares every result.
type mirror struct {
	ctx   context.Context
	b     files.Bucket
	f     files.Features
	files map[string]*held
	past  map[string][]pastVersion // the versions of each name, including the present one
	n     int                      // the number of the step, from 1
	bad   *difference
	code  *script // nil if no code is collected
}

// held is a file in the map.
type held struct {
	content    text
	attributes files.Attributes
	version    files.Version // "" until a result reported it
	versionAt  string        // the expression for it in the printed code
	modTime    time.Time
	modTimeAt  string
	copied     bool // made by a copy, so the version may repeat with the same content
}

type pastVersion struct {
	version files.Version
	content text
	at      string
}

// difference is the first result that differs from the model's.
type difference struct {
	step int    // from 1
	What string // the failure as text
	// check is a Go expression that is true if the result is wrong, or "" if the error of
	// the step's call is wrong.
	check string
	each  bool // check is about the entry e of a listing
}

// runSteps runs the steps on a new bucket and returns the first difference, or nil. If
// code isn't nil, it collects the steps.
func runSteps(t suite.T, h *suite.H, steps []step, code *script) (d *difference) {
	scoped(t, func(t suite.T) {
		hh := h.Runner.NewH(t, false)
		m := &mirror{
			ctx:   t.Context(),
			b:     hh.Bucket,
			f:     hh.F,
			files: map[string]*held{},
			past:  map[string][]pastVersion{},
			code:  code,
		}
		defer func() {
			if p := recover(); p != nil {
				d = &difference{
					step: m.n,
					What: fmt.Sprintf("step %d, %s, panics: %v", m.n, steps[m.n-1].do, p),
				}
			}
		}()
		for i, s := range steps {
			m.n = i + 1
			if m.do(s); m.bad != nil {
				d = m.bad
				return
			}
		}
	})
	return d
}

func (m *mirror) do(s step) {
	switch s.do {
	case doPut:
		m.put(s)
	case doGet:
		m.get(s)
	case doStat:
		m.stat(s)
	case doList:
		m.list(s)
	case doDelete:
		m.delete(s)
	case doCopy, doMove:
		m.copy(s)
	case doDeleteDir:
		m.deleteDir(s)
	}
}

// differ records that a result is wrong, unless an earlier one was.
func (m *mirror) differ(check, format string, args ...any) {
	if m.bad == nil {
		m.bad = &difference{
			step:  m.n,
			What:  fmt.Sprintf("step %d: ", m.n) + fmt.Sprintf(format, args...),
			check: check,
		}
	}
}

// v returns the name of a variable of the step in the printed code.
func (m *mirror) v(prefix string) string { return prefix + strconv.Itoa(m.n) }

// call adds a call to the printed code, before it is made.
func (m *mirror) call(v string, w wanted, call func() string) {
	if m.code == nil {
		return
	}
	if v != "" {
		v = m.v(v)
	}
	m.code.add(part{
		kind: partCall,
		step: m.n,
		v:    v,
		call: call(),
		w:    w,
	})
}

// wanted has the errors of which one must be returned, and others that may be returned.
type wanted struct{ must, may []error }

func (w *wanted) add(err error) { w.must = append(w.must, err) }

// legal reports whether all names are legal. If not, the call must fail with
// ErrInvalidName.
func (m *mirror) legal(w *wanted, names ...string) bool {
	for _, name := range names {
		if driver.CheckNameMax(name, maxNameOf(m.f)) != nil {
			w.must = []error{files.ErrInvalidName}
			return false
		}
	}
	return true
}

// ended compares the error with the wanted ones. It reports whether the call had to
// succeed and did.
func (m *mirror) ended(s step, w wanted, err error) bool {
	ok := len(w.must) == 0 && err == nil
	for _, want := range slices.Concat(w.must, w.may) {
		ok = ok || errors.Is(err, want)
	}
	// DeleteDir joins errors.
	if _, is := err.(*files.Error); ok && err != nil && !is && s.do != doDeleteDir {
		m.differ("!errors.As(err, new(*files.Error))",
			"%s(%s): the error is a %T, want a *files.Error", s.do, term.Quote(s.name), err)
	}
	if !ok {
		want := "no error"
		for i, e := range w.must {
			if want = want + fmt.Sprintf(" or %q", e); i == 0 {
				want = fmt.Sprintf("%q", e)
			}
		}
		m.differ("", "%s: got %s, want %s", s.text(), check.ErrText(err), want)
	}
	return ok && err == nil
}

// text returns the step as failure texts show it.
func (s step) text() string {
	if s.do == doCopy || s.do == doMove {
		return fmt.Sprintf("%s(%s to %s)", s.do, term.Quote(s.name), term.Quote(s.to))
	}
	return fmt.Sprintf("%s(%s)", s.do, term.Quote(s.name))
}

// NoVersion is a version that no file has.
const NoVersion = files.Version("none")

// version returns the version that a condition on the name uses, the printed code for it,
// and whether the file has that version.
func (m *mirror) version(name string, w which,
	variable string) (v files.Version, code string, is bool) {
	f := m.files[name]
	if f != nil && m.f.Versions && f.version == "" && driver.CheckNameMax(name,
		maxNameOf(m.f)) == nil {
		m.call(variable, wanted{}, func() string { return codeStat(name) })
		info, err := m.b.Stat(m.ctx, name, nil)
		if err != nil {
			m.differ("", "Stat(%s): got %s, want no error", term.Quote(name), check.ErrText(err))
		} else {
			m.info(m.v(variable), "Stat", name, f, info, ofFile)
		}
	}
	if w == whenCurrent && f != nil && f.version != "" {
		return f.version, f.versionAt, true
	}
	for _, p := range slices.Backward(m.past[name]) {
		if f == nil || p.version != f.version {
			return p.version, p.at, false
		}
	}
	return NoVersion, fmt.Sprintf("%q", NoVersion), false
}

// condition returns the condition of a put or copy, and the printed code for it. It adds
// the error that the condition must cause to w.
func (m *mirror) condition(name string, s step, w *wanted) (c files.Condition, code string) {
	exists := m.files[name] != nil
	switch s.cond {
	case anyState:
		return c, ""
	case whenAbsent:
		if !m.f.IfAbsent {
			w.add(files.ErrUnsupported)
		} else if exists {
			w.add(files.ErrExist)
		}
		return files.IfAbsent(), "files.IfAbsent()"
	case emptyVersion:
		if !m.f.IfVersion {
			w.add(files.ErrUnsupported)
		} else {
			w.add(files.ErrPrecondition)
		}
		return files.IfVersion(""), `files.IfVersion("")`
	}
	v, code, is := m.version(name, s.cond, "s")
	if !m.f.IfVersion {
		w.add(files.ErrUnsupported)
	} else if !is {
		w.add(files.ErrPrecondition)
	}
	return files.IfVersion(v), "files.IfVersion(" + code + ")"
}

// folded returns the attributes in the form in which a bucket returns them.
func folded(a files.Attributes) files.Attributes {
	var m map[string]string
	for k, v := range a.Metadata {
		if m == nil {
			m = map[string]string{}
		}
		m[strings.ToLower(k)] = v
	}
	a.Metadata = m
	return a
}

// stores adds ErrUnsupported to w if the bucket can't store the attributes.
func (m *mirror) stores(a files.Attributes, w *wanted) {
	if !m.f.Attributes && (len(a.Metadata) > 0 ||
		a.CacheControl+a.ContentDisposition+a.ContentEncoding+a.ContentLanguage != "") {
		w.add(files.ErrUnsupported)
	}
}

// infoSource is the kind of call that returned an Info. Some kinds may return less.
type infoSource int

const (
	ofFile  infoSource = iota
	ofRange            // may lack the digest
	ofPut              // may also lack the time
	ofCopy             // may also lack size and attributes
)

// info compares an Info with the model, and adds a new version or time to the model.
func (m *mirror) info(v, op, name string, f *held, info files.Info, of infoSource) {
	terse, written := of == ofCopy && info.Size == -1, of >= ofPut
	field := func(field, got, want string) {
		if got != want {
			m.differ(fmt.Sprintf("%s.%s != %q", v, field, want),
				"%s(%s) reports %s %.200q, want %.200q", op, term.Quote(name), field, got, want)
		}
	}
	field("Name", info.Name, name)
	field("Key", info.Key, "")
	if info.IsDir {
		m.differ(v+".IsDir", "%s(%s) reports a directory, want a file", op, term.Quote(name))
	}
	if !terse && info.Size != int64(f.content.size) {
		m.differ(fmt.Sprintf("%s.Size != %d", v, f.content.size), "%s(%s) reports size %d, want %d",
			op, term.Quote(name), info.Size, f.content.size)
	}
	if a := f.attributes; m.f.Attributes && !terse {
		field("ContentType", info.ContentType, a.ContentType)
		field("CacheControl", info.CacheControl, a.CacheControl)
		field("ContentDisposition", info.ContentDisposition, a.ContentDisposition)
		field("ContentEncoding", info.ContentEncoding, a.ContentEncoding)
		field("ContentLanguage", info.ContentLanguage, a.ContentLanguage)
		if !maps.Equal(info.Metadata, a.Metadata) {
			check := fmt.Sprintf("!maps.Equal(%s.Metadata, %s)", v, codeMap(a.Metadata))
			if len(a.Metadata) == 0 {
				check = fmt.Sprintf("len(%s.Metadata) != 0", v)
			}
			m.differ(check, "%s(%s) reports the metadata %q, want %q", op, term.Quote(name),
				info.Metadata,
				a.Metadata)
		}
	}
	if d := info.Digest.CRC32C; d != "" {
		field("Digest.CRC32C", d,
			fmt.Sprintf("%08x", crc32.Checksum([]byte(f.content.String()), castagnoli)))
	}
	m.infoVersion(v, op, name, f, info, written)
	if m.f.Digests && of == ofFile && info.Digest.IsZero() {
		m.differ(v+".Digest.IsZero()", "%s(%s) reports no digest, but the bucket claims Digests",
			op,
			term.Quote(name))
	}
	if info.ModTime.Location() != time.UTC {
		m.differ(v+".ModTime.Location() != time.UTC", "%s(%s) reports the time %v, want UTC", op,
			term.Quote(name), info.ModTime)
	}
	switch {
	case info.ModTime.IsZero() && (written || f.modTime.IsZero()):
	case f.modTime.IsZero():
		f.modTime, f.modTimeAt = info.ModTime, v+".ModTime"
	case !info.ModTime.Equal(f.modTime):
		m.differ(fmt.Sprintf("!%s.ModTime.Equal(%s)", v, f.modTimeAt),
			"%s(%s) reports the time %v, want %v", op, term.Quote(name), info.ModTime,
			f.modTime)
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (m *mirror) infoVersion(v, op, name string, f *held, info files.Info, written bool) {
	switch {
	case !m.f.Versions:
		if info.Version != "" {
			m.differ(v+`.Version != ""`,
				"%s(%s) reports the version %q, but the bucket does not claim Versions", op,
				term.Quote(name), info.Version)
		}
	case info.Version == "":
		if !written || m.f.PutReturnsVersion && op == string(doPut) {
			m.differ(v+`.Version == ""`, "%s(%s) reports no version, want one", op,
				term.Quote(name))
		}
	case f.version != "":
		if info.Version != f.version {
			m.differ(fmt.Sprintf("%s.Version != %s", v, f.versionAt),
				"%s(%s) reports the version %q, want %q", op, term.Quote(name), info.Version,
				f.version)
		}
	default:
		for _, p := range m.past[name] {
			if p.version == info.Version && (p.content.String() != f.content.String() ||
				m.f.VersionPerPut && !f.copied) {
				m.differ(fmt.Sprintf("%s.Version == %s", v, p.at),
					"%s(%s) reports the version %q, want a new one: an earlier file had it", op,
					term.Quote(name), p.version)
			}
		}
		f.version, f.versionAt = info.Version, v+".Version"
		m.past[name] = append(m.past[name], pastVersion{f.version, f.content, f.versionAt})
	}
}
