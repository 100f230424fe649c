package faultrun

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"cloudfiles.dev/files"
)

// verify reads every file without faults and compares it with the model. Then it compares
// the full listing with the files that it read.
func (r *run) verify() {
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	there := map[string]files.Info{}
	get := func(name string) (content []byte, ok bool) {
		p, info, err := read(ctx, r.Bucket, name, nil)
		switch {
		case errors.Is(err, files.ErrNotExist):
			return nil, true
		case err != nil:
			r.violation("%s: at the end: %v", name, err)
			return nil, false
		}
		there[name] = info
		return p, true
	}
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		p, ok := get(name)
		if !ok {
			continue
		}
		if bad := r.files[name].final(p); bad != "" {
			r.violation("%s: at the end %s", name, bad)
		}
	}
	for _, k := range r.counters {
		if p, ok := get(k.name); ok {
			if bad := k.check(p, len(k.acked)); bad != "" {
				r.violation("%s: at the end %s", k.name, bad)
			}
		}
	}
	for _, s := range r.slots {
		if p, ok := get(s.name); ok {
			if bad := s.check(p); bad != "" {
				r.violation("%s: at the end %s", s.name, bad)
			}
		}
	}
	r.verifyList(ctx, there)
	if r.Leftovers != nil {
		left := r.Leftovers()
		r.report.Left = len(left)
		for _, u := range notForgiven(r.Proxy.Records(), left) {
			r.violation("the unfinished upload %s of %q is left, which the driver knew and could "+
				"have ended", u.ID, u.Key)
		}
	}
}

// final checks the content of the file at the end; nil is no file.
func (f *file) final(p []byte) string {
	var v value
	if p != nil {
		var err error
		if v, err = parse(p); err != nil {
			return "there are " + err.Error()
		}
	}
	return f.observe(p == nil, v, "", false)
}

func (r *run) verifyList(ctx context.Context, there map[string]files.Info) {
	last := ""
	for e, err := range r.Bucket.List(ctx, "", nil) {
		if err != nil {
			r.violation("at the end the listing failed: %v", err)
			return
		}
		if r.Ignore != nil && r.Ignore(e.Name) {
			continue
		}
		info, ok := there[e.Name]
		switch {
		case !ok:
			r.violation("at the end the listing has %q, which does not exist or was listed before",
				e.Name)
		case e.Size != info.Size || e.Version != info.Version:
			r.violation("at the end the listing has %q with %d bytes and version %q, but Get "+
				"returned %d and %q", e.Name, e.Size, e.Version, info.Size, info.Version)
		case r.features.Ordered && e.Name <= last:
			r.violation("at the end the listing has %q after %q", e.Name, last)
		}
		last = e.Name
		delete(there, e.Name)
	}
	for name := range there {
		r.violation("at the end the listing lacks %q", name)
	}
}
