package mount

import (
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// New returns one bucket that joins the buckets of the table. Each key is the directory
// at which its bucket is mounted; the bucket of "" gets all other names. A directory
// may end with one "/", and may be inside another. The bucket is safe for concurrent
// use, and closing it closes none of the others.
//
// Errors:
//
//   - ErrInvalid for an empty table, a nil bucket, a directory that isn't a legal name
//     or is given twice, and for two buckets that have files of one store in common,
//     because each such file would have two names;
//   - ErrUnsupported for a bucket that isn't Ordered.
func New(table map[string]files.Bucket) (files.Bucket, error) {
	r, err := newRouter(table)
	if err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	return files.Wrap(r, files.Hooks{Layer: r.text(), Restrict: true}), nil
}

// router is a files.Bucket that is only used through Wrap, which does the checks that
// are common to all operations.
type router struct {
	members  []*member          // by prefix
	byPrefix map[string]*member // with nowhere for "", if the table has none
	segments []segment
	nowhere  *member // or nil
}

// member is a bucket and where it is mounted.
type member struct {
	prefix string       // "" or "dir/"
	raw    files.Bucket // as the caller gave it
	b      files.Bucket // raw with the names of the joined bucket
}

func newRouter(table map[string]files.Bucket) (*router, error) {
	if len(table) == 0 {
		return nil, invalid("the table of mounts is empty")
	}
	r := &router{byPrefix: map[string]*member{}}
	for dir, b := range table {
		m := &member{raw: b}
		if dir != "" {
			m.prefix = strings.TrimSuffix(dir, "/") + "/"
		}
		if err := m.check(dir); err != nil {
			return nil, err
		}
		if r.byPrefix[m.prefix] != nil {
			return nil, invalid("%q is mounted twice", strings.TrimSuffix(m.prefix, "/"))
		}
		r.byPrefix[m.prefix] = m
		r.members = append(r.members, m)
	}
	slices.SortFunc(r.members, func(a, b *member) int {
		return strings.Compare(a.prefix, b.prefix)
	})
	for i, m := range r.members {
		for _, o := range r.members[:i] {
			if driver.Overlap(m.raw, "", o.raw, "") {
				return nil, invalid("the buckets at %s and %s have files in common", o.place(),
					m.place())
			}
		}
	}
	r.wrap()
	r.segments = segmentsOf(r)
	return r, nil
}

func (m *member) check(dir string) error {
	if nils.Is(m.raw) {
		return invalid("the bucket at %q is nil", dir)
	}
	if dir != "" {
		if err := files.CheckName(m.prefix + "x"); err != nil {
			return invalid("the directory %q is not a legal name", dir)
		}
	}
	if !m.raw.Features().Ordered {
		return driver.Errorf(files.ErrUnsupported,
			"the bucket at %q isn't Ordered, so its listing can't be merged with others", dir)
	}
	return nil
}

// place returns where the member is mounted, for errors.
func (m *member) place() string {
	if m.prefix == "" {
		return "the root"
	}
	return fmt.Sprintf("%q", strings.TrimSuffix(m.prefix, "/"))
}

// wrap gives the members the joined bucket's names and time resolution.
func (r *router) wrap() {
	if r.byPrefix[""] == nil {
		r.nowhere = &member{raw: driver.New(nothing{})}
		r.byPrefix[""] = r.nowhere
	}
	resolution := r.members[0].raw.Features().TimeResolution
	for _, m := range r.members {
		resolution = max(resolution, m.raw.Features().TimeResolution)
	}
	for _, m := range r.byPrefix {
		h := files.Hooks{Features: func(f files.Features) files.Features {
			f.TimeResolution = max(f.TimeResolution, resolution)
			return f
		}}
		if m.prefix != "" {
			h.Names = below(m.prefix)
		}
		m.b = files.Wrap(m.raw, h)
	}
}

// below returns the NameMap that cuts the prefix from names.
func below(prefix string) *files.NameMap {
	return &files.NameMap{
		Extra: -len(prefix),
		In:    func(name string) string { return strings.TrimPrefix(name, prefix) },
		Out:   func(inner string) (string, bool) { return prefix + inner, inner != "" },
		List: func(dir string, o *files.ListOptions) string {
			after, ok := strings.CutPrefix(o.StartAfter, prefix)
			if !ok { // StartAfter is before all names here
				after = ""
			}
			o.StartAfter = after
			return strings.TrimSuffix(strings.TrimPrefix(dir+"/", prefix), "/")
		},
	}
}

// owner returns the member that has the name.
func (r *router) owner(name string) *member {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			if m := r.byPrefix[name[:i+1]]; m != nil {
				return m
			}
		}
	}
	return r.byPrefix[""]
}

// text returns the layer's text: each member's mount point and layers.
func (r *router) text() string {
	var all []string
	for _, m := range r.members {
		all = append(all, m.place()+": "+strings.Join(files.Layers(m.raw), ", "))
	}
	return "mount " + strings.Join(all, "; ")
}

func invalid(format string, args ...any) error {
	return driver.Errorf(files.ErrInvalid, format, args...)
}
