package gcs

import (
	"context"
	"net/url"
	"sync"

	"cloudfiles.dev/drivers/internal/causes"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Delete removes the object; a missing one is not an error (D1), except under a
// condition (D2).
func (b *backend) Delete(ctx context.Context, key driver.Key, ifVersion files.Version) error {
	c := &call{
		op:     opDelete,
		method: "DELETE",
		url:    b.resource(key.Name),
		last:   true,
	}
	if ifVersion != "" {
		g, ok := generation(ifVersion)
		if !ok {
			return driver.WithCause(files.ErrPrecondition, nil, "no file has such a version")
		}
		c.query = url.Values{"ifGenerationMatch": {g}}
		c.conds = condVersion
	}
	var past past
	err := b.retry.Do(ctx, func(ctx context.Context, _ int) error {
		return past.saw(b.do(ctx, c, nil))
	})
	open := past.uncertain || past.byProxy &&
		(files.KindOf(err) == files.ErrNotExist || files.KindOf(err) == files.ErrPrecondition)
	switch kind := files.KindOf(err); {
	case err == nil, kind == files.ErrNotExist && ifVersion == "":
		return nil
	case open && (kind == files.ErrNotExist || kind == files.ErrPrecondition || !notApplied(err)):
		return uncertain(err)
	case kind == files.ErrNotExist:
		return driver.WithCause(files.ErrPrecondition, causes.WithoutKind(err), "there is no file")
	}
	return err
}

const (
	// deleteMany is the most names of one call, and deleteAtOnce the most requests at a
	// time.
	deleteMany   = 1000
	deleteAtOnce = 32
)

func (b *backend) MaxDeleteMany() int { return deleteMany }

// DeleteMany deletes in parallel, because a request deletes one object (D3).
func (b *backend) DeleteMany(ctx context.Context, names []string) []error {
	errs := make([]error, len(names))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(deleteAtOnce, len(names)) {
		wg.Go(func() {
			for i := range next {
				if errs[i] = driver.ContextError(ctx); errs[i] == nil {
					errs[i] = b.Delete(ctx, driver.Key{Name: names[i]}, "")
				}
			}
		})
	}
	for i := range names {
		next <- i
	}
	close(next)
	wg.Wait()
	return errs
}
