package mirror

import (
	"context"
	"errors"
	"io"
	"maps"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// maxRounds is how often a file is copied again because it has changed in the first
// meanwhile.
const maxRounds = 100

// follow makes the second's file equal to the first's, or deletes it if the first has
// none.
func (m *mirror) follow(ctx context.Context, name string, conditional bool) error {
	versions := m.first.Features().Versions
	for range maxRounds {
		copied, err := m.copy(ctx, name)
		switch {
		case files.KindOf(err) == files.ErrChanged:
			continue
		case err != nil:
			return failed(1, conditional, err)
		}
		now, err := m.first.Stat(ctx, name, nil)
		gone := files.KindOf(err) == files.ErrNotExist
		switch {
		case err != nil && !gone:
			return failed(1, conditional, err)
		case copied == nil && gone:
			return nil
		case copied != nil && !gone && (!versions || m.isStill(*copied, now)):
			return nil
		}
	}
	return failed(1, conditional,
		driver.Errorf(files.ErrUnavailable, "the file changes faster than it is copied"))
}

// isStill reports whether the first's file is still the one that was put or read. If its
// versions are those of the bytes (V1), the attributes may have changed without them.
func (m *mirror) isStill(was, now files.Info) bool {
	f := m.first.Features()
	return now.Version == was.Version &&
		(f.VersionPerPut || !f.Attributes || equalAttributes(was, now))
}

// copy copies the file to the second, or deletes it there. It returns nil if the file
// was deleted.
func (m *mirror) copy(ctx context.Context, name string) (*files.Info, error) {
	r, err := m.first.Get(ctx, name, nil)
	if files.KindOf(err) == files.ErrNotExist {
		return nil, m.second.Delete(ctx, name, nil)
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	info := r.Info()
	o := &files.PutOptions{
		Attributes: info.Attributes,
		Size:       &info.Size,
		Digest:     info.Digest,
	}
	if !m.second.Features().Attributes {
		o.Attributes = files.Attributes{ContentType: info.ContentType}
	}
	// The TeeReader hides all methods of r but Read from Put.
	if _, err = m.second.Put(ctx, name, io.TeeReader(r, io.Discard), o); err != nil {
		return nil, err
	}
	return &info, nil
}

// heal makes both members equal after a condition has failed in the first: an earlier
// call may have succeeded in the first alone. The call returns the failed condition in
// any case.
func (m *mirror) heal(ctx context.Context, name string, err error) {
	if !errors.Is(err, files.ErrExist) && !errors.Is(err, files.ErrPrecondition) {
		return
	}
	if same, err := m.same(ctx, name); err == nil && !same {
		_ = m.follow(ctx, name, true)
	}
}

// same reports whether both members have the same file by size, digest and attributes.
// Files without a digest in common count as different.
func (m *mirror) same(ctx context.Context, name string) (bool, error) {
	a, errA := m.first.Stat(ctx, name, nil)
	b, errB := m.second.Stat(ctx, name, nil)
	noA, noB := files.KindOf(errA) == files.ErrNotExist, files.KindOf(errB) == files.ErrNotExist
	switch {
	case errA != nil && !noA:
		return false, errA
	case errB != nil && !noB:
		return false, errB
	case noA || noB:
		return noA && noB, nil
	}
	known, equal := compare(a.Digest, b.Digest)
	return a.Size == b.Size && (known && equal || a.Size == 0) && m.sameAttributes(a, b), nil
}

// compare reports whether the digests have an algorithm in common, and whether all
// values of common algorithms are equal.
func compare(a, b files.Digest) (known, equal bool) {
	equal = true
	for _, d := range [][2]string{
		{a.CRC32C, b.CRC32C}, {a.MD5, b.MD5}, {a.SHA256, b.SHA256}, {a.CRC32, b.CRC32},
		{a.CRC64NVME, b.CRC64NVME},
	} {
		if d[0] != "" && d[1] != "" {
			known, equal = true, equal && d[0] == d[1]
		}
	}
	return known, equal
}

func (m *mirror) sameAttributes(a, b files.Info) bool {
	if !m.first.Features().Attributes || !m.second.Features().Attributes {
		return true
	}
	return equalAttributes(a, b)
}

func equalAttributes(a, b files.Info) bool {
	return a.ContentType == b.ContentType && a.CacheControl == b.CacheControl &&
		a.ContentDisposition == b.ContentDisposition &&
		a.ContentEncoding == b.ContentEncoding && a.ContentLanguage == b.ContentLanguage &&
		maps.Equal(a.Metadata, b.Metadata)
}
