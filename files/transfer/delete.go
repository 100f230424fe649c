package transfer

import (
	"context"
	"slices"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// deletions carries out the deletions, and then the copies that had to wait for them.
func (r *run) deletions(ctx context.Context) error {
	size := 1
	if r.plan.verb == verbRemove || r.plan.opts.MayLoseConcurrentPut {
		size = files.DeleteBatchSize
	}
	work := make(chan []Change)
	var workers sync.WaitGroup
	for range min(int64(r.plan.opts.Parallel), r.deletes.left()/int64(size)+1) {
		workers.Go(func() {
			r.guarded(func() {
				for batch := range work {
					r.deleteBatch(ctx, batch)
				}
			})
		})
	}
	var batch []Change
	give := func() bool {
		select {
		case work <- batch:
			batch = nil
			return true
		case <-ctx.Done():
			r.withhold(len(batch))
			return false
		}
	}
	err := r.deletes.each(func(c Change) bool {
		batch = append(batch, c)
		return len(batch) < size || give()
	})
	if len(batch) > 0 {
		give()
	}
	close(work)
	workers.Wait()
	r.lateMu.Lock()
	late := r.late
	r.late = nil
	r.lateMu.Unlock()
	for _, c := range late {
		if ctx.Err() != nil {
			break
		}
		n, err := r.copyOrMove(ctx, c)
		r.finish(ctx, c, n, err)
	}
	return err
}

// withhold counts n deletions that are not tried.
func (r *run) withhold(n int) {
	r.track.update(Event{Kind: EventProgress},
		func(_ *Progress, res *Result) { res.Withheld += int64(n) })
}

// deleteBatch deletes one file by its version, or many by their names.
func (r *run) deleteBatch(ctx context.Context, batch []Change) {
	switch {
	case ctx.Err() != nil:
		r.withhold(len(batch))
	case r.plan.opts.DryRun:
		for _, c := range batch {
			r.finish(ctx, c, 0, nil)
		}
	case r.plan.verb == verbRemove || r.plan.opts.MayLoseConcurrentPut:
		failed := r.deleteNames(ctx, batch)
		for _, c := range batch {
			r.finish(ctx, c, 0, failed[c.Target.Name])
		}
	default:
		for _, c := range batch {
			err := deleteListed(ctx, r.plan.dst, c.Target)
			r.finish(ctx, c, 0, err)
		}
	}
}

// deleteNames deletes by name and returns the errors. Names that fail with
// ErrUnavailable are tried again once.
func (r *run) deleteNames(ctx context.Context, batch []Change) map[string]error {
	names := make([]string, len(batch))
	for i, c := range batch {
		names[i] = c.Target.Name
	}
	failed := map[string]error{}
	for try := range 2 {
		res, err := files.DeleteMany(ctx, r.plan.dst.b, slices.Values(names))
		for _, name := range names {
			delete(failed, name)
		}
		for _, e := range res.Failed {
			failed[e.Name] = e
		}
		if err != nil && len(res.Failed) == 0 { // the error is for all names
			for _, name := range names {
				failed[name] = err
			}
		}
		names = slices.DeleteFunc(names, func(name string) bool {
			return files.KindOf(failed[name]) != files.ErrUnavailable
		})
		if len(names) == 0 || try > 0 || ctx.Err() != nil {
			break
		}
		r.track.update(Event{Kind: EventRetry, Err: failed[names[0]]},
			func(p *Progress, _ *Result) { p.Retries += int64(len(names)) })
	}
	return failed
}

// deleteListed deletes a file if it is still as it was listed. If the bucket can't
// delete a certain version, it compares the version, or else size and time, just
// before. It is not an error if the file is gone already.
func deleteListed(ctx context.Context, p place, e files.Entry) error {
	name, v := e.Name, e.Version
	if v != "" && p.features.DeleteIfVersion {
		err := p.b.Delete(ctx, name, &files.DeleteOptions{IfVersion: v})
		if files.KindOf(err) != files.ErrPrecondition {
			return err
		}
		now, serr := statOrNoBucket(ctx, p.b, name)
		switch {
		case files.KindOf(serr) == files.ErrNotExist:
			return nil
		case serr == nil && movedAside(ctx, p, e, now.Entry):
			return p.b.Delete(ctx, name, &files.DeleteOptions{IfVersion: now.Version})
		}
		return err
	}
	now, err := statOrNoBucket(ctx, p.b, name)
	if files.KindOf(err) == files.ErrNotExist {
		return nil
	}
	if err != nil {
		return driver.NewError(files.OpDelete, name, err)
	}
	same := now.Version == v
	if v == "" {
		same = now.Size == e.Size && now.ModTime.Equal(e.ModTime)
	}
	if !same {
		return driver.NewError(files.OpDelete, name, files.ErrPrecondition)
	}
	return p.b.Delete(ctx, name, nil)
}

// movedAside reports whether a file has another version only because there is a
// directory of its name now: the local driver then renames a file that another program
// wrote, which changes its version (package local, "Versions"), but neither its size nor
// its time. A file that was put meanwhile has another time, if times are fine.
func movedAside(ctx context.Context, p place, listed, now files.Entry) bool {
	fine := p.features.TimeResolution > 0 && p.features.TimeResolution <= time.Microsecond
	if !fine || now.Size != listed.Size || !now.ModTime.Equal(listed.ModTime) {
		return false
	}
	for _, err := range p.b.List(ctx, listed.Name, &files.ListOptions{Limit: 1}) {
		return err == nil
	}
	return false
}
