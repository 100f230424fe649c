package model

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/files"
)

// script collects a sequence as Go code while it runs. A nil script collects nothing.
type script struct {
	parts []part
	texts strings.Builder // the code of all calls, which shows which variables are used
}

type part struct {
	kind partKind
	step int
	v    string // the variable that gets the call's result, or ""
	call string
	w    wanted
}

type partKind int

const (
	partCall partKind = iota
	partRead          // of the body of the Get before
	partList
)

func (c *script) add(p part) {
	c.parts = append(c.parts, p)
	c.texts.WriteString(p.call + "\n")
}

func (c *script) read(step int) {
	if c != nil {
		c.add(part{kind: partRead, step: step})
	}
}

func (c *script) list(n int, s step, w wanted) {
	if c != nil {
		c.add(part{
			kind: partList,
			step: n,
			w:    w,
			call: fmt.Sprintf("b.List(ctx, %s%s)", codeString(s.name), codeList(s.list)),
		})
	}
}

// source returns the code as a test file, whose test fails on the bucket of newBucket.
func (c *script) source(d *difference) string {
	c.texts.WriteString(d.check)
	uses := func(v string) bool {
		return regexp.MustCompile(`\b` + v + `\b`).MatchString(c.texts.String())
	}
	var b strings.Builder
	for i, p := range c.parts {
		c.write(&b, p, uses, d, i == len(c.parts)-1)
	}
	body := b.String()
	imports := []string{"testing"}
	for _, path := range []string{
		"errors", "io", "maps", "slices", "strings", "testing/iotest", "time",
	} {
		if regexp.MustCompile(`\b` + path[strings.LastIndexByte(path,
			'/')+1:] + `\.[A-Z]`).MatchString(body) {
			imports = append(imports, path)
		}
	}
	helper := ""
	if strings.Contains(body, "text('") {
		imports = append(imports, "fmt")
		helper = `
// text returns content that depends on the offset.
func text(seed byte, size int) string {
	var b []byte
	for i := 0; len(b) < size; i++ {
		b = fmt.Appendf(b, "%c%d,", seed, i)
	}
	return string(b[:size])
}
`
	}
	if strings.Contains(body, "errReader") {
		imports = append(imports, "errors")
		helper += "\nvar errReader = errors.New(\"the reader failed\")\n"
	}
	paths := "\"" + strings.Join(slices.Compact(slices.Sorted(slices.Values(imports))),
		"\"\n\t\"") + "\""
	if strings.Contains(body, "files.") {
		paths += "\n\n\t\"cloudfiles.dev/files\""
	}
	return "package bucket_test\n\nimport (\n\t" + paths + "\n)\n" + helper + `
// TestSequence fails on the bucket on which it was found. newBucket is yours to write: it returns
// an empty bucket.
func TestSequence(t *testing.T) {
	ctx, b := t.Context(), newBucket(t)
	var err error
` + body + "}\n"
}

func (c *script) write(b *strings.Builder, p part, uses func(string) bool, d *difference,
	last bool) {
	line := func(format string, args ...any) { fmt.Fprintf(b, "\t"+format+"\n", args...) }
	read := slices.ContainsFunc(c.parts, func(q part) bool {
		return q.kind == partRead && q.step == p.step
	})
	switch p.kind {
	case partCall:
		switch {
		case p.v == "":
			line("err = %s", p.call)
		case uses(p.v) || p.v[0] == 'r' && read:
			line("%s, err := %s", p.v, p.call)
		default:
			line("_, err = %s", p.call)
		}
		line("if %s {\n\t\tt.Fatalf(\"step %d: %%v, want %s\", err)\n\t}", p.w.code(), p.step,
			p.w.names())
	case partRead:
		v := "_, err ="
		if uses(fmt.Sprint("p", p.step)) {
			v = fmt.Sprintf("p%d, err :=", p.step)
		}
		line("%s io.ReadAll(r%d)", v, p.step)
		line("if err != nil {\n\t\tt.Fatalf(\"step %d: %%v from reading\", err)\n\t}", p.step)
		line("r%d.Close()", p.step)
		if uses(fmt.Sprint("i", p.step)) {
			line("i%[1]d := r%[1]d.Info()", p.step)
		}
	case partList:
		got := fmt.Sprint("got", p.step)
		line("err = nil")
		each := ""
		if last && d.each {
			each = fmt.Sprintf("\n\t\tif %s {\n\t\t\tt.Error(%q)\n\t\t}", d.check, d.What)
		}
		entry := "_"
		if uses(got) {
			line("var %s []string", got)
			each = fmt.Sprintf("\n\t\t%s = append(%s, e.Name)", got, got)
		}
		if each != "" {
			entry = "e"
		}
		line("for %s, failed := range %s {\n\t\tif failed != nil {\n\t\t\terr = "+
			"failed\n\t\t\tbreak\n\t\t}%s\n\t}", entry, p.call, each)
		line("if %s {\n\t\tt.Fatalf(\"step %d: %%v, want %s\", err)\n\t}", p.w.code(), p.step,
			p.w.names())
	}
	if last && d.check != "" && !d.each {
		line("if %s {\n\t\tt.Error(%q)\n\t}", d.check, d.What)
	}
}

