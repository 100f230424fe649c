package suite

import (
	"context"
	"errors"
	"maps"
	"slices"

	"cloudfiles.dev/files"
)

// clean deletes by name what was put below the directory, then what is still listed
// there, also if ctx has ended. The error is a *LeftError; the run tries once more at
// its end to delete what it names.
func (s *Runner) clean(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanLimit)
	defer cancel()
	of := dir
	if dir == s.Prefix {
		of = ""
	}
	left := map[string]error{}
	for names := range slices.Chunk(s.Stored.take(of), files.DeleteBatchSize) {
		deleteNamed(ctx, s.Store, names, left)
	}
	found, err := listed(ctx, s.Store, dir)
	if len(found) > 0 || err != nil {
		deleteListed(ctx, s.Store, found, left)
		if found, err = listed(ctx, s.Store, dir); len(found) > 0 {
			for _, e := range found { // although Delete returned nil
				left[e.Name+e.Key] = errors.Join(left[e.Name+e.Key])
			}
		}
	}
	if len(left) == 0 && err == nil {
		return nil
	}
	e := &LeftError{Dir: dir, Names: slices.Sorted(maps.Keys(left)), Err: err}
	s.Stored.Put(e.Names...)()
	for _, name := range e.Names {
		if e.Err == nil {
			e.Err = left[name]
		}
	}
	return e
}

// deleteNamed deletes the names. It adds those that remain to left, with the reason.
func deleteNamed(ctx context.Context, b files.Bucket, names []string, left map[string]error) {
	res, err := files.DeleteMany(ctx, b, slices.Values(names))
	if err != nil && len(res.Failed)+int(res.Deleted) < len(names) { // it stopped early
		for _, name := range names {
			left[name] = err
		}
		return
	}
	for _, failed := range res.Failed {
		err := b.Delete(ctx, failed.Name, nil) // if only deleting many at once fails
		if err == nil {
			continue
		}
		// Nothing was put under a name that the store refuses, or through a bucket that
		// can't write.
		_, serr := b.Stat(ctx, failed.Name, nil)
		refused := errors.Is(err, errors.ErrUnsupported) && errors.Is(serr, errors.ErrUnsupported)
		if !refused && !errors.Is(serr, files.ErrNotExist) {
			left[failed.Name] = err
		}
	}
}

// listed returns what the store lists below the directory, including objects with raw
// keys.
func listed(ctx context.Context, b files.Bucket, dir string) (all []files.Entry, err error) {
	opts := &files.ListOptions{NamesOnly: true, Foreign: b.Features().ForeignKeys}
	for e, lerr := range b.List(ctx, dir, opts) {
		if lerr != nil {
			err = errors.Join(err, lerr)
			continue
		}
		all = append(all, e)
	}
	return all, err
}

// deleteListed deletes what was listed. It adds what remains to left, with the reason.
func deleteListed(ctx context.Context, b files.Bucket, all []files.Entry, left map[string]error) {
	var names []string
	for _, e := range all {
		if e.Key == "" {
			names = append(names, e.Name)
		} else if err := b.Delete(ctx, "", &files.DeleteOptions{Key: e.Key}); err != nil {
			left[e.Key] = err
		}
	}
	for names := range slices.Chunk(names, files.DeleteBatchSize) {
		deleteNamed(ctx, b, names, left)
	}
}
