package hostile

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/files"
)

// operation is an operation that is tried under each way.
type operation struct {
	name string
	// needs reports whether the bucket has what the operation needs; nil is always.
	needs func(f files.Features) bool
	// want are the sentinels that its error has with true responses.
	want []error
	// conditional are the sentinels that are right only because it sends a condition.
	conditional []error
	// writes is the new content of each file that the operation changes, or nil if it
	// deletes the file.
	writes map[string][]byte
	// moves reports whether at least one of the files of writes must always be there.
	moves bool
	// large reports whether it sends large content.
	large bool
	// do makes the operation. wrong is what is wrong if err is nil.
	do func(ctx context.Context, c *check) (wrong string, err error)
}

// operations returns the operations on which each way is tried.
func operations(large int) []operation {
	all := slices.Concat(readOperations(), listOperations(), writeOperations(), deleteOperations())
	if large > 0 {
		all = append(all, partOperations(large)...)
	}
	return all
}

// sameBytes returns how the content differs, or "".
func sameBytes(name string, got, want []byte) string {
	if bytes.Equal(got, want) {
		return ""
	}
	n := 0
	for n < len(got) && n < len(want) && got[n] == want[n] {
		n++
	}
	return fmt.Sprintf("%s: %d bytes came, want %d; they differ at byte %d: %.40q",
		name, len(got), len(want), n, got[n:])
}

// info returns what is wrong with the Info of a file, or "".
func (c *check) info(name string, i files.Info) string {
	switch want := c.world.files[name]; {
	case i.Name != name:
		return fmt.Sprintf("Info.Name = %q, want %q", i.Name, name)
	case i.Size != int64(len(want)):
		return fmt.Sprintf("Info.Size = %d, want %d", i.Size, len(want))
	}
	return c.version(i.Version, c.world.versions[name])
}

// version returns what is wrong with a version, or "".
func (c *check) version(got, want files.Version) string {
	unusable := got == "" || strings.HasPrefix(string(got), "W/")
	switch {
	case got == want, c.way != nil && c.way.NoVersion && unusable:
		return ""
	case !c.world.features.Versions && got == "":
		return ""
	}
	return fmt.Sprintf("Version = %.60q, want %.60q", got, want)
}

// read reads a file and returns what is wrong with the result.
func (c *check) read(ctx context.Context, o *files.GetOptions, off, n int) (string, error) {
	r, err := c.bucket.Get(ctx, fileA, o)
	if err != nil {
		return "", err
	}
	defer r.Close()
	got, err := r.ReadAll()
	if err != nil {
		// The bytes before an error aren't compared: only the digest of the whole file
		// finds a damaged byte.
		return "", err
	}
	if wrong := sameBytes(fileA, got, c.world.files[fileA][off:off+n]); wrong != "" {
		return wrong, nil
	}
	return c.info(fileA, r.Info()), nil
}

