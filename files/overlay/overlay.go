package overlay

import (
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// Options are the options of New. With the zero value, files of lower members can't be
// deleted.
type Options struct {
	// Whiteouts makes Delete hide a file of a lower member by putting a whiteout into
	// the first. The first member needs the Features Attributes, Versions, IfAbsent and
	// IfVersion. All programs that use the same members must set this option to the
	// same value.
	Whiteouts bool
}

// New returns one bucket made of several members. It writes to the first member, and
// reads each file from the first member that has it. It is safe for concurrent use, and
// closing it closes no member. opts may be nil.
//
// Errors:
//
//   - ErrInvalid for an empty list, a nil bucket, and for two members that have files
//     of one store in common;
//   - ErrUnsupported for a member that isn't Ordered, and for Whiteouts if the first
//     member can't have them.
func New(members []files.Bucket, opts *Options) (files.Bucket, error) {
	r := &router{}
	if opts != nil {
		r.whiteouts = opts.Whiteouts
	}
	if err := check(members, r.whiteouts); err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	resolution := members[0].Features().TimeResolution
	text := []string{}
	for _, b := range members {
		resolution = max(resolution, b.Features().TimeResolution)
		text = append(text, strings.Join(files.Layers(b), ", "))
	}
	for _, b := range members {
		r.members = append(r.members, files.Wrap(b, files.Hooks{
			Features: func(f files.Features) files.Features {
				f.TimeResolution = max(f.TimeResolution, resolution)
				return f
			},
		}))
	}
	return files.Wrap(r, files.Hooks{
		Layer:    "overlay " + strings.Join(text, "; over "),
		Restrict: true,
	}), nil
}

func check(members []files.Bucket, whiteouts bool) error {
	if len(members) == 0 {
		return invalid("the list of members is empty")
	}
	for i, b := range members {
		if nils.Is(b) {
			return invalid("member %d is nil", i)
		}
		for j, o := range members[:i] {
			if driver.Overlap(b, "", o, "") {
				return invalid("members %d and %d have files in common", j, i)
			}
		}
		if !b.Features().Ordered {
			return driver.Errorf(files.ErrUnsupported,
				"member %d isn't Ordered, so its listing can't be merged with others", i)
		}
	}
	f := members[0].Features()
	if whiteouts && !f.ReadOnly && !(f.Attributes && f.Versions && f.IfAbsent && f.IfVersion) {
		return driver.Errorf(files.ErrUnsupported, "the first member can't have whiteouts: it "+
			"lacks attributes, versions or conditions")
	}
	return nil
}

func invalid(format string, args ...any) error {
	return driver.Errorf(files.ErrInvalid, format, args...)
}

// router is a files.Bucket that is only used through Wrap, which does the checks that
// are common to all operations.
type router struct {
	members   []files.Bucket
	whiteouts bool
}

// Layers returns nothing, because the layer's text already has the members.
func (r *router) Layers() []string { return nil }

// Close does nothing, because the members are the caller's.
func (r *router) Close() error { return nil }

// Features returns the first member's Features, without the features of reading that
// another member lacks.
func (r *router) Features() files.Features {
	f := r.members[0].Features()
	for _, m := range r.members[1:] {
		g := m.Features()
		f.TimeResolution = max(f.TimeResolution, g.TimeResolution)
		f.Versions = f.Versions && g.Versions
		f.ReadConditions = f.ReadConditions && g.ReadConditions
		f.OneVersionReads = f.OneVersionReads && g.OneVersionReads
		f.Digests = f.Digests && g.Digests
		f.Ordered = f.Ordered && g.Ordered
		f.StatNoBucket = f.StatNoBucket && g.StatNoBucket
		f.ServerCopy = f.ServerCopy && g.ServerCopy
	}
	if r.whiteouts {
		f.IfAbsent = f.IfAbsent && f.IfVersion // over a whiteout
		f.DeleteIfVersion = f.DeleteIfVersion && f.IfVersion
	}
	if len(r.members) > 1 {
		f.IfVersion = f.IfVersion && f.IfAbsent // over a lower file
	}
	if !f.Versions && r.members[0].Features().Versions {
		f.VersionPerPut, f.PutReturnsVersion, f.IfVersion = false, false, false
		f.DeleteIfVersion, f.ReadConditions = false, false
	}
	f.ForeignKeys, f.SignGet, f.SignDelete = false, false, false
	f.SignHead, f.SignResponse = false, false
	if len(r.members) > 1 || r.whiteouts {
		f.SignIfAbsent = false // the first member alone would decide
	}
	return f
}
