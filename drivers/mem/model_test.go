package mem_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// modelFile is a file in the model.
type modelFile struct {
	content string
	info    files.Info
}

var elements = []string{"a", "b", "a-", "a.", "a0", "A", "é", "ab", "~", " "}

func randomName(r *rand.Rand) string {
	n := 1 + r.IntN(3)
	e := make([]string, n)
	for i := range e {
		e[i] = elements[r.IntN(len(elements))]
	}
	return strings.Join(e, "/")
}

// TestModel: random operations on a bucket and on a map have the same results.
func TestModel(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			m := &model{
				t:      t,
				r:      r,
				strong: seed%2 == 0,
				files:  map[string]modelFile{},
			}
			opts := &mem.Options{}
			if m.strong {
				opts = strong
			}
			m.b = mem.New(opts)
			steps := []func(){
				m.put, m.put, m.put, m.putIf, m.delete, m.deleteIf, m.copy, m.get, m.get, m.list,
				m.list,
			}
			for range 4_000 {
				steps[r.IntN(len(steps))]()
			}
			for name := range m.files {
				m.check(name)
			}
		})
	}
}

// strong are the options with which the bucket returns as much as it can.
var strong = &mem.Options{
	PutTime:        true,
	CopyInfo:       true,
	VersionPerPut:  true,
	GivenDigests:   true,
	TimeResolution: time.Nanosecond,
}

type model struct {
	t      *testing.T
	strong bool
	r      *rand.Rand
	b      files.Bucket
	files  map[string]modelFile
	stale  []files.Version
}

func (m *model) content() (string, *files.PutOptions) {
	c := strings.Repeat(fmt.Sprint(m.r.Uint32()), m.r.IntN(20))
	o := &files.PutOptions{}
	if m.r.IntN(2) == 0 {
		o.ContentType = "x/" + fmt.Sprint(m.r.IntN(9))
		o.CacheControl = "max-age=" + fmt.Sprint(m.r.IntN(9))
		o.Metadata = map[string]string{"k": fmt.Sprint(m.r.IntN(9))}
	}
	return c, o
}

func (m *model) stored(name, content string, info files.Info) {
	m.t.Helper()
	if old, ok := m.files[name]; ok {
		m.stale = append(m.stale, old.info.Version)
	}
	if !m.strong {
		m.weaklyStored(name, content, info)
		return
	}
	if info.Version == "" || slices.Contains(m.stale, info.Version) {
		m.t.Fatalf("version %q of %q isn't new", info.Version, name)
	}
	m.files[name] = modelFile{content, info}
	m.check(name)
}

// weaklyStored takes from Stat what the call didn't return, and checks that the version
// depends on the content alone.
func (m *model) weaklyStored(name, content string, info files.Info) {
	m.t.Helper()
	m.stale = nil
	now, err := m.b.Stat(m.t.Context(), name, nil)
	if err != nil || info.Version == "" || info.Version != now.Version {
		m.t.Fatalf("%q: version %q, then %q, %v", name, info.Version, now.Version, err)
	}
	if info.Size >= 0 && info.Size != now.Size || info.Size < 0 && !info.Digest.IsZero() {
		m.t.Fatalf("%q: %v, then %v", name, info, now)
	}
	for other, f := range m.files {
		if same := f.content == content; other != name && (f.info.Version == now.Version) != same {
			m.t.Fatalf("%q and %q: versions %q and %q of the same content: %v",
				name, other, now.Version, f.info.Version, same)
		}
	}
	m.files[name] = modelFile{content, now}
	m.check(name)
}

func (m *model) put() {
	m.t.Helper()
	name := randomName(m.r)
	content, o := m.content()
	info, err := m.b.Put(m.t.Context(), name, strings.NewReader(content), o)
	if err != nil {
		m.t.Fatal(err)
	}
	m.stored(name, content, info)
}

// version returns the right version, a wrong one or an old one.
func (m *model) version(f modelFile) (v files.Version, right bool) {
	switch m.r.IntN(3) {
	case 0:
		return "none", false
	case 1:
		if len(m.stale) > 0 {
			return m.stale[m.r.IntN(len(m.stale))], false
		}
	}
	return f.info.Version, f.info.Version != ""
}

func (m *model) putIf() {
	m.t.Helper()
	name := randomName(m.r)
	content, o := m.content()
	f, exists := m.files[name]
	var want error
	if m.r.IntN(2) == 0 {
		o.If = files.IfAbsent()
		if exists {
			want = files.ErrExist
		}
	} else {
		v, right := m.version(f)
		if o.If = files.IfVersion(v); !right {
			want = files.ErrPrecondition
		}
	}
	info, err := m.b.Put(m.t.Context(), name, strings.NewReader(content), o)
	if !errors.Is(err, want) {
		m.t.Fatalf("%v: %v, want %v", o.If, err, want)
	}
	if err == nil {
		m.stored(name, content, info)
	} else {
		m.check(name)
	}
}