func readOperations() []operation {
	has := func(f files.Features) bool { return f.ReadConditions && f.Versions }
	get := func(o files.GetOptions, off, n int) func(context.Context, *check) (string, error) {
		return func(ctx context.Context, c *check) (string, error) {
			o := o
			return c.read(ctx, &o, off, n)
		}
	}
	return []operation{
		{
			name: "get",
			do:   get(files.GetOptions{}, 0, sizeA),
		},
		{
			name: "get of a range",
			do:   get(files.GetOptions{Range: files.Bytes(1000, 20_000)}, 1000, 20_000),
		},
		{
			name: "get of the end",
			do:   get(files.GetOptions{Range: files.Last(5000)}, sizeA-5000, 5000),
		},
		{
			name: "get from behind the end",
			do:   get(files.GetOptions{Range: files.From(sizeA + 5)}, sizeA, 0),
		},
		{
			name:        "get of a version",
			needs:       has,
			conditional: []error{files.ErrPrecondition},
			do: func(ctx context.Context, c *check) (string, error) {
				o := &files.GetOptions{IfVersion: c.world.versions[fileA]}
				return c.read(ctx, o, 0, sizeA)
			},
		},
		{
			name:        "get of another version",
			needs:       has,
			conditional: []error{files.ErrNotModified},
			do: func(ctx context.Context, c *check) (string, error) {
				o := &files.GetOptions{IfNotVersion: c.world.versions[fileTwin]}
				return c.read(ctx, o, 0, sizeA)
			},
		},
		{
			name: "get of what isn't there",
			want: []error{files.ErrNotExist},
			do: func(ctx context.Context, c *check) (string, error) {
				r, err := c.bucket.Get(ctx, "dir/missing", nil)
				if err != nil {
					return "", err
				}
				r.Close()
				return "a file that isn't there", nil
			},
		},
		{
			name: "stat",
			do: func(ctx context.Context, c *check) (string, error) {
				i, err := c.bucket.Stat(ctx, fileA, nil)
				if err != nil {
					return "", err
				}
				return c.info(fileA, i), nil
			},
		},
		{
			name: "check",
			do: func(ctx context.Context, c *check) (string, error) {
				return "", files.Check(ctx, c.bucket)
			},
		},
	}
}

// names returns what is wrong with a listing's entries, or "". A name that the store
// doesn't have comes from the way.
func (c *check) names(got []files.Entry, want ...string) string {
	have := map[string]bool{}
	last := ""
	for _, e := range got {
		if e.Name <= last {
			return fmt.Sprintf("%q comes after %q", e.Name, last)
		}
		if last = e.Name; !strings.HasPrefix(e.Name, "dir/") {
			return fmt.Sprintf("%q is outside of the directory", e.Name)
		}
		if have[e.Name] = true; e.Size < 0 {
			return fmt.Sprintf("%q has a size of %d", e.Name, e.Size)
		}
		if content, ok := c.world.files[e.Name]; ok && e.Size != int64(len(content)) {
			return fmt.Sprintf("%q has a size of %d, want %d", e.Name, e.Size, len(content))
		}
	}
	for _, name := range want {
		if !have[name] {
			return fmt.Sprintf("%q is missing, of %d names", name, len(got))
		}
	}
	return ""
}

var (
	below   = []string{fileA, fileB, "dir/c", "dir/sub/d", "dir/sub/e f", fileTwin, "dir/über"}
	shallow = []string{fileA, fileB, "dir/c", "dir/sub/", fileTwin, "dir/über"}
)

// maxListed is how many entries are read of a listing that doesn't end.
const maxListed = 10_000

func (c *check) list(ctx context.Context, o *files.ListOptions, want []string) (string, error) {
	var got []files.Entry
	for e, err := range c.bucket.List(ctx, "dir", o) {
		if err != nil {
			return "", err
		}
		if got = append(got, e); len(got) > maxListed {
			return "it doesn't end", nil
		}
	}
	return c.names(got, want...), nil
}

func listOperations() []operation {
	return []operation{
		{
			name: "list",
			do: func(ctx context.Context, c *check) (string, error) {
				return c.list(ctx, &files.ListOptions{PageSize: 3}, below)
			},
		},
		{
			name: "list in one page",
			do: func(ctx context.Context, c *check) (string, error) {
				return c.list(ctx, nil, below)
			},
		},
		{
			name: "shallow list",
			do: func(ctx context.Context, c *check) (string, error) {
				return c.list(ctx, &files.ListOptions{Shallow: true, PageSize: 3}, shallow)
			},
		},
		{
			name: "pages",
			do: func(ctx context.Context, c *check) (string, error) {
				var got []files.Entry
				token := ""
				for {
					page, next, err := files.ListPage(ctx, c.bucket, "dir", token, 4, nil)
					if err != nil {
						return "", err
					}
					if got = append(got, page...); next == "" {
						return c.names(got, below...), nil
					}
					if token = next; len(got) > maxListed {
						return "it doesn't end", nil
					}
				}
			},
		},
	}
}
