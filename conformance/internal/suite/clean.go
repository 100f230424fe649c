package suite

import (
	"context"
	"errors"
	"maps"
	"slices"

	"cloudfiles.dev/files"
)

// clean deletes by name all files that were put below the directory, and then all files
// that are still listed there, even if ctx has ended. The error is a *LeftError. At its
// end the run tries again to delete the files that it names.
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
			for _, e := range found { // Delete may have returned nil for them
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
	if err != nil && len(res.Failed)+int(res.Deleted) < len(names) { // the call ended early
		for _, name := range names {
			left[name] = err
		}
		return
	}
	for _, failed := range res.Failed {
		err := b.Delete(ctx, failed.Name, nil) // it may be that only DeleteMany fails
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

// listed returns the entries that the store lists below the directory, including objects
// with raw keys.
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

// deleteListed deletes the entries. It adds those that remain to left, with the reason.
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
