package files

import (
	"strings"

	"cloudfiles.dev/files/internal/nils"
)

// Sub returns a directory of b as a bucket of its own, for one tenant, for example. Its
// names are those below dir, and nothing else can be reached through it. Closing it
// closes nothing of b. The directory need not exist. Sub refuses "" with ErrInvalid,
// because that would be the whole bucket by accident.
//
// Errors: ErrInvalid for a nil bucket and for ""; ErrInvalidName for a directory that
// isn't a legal name, or is so long that no name fits below it.
func Sub(b Bucket, dir string) (Bucket, error) {
	if nils.Is(b) {
		return nil, newError(OpOpen, dir, errNilBucket)
	}
	if dir == "" {
		return nil, newError(OpOpen, dir, invalid("the directory of a sub-bucket is empty"))
	}
	d, err := checkDir(dir, MaxName)
	if err != nil {
		return nil, newError(OpOpen, dir, err)
	}
	if max := b.Features().maxName(); len(d)+2 > max {
		return nil, newError(OpOpen, dir,
			errorf(ErrInvalidName, "no name fits below a directory of %d bytes", len(d)))
	}
	return withPrefix(b, d+"/", "sub", false), nil
}

// withPrefix puts a raw prefix before every name. layer is what Layers calls it.
func withPrefix(b Bucket, prefix, layer string, own bool) Bucket {
	cut := strings.LastIndexByte(prefix, '/') + 1
	dir, part := strings.TrimSuffix(prefix[:cut], "/"), prefix[cut:]
	return Wrap(b, Hooks{Layer: layer + " " + prefix, CloseInner: own, Names: &NameMap{
		Extra: len(prefix),
		In:    func(name string) string { return prefix + name },
		Out:   func(inner string) (string, bool) { return cutPrefix(inner, prefix) },
		List: func(d string, o *ListOptions) string {
			if o.StartAfter != "" {
				o.StartAfter = prefix + o.StartAfter
			}
			if d != "" {
				return prefix + d
			}
			o.Prefix = part + o.Prefix
			return dir
		},
	}})
}

// cutPrefix is strings.CutPrefix for names: the rest is not empty and does not begin
// with a slash.
func cutPrefix(name, prefix string) (string, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	return rest, ok && rest != "" && rest[0] != '/'
}

// checkPrefix checks a raw prefix: there must be a legal name that begins with it.
func checkPrefix(prefix string) error { return CheckName(prefix + "x") }

// withKey narrows a bucket to one file and refuses other names with ErrPermission.
func withKey(b Bucket, key string) Bucket {
	return Wrap(b, Hooks{Layer: "key", CloseInner: true, Names: &NameMap{
		Check: func(name string) error {
			if name != key {
				return errorf(ErrPermission, "the bucket gives access to one other file only")
			}
			return nil
		},
		In: func(name string) string { return name },
		Out: func(inner string) (string, bool) {
			return inner, inner == key || strings.HasPrefix(key,
				inner) && strings.HasSuffix(inner, "/")
		},
		List: func(d string, o *ListOptions) string {
			if rest, ok := strings.CutPrefix(key, join(d, "")); ok && rest != "" {
				if o.Shallow {
					rest, _, _ = strings.Cut(rest, "/")
				}
				if strings.HasPrefix(rest, o.Prefix) { // no need to read more than that
					o.Prefix = rest
				}
			}
			return d
		},
	}})
}
