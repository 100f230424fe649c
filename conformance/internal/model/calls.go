package model

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// reader returns the content that the step passes to Put.
func (s step) reader() io.Reader {
	c := s.content.String()
	switch {
	case s.flaw == failsAtEnd:
		return check.Failing([]byte(c), false, check.ErrReader)
	case s.stream:
		return check.Stream([]byte(c))
	}
	return strings.NewReader(c)
}

func (m *mirror) put(s step) {
	var w wanted
	o := &files.PutOptions{Attributes: stepAttributes[s.attributes]}
	code := ""
	if m.legal(&w, s.name) {
		o.If, code = m.condition(s.name, s, &w)
		m.stores(o.Attributes, &w)
		switch s.flaw {
		case tooShort:
			w.add(files.ErrCorrupt)
		case failsAtEnd:
			w.add(check.ErrReader)
		}
	}
	if s.flaw == tooShort {
		o.Size = new(int64(s.content.size) + 1)
	}
	m.call("i", w, func() string { return codePut(s, o, code) })
	info, err := m.b.Put(m.ctx, s.name, s.reader(), o)
	if !m.ended(s, w, err) {
		return
	}
	f := &held{content: s.content, attributes: folded(o.Attributes)}
	if f.attributes.ContentType == "" {
		f.attributes.ContentType = typeOf(s.name)
	}
	m.files[s.name] = f
	m.info(m.v("i"), "Put", s.name, f, info, ofPut)
}

func (m *mirror) get(s step) {
	var w wanted
	o := &files.GetOptions{Range: s.part}
	var code [2]string
	f := m.files[s.name]
	if m.legal(&w, s.name) {
		for i, c := range []which{s.cond, s.source} {
			if c == anyState {
				continue
			}
			v, at, is := m.version(s.name, c, "s")
			code[i] = at
			switch {
			case !m.f.ReadConditions:
				w.add(files.ErrUnsupported)
			case i == 0 && !is:
				w.add(files.ErrPrecondition)
			case i == 1 && is:
				w.add(files.ErrNotModified)
			}
			if i == 0 {
				o.IfVersion = v
			} else {
				o.IfNotVersion = v
			}
		}
		if f == nil {
			w.add(files.ErrNotExist)
		}
	}
	m.call("r", w, func() string { return codeGet(s, code[0], code[1]) })
	r, err := m.b.Get(m.ctx, s.name, o)
	if !m.ended(s, w, err) {
		if err == nil {
			r.Close()
		}
		return
	}
	defer r.Close()
	m.code.read(m.n)
	p, err := check.ReadAll(r)
	if err != nil {
		m.differ("", "reading %s: %v after %d bytes, want no error", term.Quote(s.name), err,
			len(p))
		return
	}
	of := ofFile
	if s.part != (files.Range{}) {
		of = ofRange
	}
	m.info(m.v("i"), "Get", s.name, f, r.Info(), of)
	off, n := s.part.Resolve(int64(f.content.size))
	want := f.content.String()[off : off+n]
	if d := check.Diff(p, []byte(want)); d != "" {
		m.differ(fmt.Sprintf("string(%s) != %s", m.v("p"), codeText(f.content, off, n)),
			"the content of %s, %v, %s", term.Quote(s.name), s.part, d)
	}
	if r.Offset() != off || r.Len() != n {
		m.differ(fmt.Sprintf("%[1]s.Offset() != %d || %[1]s.Len() != %d", m.v("r"), off, n),
			"Get(%s), %v, reports offset %d and length %d, want %d and %d", term.Quote(
				s.name), s.part,
			r.Offset(), r.Len(), off, n)
	}
}

func (m *mirror) stat(s step) {
	var w wanted
	f := m.files[s.name]
	if m.legal(&w, s.name) && f == nil {
		w.add(files.ErrNotExist)
	}
	m.call("i", w, func() string { return codeStat(s.name) })
	info, err := m.b.Stat(m.ctx, s.name, nil)
	if m.ended(s, w, err) {
		m.info(m.v("i"), "Stat", s.name, f, info, ofFile)
	}
}

func (m *mirror) delete(s step) {
	var w wanted
	o := &files.DeleteOptions{}
	code := ""
	if m.legal(&w, s.name) && s.cond != anyState {
		var is bool
		if o.IfVersion, code, is = m.version(s.name, s.cond, "s"); !m.f.DeleteIfVersion {
			w.add(files.ErrUnsupported)
		} else if !is {
			w.add(files.ErrPrecondition)
		}
	}
	m.call("", w, func() string { return codeDelete(s.name, code) })
	err := m.b.Delete(m.ctx, s.name, o)
	if m.ended(s, w, err) {
		delete(m.files, s.name)
	}
}

