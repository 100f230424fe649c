package overlay

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// found says which member has a name.
type found struct {
	member int // -1: none
	info   files.Info
	// masked is the version of the whiteout that masks the name; "" if there is none.
	masked files.Version
}

// find looks up a name in the members from the given one on.
func (r *router) find(ctx context.Context, name string, from int) (found, error) {
	for i := from; i < len(r.members); i++ {
		if !r.fits(i, name) {
			continue
		}
		info, err := r.members[i].Stat(ctx, name, nil)
		switch {
		case err == nil && r.masks(i, info):
			return found{member: -1, masked: info.Version}, nil
		case err == nil:
			return found{member: i, info: info}, nil
		case files.KindOf(err) != files.ErrNotExist:
			return found{}, err
		}
	}
	return found{member: -1}, nil
}

// fits reports whether the name is short enough for the member.
func (r *router) fits(i int, name string) bool {
	return i == 0 || driver.CheckNameMax(name, r.members[i].Features().MaxName) == nil
}

// lower reports whether a lower member has the name.
func (r *router) lower(ctx context.Context, name string) (bool, error) {
	f, err := r.look(ctx, name, 1)
	return f.member > 0, err
}

// look is find for what follows from a missing file. It calls Check of the lower members
// whose Stat can't distinguish a missing bucket from a missing file: a file is not taken
// as absent because its bucket is missing (E3). A write to the first member tells by itself.
func (r *router) look(ctx context.Context, name string, from int) (found, error) {
	f, err := r.find(ctx, name, from)
	if err != nil || f.masked != "" {
		return f, err
	}
	without := r.members[1:]
	if f.member >= 0 {
		without = r.members[min(1, f.member):f.member]
	}
	for _, m := range without {
		if m.Features().StatNoBucket {
			continue
		}
		if err := files.Check(ctx, m); files.KindOf(err) == files.ErrNoBucket {
			return found{}, err
		}
	}
	return f, nil
}

func (r *router) Stat(ctx context.Context, name string, _ *files.StatOptions) (files.Info, error) {
	f, err := r.find(ctx, name, 0)
	if err != nil {
		return files.Info{}, err
	}
	if f.member < 0 {
		return files.Info{}, files.ErrNotExist
	}
	return tagged(f.member, f.info), nil
}

func (r *router) Get(ctx context.Context, name string,
	opts *files.GetOptions) (*files.Reader, error) {
	var o files.GetOptions
	if opts != nil {
		o = *opts
	}
	var last error
	for i := range r.members {
		if !r.fits(i, name) {
			continue
		}
		body, err := r.open(ctx, i, name, o)
		if files.KindOf(err) != files.ErrNotExist {
			return body, err
		}
		if last = err; err == errMasked {
			break
		}
	}
	return nil, last
}

// errMasked is the ErrNotExist of a whiteout, after which no further member is read.
var errMasked = driver.Errorf(files.ErrNotExist, "the file is deleted in the overlay")

// open opens a member's file under the conditions. After ErrNotExist the next member
// follows.
func (r *router) open(ctx context.Context, i int, name string,
	o files.GetOptions) (*files.Reader, error) {
	m := r.members[i]
	if o.IfNotVersion != "" {
		of, v := untag(o.IfNotVersion)
		if o.IfNotVersion = ""; of == i {
			o.IfNotVersion = v
		}
	}
	if o.IfVersion != "" {
		of, v := untag(o.IfVersion)
		if of != i { // the version is of another member
			info, err := m.Stat(ctx, name, nil)
			if err == nil && r.masks(i, info) {
				err = errMasked
			}
			if err == nil {
				err = files.ErrPrecondition
			}
			return nil, err
		}
		o.IfVersion = v
	}
	body, err := m.Get(ctx, name, &o)
	if i == 0 && r.whiteouts {
		switch files.KindOf(err) {
		case files.ErrPrecondition, files.ErrNotModified: // of a file, or of a whiteout?
			if info, serr := m.Stat(ctx, name, nil); serr == nil && r.masks(i, info) {
				err = errMasked
			}
		}
	}
	if err != nil {
		return nil, err
	}
	info := body.Info()
	if r.masks(i, info) {
		body.Close()
		return nil, errMasked
	}
	driver.SetInfo(body, tagged(i, info))
	return body, nil
}