func (m *model) delete() {
	m.t.Helper()
	name := randomName(m.r)
	if f, ok := m.files[name]; ok && m.strong {
		m.stale = append(m.stale, f.info.Version)
	}
	delete(m.files, name)
	if err := m.b.Delete(m.t.Context(), name, nil); err != nil {
		m.t.Fatal(err)
	}
	m.check(name)
}

func (m *model) deleteIf() {
	m.t.Helper()
	name := randomName(m.r)
	v, right := m.version(m.files[name])
	if v == "" {
		return // no condition
	}
	var want error
	if right {
		if m.strong {
			m.stale = append(m.stale, v)
		}
		delete(m.files, name)
	} else {
		want = files.ErrPrecondition
	}
	if err := m.b.Delete(m.t.Context(), name,
		&files.DeleteOptions{IfVersion: v}); !errors.Is(err, want) {
		m.t.Fatalf("%v, want %v", err, want)
	}
	m.check(name)
}

func (m *model) copy() {
	m.t.Helper()
	src, dst := randomName(m.r), randomName(m.r)
	f, ok := m.files[src]
	o := &files.CopyOptions{}
	if m.r.IntN(2) == 0 {
		o.Attributes = &files.Attributes{ContentType: "y/y", ContentLanguage: "de"}
	}
	info, err := files.Copy(m.t.Context(), m.b, dst, m.b, src, o)
	if !ok {
		if !errors.Is(err, files.ErrNotExist) {
			m.t.Fatal(err)
		}
		m.check(dst)
		return
	}
	if err != nil {
		m.t.Fatal(err)
	}
	if src == dst && o.Attributes == nil {
		m.check(src)
		return
	}
	attrs := f.info.Attributes
	if o.Attributes != nil {
		attrs = *o.Attributes
	}
	whole := m.strong || o.Attributes != nil // otherwise Copy returns no attributes
	if whole && fmt.Sprint(info.Attributes) != fmt.Sprint(attrs) ||
		m.strong && info.Digest != f.info.Digest {
		m.t.Fatalf("copied %v, want %v", info, attrs)
	}
	m.stored(dst, f.content, info)
}

// check compares Stat and Get of a name.
func (m *model) check(name string) {
	m.t.Helper()
	want, ok := m.files[name]
	info, err := m.b.Stat(m.t.Context(), name, nil)
	if !ok {
		if !errors.Is(err, files.ErrNotExist) {
			m.t.Fatalf("%q: %v, want ErrNotExist", name, err)
		}
		_, err = m.b.Get(m.t.Context(), name, nil)
		if !errors.Is(err, files.ErrNotExist) {
			m.t.Fatalf("%q: %v, want ErrNotExist", name, err)
		}
		return
	}
	if err != nil || fmt.Sprint(info) != fmt.Sprint(want.info) ||
		info.Size != int64(len(want.content)) {
		m.t.Fatalf("%q: %v, %v, want %v", name, info, err, want.info)
	}
	r, err := m.b.Get(m.t.Context(), name, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	defer r.Close()
	got, err := r.ReadString()
	if err != nil || got != want.content || fmt.Sprint(r.Info()) != fmt.Sprint(info) {
		m.t.Fatalf("%q: %q, %v, want %q", name, got, err, want.content)
	}
}

func (m *model) get() {
	m.t.Helper()
	if len(m.files) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(m.files))
	name := names[m.r.IntN(len(names))]
	f := m.files[name]
	size := int64(len(f.content))
	off, n := m.r.Int64N(size+3), m.r.Int64N(size+3)
	for _, rng := range []files.Range{files.Bytes(off, n), files.From(off), files.Last(n), {}} {
		r, err := m.b.Get(m.t.Context(), name, &files.GetOptions{
			Range:     rng,
			IfVersion: f.info.Version,
		})
		if err != nil {
			m.t.Fatal(err)
		}
		from, count := rng.Resolve(size)
		if got, err := r.ReadString(); err != nil || got != f.content[from:from+count] {
			m.t.Fatalf("%v of %q: %q, %v", rng, f.content, got, err)
		}
		r.Close()
	}
	if _, err := m.b.Get(m.t.Context(), name,
		&files.GetOptions{IfNotVersion: f.info.Version}); !errors.Is(err, files.ErrNotModified) {
		m.t.Fatalf("%v, want ErrNotModified", err)
	}
	if _, err := m.b.Get(m.t.Context(), name,
		&files.GetOptions{IfVersion: "none"}); !errors.Is(err, files.ErrPrecondition) {
		m.t.Fatalf("%v, want ErrPrecondition", err)
	}
}

// TestContentIsNotShared: the bucket doesn't share the memory of the content that is
// given to Put, or that ReadAll returns.
func TestContentIsNotShared(t *testing.T) {
	b := mem.New(nil)
	buf := []byte("content")
	if _, err := b.Put(t.Context(), "a", bytes.NewReader(buf), nil); err != nil {
		t.Fatal(err)
	}
	clear(buf)
	for range 2 {
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.ReadAll()
		if err != nil || string(got) != "content" {
			t.Fatalf(`the body is %q, %v, want "content"`, got, err)
		}
		clear(got)
	}
}