func (m *mirror) copy(s step) {
	var w wanted
	o := &files.CopyOptions{}
	var cond, source string
	src := m.files[s.name]
	if m.legal(&w, s.name, s.to) {
		o.If, cond = m.condition(s.to, s, &w)
		if s.source != anyState {
			var is bool
			if o.IfSource, source, is = m.version(s.name, s.source, "q"); !is {
				w.add(files.ErrPrecondition)
			}
		}
		if s.attributes != 0 {
			o.Attributes = new(stepAttributes[s.attributes])
			m.stores(*o.Attributes, &w)
		}
		if src == nil {
			w.add(files.ErrNotExist)
		}
		pinned := o.IfSource != ""
		if s.do == doMove && s.name != s.to {
			if pinned = true; !m.f.DeleteIfVersion {
				w.add(files.ErrUnsupported)
			}
		}
		if pinned && !m.f.ReadConditions { // a copy that streams reads that version
			w.may = append(w.may, files.ErrUnsupported)
		}
	}
	run := files.Copy
	if s.do == doMove {
		run = files.Move
	}
	m.call("i", w, func() string { return codeCopy(s, cond, source) })
	info, err := run(m.ctx, m.b, s.to, m.b, s.name, o)
	if !m.ended(s, w, err) {
		return
	}
	if s.name == s.to && s.attributes == 0 { // nothing changes
		m.info(m.v("i"), string(s.do), s.to, src, info, ofCopy)
		return
	}
	f := &held{content: src.content, attributes: src.attributes, copied: true}
	if o.Attributes != nil {
		if f.attributes = folded(*o.Attributes); f.attributes.ContentType == "" {
			f.attributes.ContentType = typeOf(s.to)
		}
	}
	if s.do == doMove && s.name != s.to {
		delete(m.files, s.name)
	}
	m.files[s.to] = f
	m.info(m.v("i"), string(s.do), s.to, f, info, ofCopy)
}

func (m *mirror) deleteDir(s step) {
	var w wanted
	dir, err := driver.CheckDir(s.name)
	if dir == "" {
		w.add(files.ErrInvalid)
	} else if err != nil {
		w.add(files.ErrInvalidName)
	}
	m.call("res", w, func() string {
		return fmt.Sprintf("files.DeleteDir(ctx, b, %s)", codeString(s.name))
	})
	res, err := files.DeleteDir(m.ctx, m.b, s.name)
	if !m.ended(s, w, err) {
		return
	}
	below := func(name string, _ *held) bool { return strings.HasPrefix(name, dir+"/") }
	n := len(m.files)
	if maps.DeleteFunc(m.files, below); res.Deleted != int64(n-len(m.files)) {
		m.differ(fmt.Sprintf("%s.Deleted != %d", m.v("res"), n-len(m.files)),
			"DeleteDir(%s) deleted %d files, want %d", term.Quote(s.name), res.Deleted,
			n-len(m.files))
	}
}

func (m *mirror) list(s step) {
	var w wanted
	if _, err := driver.CheckDir(s.name); err != nil {
		w.add(files.ErrInvalidName)
	}
	m.code.list(m.n, s, w)
	names := slices.Sorted(maps.Keys(m.files))
	var got []string
	var failed error
	o := s.list // a bucket must not change the options, but some do
	for e, err := range m.b.List(m.ctx, s.name, &o) {
		if err != nil {
			failed = err
			break
		}
		if got = append(got, e.Name); len(got) > suite.Endless {
			failed = fmt.Errorf("the listing goes on after %d entries", len(got))
			break
		}
		m.entry(s, e)
	}
	if !m.ended(s, w, failed) || m.bad != nil {
		return
	}
	if limit := s.list.Limit; !m.f.Ordered {
		all := s.list
		all.Limit = 0
		want := check.ListModel(names, s.name, all)
		if slices.Sort(got); limit > 0 && limit < len(want) { // any of them, but each once
			want = slices.DeleteFunc(want, func(name string) bool {
				return !slices.Contains(got, name)
			})
			want = want[:min(limit, len(want))]
		}
		m.names(s, got, want, "slices.Sorted(slices.Values(%s))")
		return
	}
	m.names(s, got, check.ListModel(names, s.name, s.list), "%s")
}

// names compares the names of a listing.
func (m *mirror) names(s step, got, want []string, order string) {
	if d := check.DiffNames(got, want); d != "" {
		differs := fmt.Sprintf("!slices.Equal("+order+", %s)", m.v("got"), codeStrings(want))
		m.bad = &difference{
			step:  m.n,
			check: differs,
			What: fmt.Sprintf("step %d: List(%s, %s): %s", m.n, term.Quote(s.name),
				check.ListText(&s.list),
				d),
		}
	}
}

// entry compares an entry of a listing with the model.
func (m *mirror) entry(s step, e files.Entry) {
	f := m.files[e.Name]
	wrong := func(check, format string, args ...any) {
		if m.bad == nil {
			m.differ(fmt.Sprintf("e.Name == %s && %s", codeString(e.Name), check),
				"List(%s) yields %s "+format,
				append([]any{term.Quote(s.name), term.Quote(e.Name)}, args...)...)
			m.bad.each = true
		}
	}
	isDir := strings.HasSuffix(e.Name, "/")
	switch {
	case e.IsDir != isDir:
		wrong(fmt.Sprintf("e.IsDir != %v", isDir), "with IsDir %v", e.IsDir)
	case f == nil: // a directory, or a wrong name
	case s.list.NamesOnly && e.Size == 0, e.Size == int64(f.content.size):
	default:
		wrong(fmt.Sprintf("e.Size != %d", f.content.size), "with size %d, want %d", e.Size,
			f.content.size)
	}
	switch {
	case f == nil || s.list.NamesOnly && e.Version == "":
	case m.f.Versions && e.Version == "":
		wrong(`e.Version == ""`, "without a version")
	case !m.f.Versions && e.Version != "":
		wrong(`e.Version != ""`, "with a version, but the bucket does not claim Versions")
	case f.version != "" && e.Version != f.version:
		wrong("e.Version != "+f.versionAt, "with version %q, want %q", e.Version, f.version)
	}
	if f != nil && !e.ModTime.IsZero() && !f.modTime.IsZero() && !e.ModTime.Equal(f.modTime) {
		wrong("!e.ModTime.Equal("+f.modTimeAt+")", "with time %v, want %v", e.ModTime,
			f.modTime)
	}
}
