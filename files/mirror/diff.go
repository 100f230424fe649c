package mirror

import (
	"context"
	"errors"
	"io"
	"iter"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// Difference is a name whose files in the two members differ.
type Difference struct {
	Name string // the same in both members
	// Kind is "missing" if only the first has the file, "extra" if only the second has
	// it, and "differs" if the contents or attributes differ.
	Kind string
}

// String returns kind and name, for logs.
func (d Difference) String() string { return d.Kind + " " + files.Printable(d.Name) }

// Diff yields the names whose files differ between the members, in byte order. It reads
// both listings at the same time. If the sizes of a file are equal, it compares digests
// and attributes by a Stat of each; if there is no digest in common, it reads both
// contents. Diff ends with the first error, which is the last value that it yields. It
// may yield a name that is written meanwhile.
//
// Errors: ErrInvalid for a nil bucket; ErrUnsupported if a bucket isn't Ordered.
func Diff(ctx context.Context, first, second files.Bucket) iter.Seq2[Difference, error] {
	return func(yield func(Difference, error) bool) {
		m := &mirror{first: first, second: second}
		if err := m.diff(ctx, yield); err != nil {
			yield(Difference{}, err)
		}
	}
}

func (m *mirror) diff(ctx context.Context, yield func(Difference, error) bool) error {
	if ctx == nil || nils.Is(m.first) || nils.Is(m.second) {
		return driver.NewError(files.OpList, "",
			driver.Errorf(files.ErrInvalid, "the context or a member is nil"))
	}
	if !m.first.Features().Ordered || !m.second.Features().Ordered {
		return driver.NewError(files.OpList, "",
			driver.Errorf(files.ErrUnsupported, "a member isn't Ordered"))
	}
	nextA, stopA := iter.Pull2(m.first.List(ctx, "", nil))
	defer stopA()
	nextB, stopB := iter.Pull2(m.second.List(ctx, "", nil))
	defer stopB()
	a, errA, okA := nextA()
	b, errB, okB := nextB()
	for okA || okB {
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		d := Difference{Name: a.Name}
		stepA, stepB := okA && (!okB || a.Name <= b.Name), okB && (!okA || b.Name <= a.Name)
		switch {
		case stepA && !stepB:
			d.Kind = "missing"
		case stepB && !stepA:
			d = Difference{Name: b.Name, Kind: "extra"}
		default:
			same, err := m.sameFile(ctx, a, b)
			if err != nil {
				return err
			}
			if !same {
				d.Kind = "differs"
			}
		}
		if d.Kind != "" && !yield(d, nil) {
			return nil
		}
		if stepA {
			a, errA, okA = nextA()
		}
		if stepB {
			b, errB, okB = nextB()
		}
	}
	return nil
}

// sameFile compares a file of both members.
func (m *mirror) sameFile(ctx context.Context, a, b files.Entry) (bool, error) {
	if a.Size != b.Size {
		return false, nil
	}
	infoA, err := m.first.Stat(ctx, a.Name, nil)
	if err != nil {
		return false, ignoreMissing(err)
	}
	infoB, err := m.second.Stat(ctx, a.Name, nil)
	if err != nil {
		return false, ignoreMissing(err)
	}
	if infoA.Size != infoB.Size || !m.sameAttributes(infoA, infoB) {
		return false, nil
	}
	if known, equal := compare(infoA.Digest, infoB.Digest); known || infoA.Size == 0 {
		return equal, nil
	}
	return m.sameContent(ctx, a.Name)
}

// ignoreMissing returns nil for ErrNotExist: a file that was deleted meanwhile is a
// difference.
func ignoreMissing(err error) error {
	if files.KindOf(err) == files.ErrNotExist {
		return nil
	}
	return err
}

func (m *mirror) sameContent(ctx context.Context, name string) (bool, error) {
	var sums [2]files.Digest
	for i, b := range []files.Bucket{m.first, m.second} {
		r, err := b.Get(ctx, name, nil)
		if err != nil {
			return false, ignoreMissing(err)
		}
		var h driver.Hasher
		h.Init(files.Digest{SHA256: "wanted"})
		_, err = io.Copy(&h, r)
		r.Close()
		if err != nil {
			return false, err
		}
		sums[i] = h.Sum()
	}
	return sums[0] == sums[1], nil
}

// Repair removes the differences that [Diff] finds: it copies missing and differing
// files to the second, and deletes extra ones there. It returns how many names it has
// repaired, and goes on after a failure. The buckets may be in use as a mirror
// meanwhile.
//
// Errors: an error of Diff, which ends the work, joined with the failures of up to
// 1,000 names.
func Repair(ctx context.Context, first, second files.Bucket) (int64, error) {
	m := &mirror{first: first, second: second}
	var n int64
	var errs []error
	for d, err := range Diff(ctx, first, second) {
		if err != nil {
			errs = append(errs, err)
			break
		}
		if err := m.follow(ctx, d.Name, false); err != nil {
			errs = append(errs, driver.NewError(files.OpCopy, d.Name, err))
			if len(errs) == maxErrors {
				break
			}
			continue
		}
		n++
	}
	return n, errors.Join(errs...)
}

// maxErrors is how many failures Repair collects before it gives up.
const maxErrors = 1000
