package overlay

import (
	"reflect"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Options are the options of New. The zero value refuses to delete what a lower member
// has.
type Options struct {
	// Whiteouts lets Delete mask a file of a lower member by a whiteout in the first,
	// which needs Features Attributes, Versions, IfAbsent and IfVersion there. All who
	// use the same members must set it, or none.
	Whiteouts bool
}

// New returns one bucket of several members: the first is written, and the first that has
// a file is read. The members stay the caller's: Close closes none of them. opts may be
// nil.
//
// Errors:
//
//   - ErrInvalid for an empty list, a nil bucket, and for two members that show the same
//     files of one store;
//   - ErrUnsupported for a member that isn't Ordered, and for Whiteouts if the first
//     member can't have them.
func New(members []files.Bucket, opts *Options) (files.Bucket, error) {
	r := &router{}
	if opts != nil {
		r.whiteouts = opts.Whiteouts
	}
	if err := check(members, r.whiteouts); err != nil {
		return nil, files.NewError(files.OpOpen, "", err)
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
		return invalid("there is no member")
	}
	for i, b := range members {
		if v := reflect.ValueOf(b); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
			return invalid("member %d is nil", i)
		}
		for j, o := range members[:i] {
			if overlap(b, o) {
				return invalid("members %d and %d show the same files", j, i)
			}
		}
		if !b.Features().Ordered {
			return files.Errorf(files.ErrUnsupported,
				"member %d isn't ordered, so that there can't be one listing", i)
		}
	}
	f := members[0].Features()
	if whiteouts && !f.ReadOnly && !(f.Attributes && f.Versions && f.IfAbsent && f.IfVersion) {
		return files.Errorf(files.ErrUnsupported, "the first member can't have whiteouts: it "+
			"lacks attributes, versions or conditions")
	}
	return nil
}

// overlap reports whether two buckets may show the same file.
func overlap(a, b files.Bucket) bool {
	storeA, prefixA := root(a)
	storeB, prefixB := root(b)
	return storeA != nil && storeA == storeB &&
		(strings.HasPrefix(prefixA, prefixB) || strings.HasPrefix(prefixB, prefixA))
}

// root returns a bucket's store, and what all of its keys there begin with.
func root(b files.Bucket) (store any, prefix string) {
	const probe = "x"
	key := probe
	if l, ok := b.(driver.BucketLocator); ok {
		store, key = l.Locate(probe)
	} else if reflect.ValueOf(b).Comparable() {
		store = b
	}
	if store == nil || !reflect.ValueOf(store).Comparable() {
		return nil, ""
	}
	return store, strings.TrimSuffix(key, probe)
}

func invalid(format string, args ...any) error {
	return files.Errorf(files.ErrInvalid, format, args...)
}

// router is a files.Bucket that is used through Wrap only, which checks what is the same
// for all operations.
type router struct {
	members   []files.Bucket
	whiteouts bool
}

// Layers adds nothing to the layer's text, which has the members.
func (r *router) Layers() []string { return nil }

// Close closes nothing: the members are the caller's.
func (r *router) Close() error { return nil }

// Features are those of the first member, as far as every other can keep to what reading
// needs.
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
	return f
}