// code returns an expression that is true if err is none of the wanted errors.
func (w wanted) code() string {
	var parts []string
	if len(w.must) == 0 {
		parts = append(parts, "err != nil")
	}
	for _, e := range slices.Concat(w.must, w.may) {
		parts = append(parts, fmt.Sprintf("!errors.Is(err, %s)", codeError(e)))
	}
	return strings.Join(slices.Compact(parts), " && ")
}

func (w wanted) names() string {
	var names []string
	for _, e := range w.must {
		names = append(names, strings.TrimPrefix(codeError(e), "files."))
	}
	if len(names) == 0 {
		return "no error"
	}
	return strings.Join(slices.Compact(names), " or ")
}

func codeError(e error) string {
	switch e {
	case check.ErrReader:
		return "errReader"
	case files.ErrNotExist:
		return "files.ErrNotExist"
	case files.ErrExist:
		return "files.ErrExist"
	case files.ErrPrecondition:
		return "files.ErrPrecondition"
	case files.ErrNotModified:
		return "files.ErrNotModified"
	case files.ErrInvalidName:
		return "files.ErrInvalidName"
	case files.ErrInvalid:
		return "files.ErrInvalid"
	case files.ErrCorrupt:
		return "files.ErrCorrupt"
	}
	return "files.ErrUnsupported"
}

// codeString returns a name as Go code, in which longName is a call of strings.Repeat.
func codeString(s string) string {
	if i := strings.Index(s, longName); i >= 0 {
		code := fmt.Sprintf("strings.Repeat(%q, %d)", longName[:1], len(longName))
		if i > 0 {
			code = strconv.Quote(s[:i]) + "+" + code
		}
		if rest := s[i+len(longName):]; rest != "" {
			code += "+" + strconv.Quote(rest)
		}
		return code
	}
	return strconv.Quote(s)
}

func codeStrings(all []string) string {
	code := make([]string, len(all))
	for i, s := range all {
		code[i] = strings.ReplaceAll(codeString(s), ")+", ") + ") // as gofmt formats it here
		code[i] = strings.ReplaceAll(code[i], "+strings.", " + strings.")
	}
	return "[]string{" + strings.Join(code, ", ") + "}"
}

// codeText returns n bytes of the content, from off on, as Go code.
func codeText(c text, off, n int64) string {
	if n <= 60 {
		return strconv.Quote(c.String()[off : off+n])
	}
	code := fmt.Sprintf("text('%c', %d)", 'a'+c.seed%26, c.size)
	if n < int64(c.size) {
		code += fmt.Sprintf("[%d:%d]", off, off+n)
	}
	return code
}

func codeMap(m map[string]string) string {
	if len(m) == 0 {
		return "nil"
	}
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		pairs = append(pairs, fmt.Sprintf("%q: %q", k, m[k]))
	}
	return "map[string]string{" + strings.Join(pairs, ", ") + "}"
}

// literal has the fields of a composite literal that don't have the zero value.
type literal []string

func (l *literal) field(name, code string) {
	if code != "" && code != `""` && code != "0" && code != "false" && code != "nil" {
		*l = append(*l, name+": "+code)
	}
}

// of returns the literal as Go code, or "" if it has no fields.
func (l literal) of(typ string) string {
	if len(l) == 0 {
		return ""
	}
	return typ + "{" + strings.Join(l, ", ") + "}"
}

// argument returns the literal as the last argument of a call.
func (l literal) argument(typ string) string {
	if len(l) == 0 {
		return ", nil"
	}
	return ", &" + l.of(typ)
}
