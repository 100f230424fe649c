package hostile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"cloudfiles.dev/files"
)

// put returns an operation that puts the content and checks the Info that Put returns.
func put(name string, text []byte, o func(c *check) files.PutOptions) func(
	context.Context, *check,
) (string, error) {
	return func(ctx context.Context, c *check) (string, error) {
		opts := o(c)
		i, err := c.bucket.Put(ctx, name, bytes.NewReader(text), &opts)
		if err != nil {
			return "", err
		}
		if i.Size != int64(len(text)) {
			return fmt.Sprintf("Info.Size = %d, want %d", i.Size, len(text)), nil
		}
		c.written, c.writtenName = i.Version, name
		return "", nil
	}
}

func absent(*check) files.PutOptions { return files.PutOptions{If: files.IfAbsent()} }

func unconditional(*check) files.PutOptions { return files.PutOptions{} }

func ifVersionOf(name string) func(c *check) files.PutOptions {
	return func(c *check) files.PutOptions {
		return files.PutOptions{If: files.IfVersion(c.world.versions[name])}
	}
}

func writeOperations() []operation {
	text := content("new", 2000)
	ifAbsent := func(f files.Features) bool { return f.IfAbsent }
	ifVersion := func(f files.Features) bool { return f.IfVersion && f.Versions }
	copied := contents()[fileA]
	return []operation{
		{
			name:   "put",
			writes: map[string][]byte{"dir/new": text},
			do:     put("dir/new", text, unconditional),
		},
		{
			name:   "put over a file",
			writes: map[string][]byte{fileB: text},
			do:     put(fileB, text, unconditional),
		},
		{
			name:        "put if absent",
			needs:       ifAbsent,
			writes:      map[string][]byte{"dir/new": text},
			conditional: []error{files.ErrExist},
			do:          put("dir/new", text, absent),
		},
		{
			name:  "put if absent of a file that is there",
			needs: ifAbsent,
			want:  []error{files.ErrExist},
			do:    put(fileB, text, absent),
		},
		{
			name:        "put over a version",
			needs:       ifVersion,
			writes:      map[string][]byte{fileB: text},
			conditional: []error{files.ErrPrecondition},
			do:          put(fileB, text, ifVersionOf(fileB)),
		},
		{
			name:  "put over another version",
			needs: ifVersion,
			want:  []error{files.ErrPrecondition},
			do:    put(fileB, text, ifVersionOf(fileTwin)),
		},
		{
			name:   "copy",
			writes: map[string][]byte{"dir/copy": copied},
			do: func(ctx context.Context, c *check) (string, error) {
				i, err := files.Copy(ctx, c.bucket, "dir/copy", c.bucket, fileA, nil)
				if err != nil {
					return "", err
				}
				c.written, c.writtenName = i.Version, "dir/copy"
				return "", nil
			},
		},
		{
			name:        "copy if absent",
			needs:       ifAbsent,
			writes:      map[string][]byte{"dir/copy": copied},
			conditional: []error{files.ErrExist},
			do: func(ctx context.Context, c *check) (string, error) {
				o := &files.CopyOptions{If: files.IfAbsent(), FullInfo: true}
				i, err := files.Copy(ctx, c.bucket, "dir/copy", c.bucket, fileA, o)
				if err != nil {
					return "", err
				}
				c.written, c.writtenName = i.Version, "dir/copy"
				if i.Size != sizeA {
					return fmt.Sprintf("Info.Size = %d, want %d", i.Size, sizeA), nil
				}
				return "", nil
			},
		},
		{
			name:        "move",
			writes:      map[string][]byte{"dir/moved": contents()[fileB], fileB: nil},
			moves:       true,
			conditional: []error{files.ErrPrecondition}, // of the delete
			do: func(ctx context.Context, c *check) (string, error) {
				o := &files.CopyOptions{MayLoseConcurrentPut: !c.world.features.DeleteIfVersion}
				_, err := files.Move(ctx, c.bucket, "dir/moved", c.bucket, fileB, o)
				return "", err
			},
		},
	}
}

// partOperations are Puts of content that is uploaded in parts.
func partOperations(large int) []operation {
	text := content("large", large)
	return []operation{
		{
			name:   "put in parts",
			writes: map[string][]byte{"dir/large": text},
			large:  true,
			do:     put("dir/large", text, unconditional),
		},
		{
			name:        "put in parts if absent",
			needs:       func(f files.Features) bool { return f.IfAbsent },
			writes:      map[string][]byte{"dir/large": text},
			large:       true,
			conditional: []error{files.ErrExist},
			do:          put("dir/large", text, absent),
		},
	}
}

func deleteOperations() []operation {
	many := func(do func(ctx context.Context, c *check) (files.DeleteResult, error)) func(
		context.Context, *check,
	) (string, error) {
		return func(ctx context.Context, c *check) (string, error) {
			res, err := do(ctx, c)
			c.deleted = &res
			return "", err
		}
	}
	gone := map[string][]byte{}
	for _, name := range below {
		gone[name] = nil
	}
	return []operation{
		{
			name:   "delete",
			writes: map[string][]byte{fileB: nil},
			do: func(ctx context.Context, c *check) (string, error) {
				return "", c.bucket.Delete(ctx, fileB, nil)
			},
		},
		{
			name:        "delete of a version",
			needs:       func(f files.Features) bool { return f.DeleteIfVersion },
			writes:      map[string][]byte{fileB: nil},
			conditional: []error{files.ErrPrecondition},
			do: func(ctx context.Context, c *check) (string, error) {
				o := &files.DeleteOptions{IfVersion: c.world.versions[fileB]}
				return "", c.bucket.Delete(ctx, fileB, o)
			},
		},
		{
			name:  "delete of another version",
			needs: func(f files.Features) bool { return f.DeleteIfVersion },
			want:  []error{files.ErrPrecondition},
			do: func(ctx context.Context, c *check) (string, error) {
				o := &files.DeleteOptions{IfVersion: c.world.versions[fileTwin]}
				return "", c.bucket.Delete(ctx, fileB, o)
			},
		},
		{
			name:   "delete many",
			writes: map[string][]byte{fileA: nil, fileB: nil},
			do: many(func(ctx context.Context, c *check) (files.DeleteResult, error) {
				return files.DeleteMany(ctx, c.bucket, slices.Values([]string{fileA, fileB}))
			}),
		},
		{
			name:   "delete of a directory",
			writes: gone,
			do: many(func(ctx context.Context, c *check) (files.DeleteResult, error) {
				return files.DeleteDir(ctx, c.bucket, "dir")
			}),
		},
	}
}

// failedNames returns the names that failed. all reports that any other may have, too.
func failedNames(res *files.DeleteResult, err error) (names map[string]bool, all bool) {
	names = map[string]bool{}
	for _, e := range res.Failed {
		names[e.Name] = true
	}
	// An error that isn't that of a name ended the work early: some names weren't tried.
	return names, err != nil && (len(res.Failed) == 0 || !errors.Is(err, res.Failed[0]))
}
