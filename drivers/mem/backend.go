package mem

import (
	"context"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/drivers/mem/internal/btree"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// backend implements driver.Backend. Several buckets may share one.
type backend struct {
	clock    func() time.Time
	maxSize  int64
	fidelity fidelity

	commit  sync.Mutex // held while files is changed
	commits uint64
	files   btree.Map[*file]
	uploads uploads
}

func newBackend(opts *Options) *backend {
	s := &backend{clock: time.Now, fidelity: opts.fidelity()}
	if opts != nil {
		s.maxSize = max(opts.MaxSize, 0)
		if opts.Clock != nil {
			s.clock = opts.Clock
		}
	}
	return s
}

// Features implements driver.Backend.
func (s *backend) Features() files.Features {
	return files.Features{
		MaxSize:           s.maxSize,
		TimeResolution:    s.fidelity.resolution,
		AnyName:           true,
		Atomic:            true,
		Versions:          true,
		VersionPerPut:     s.fidelity.versionPerPut,
		PutReturnsVersion: true,
		IfAbsent:          true,
		IfVersion:         true,
		DeleteIfVersion:   true,
		ReadConditions:    true,
		OneVersionReads:   true,
		Attributes:        true,
		Digests:           true,
		Ordered:           true,
		DirBesideFile:     true,
		StatNoBucket:      true, // the bucket is never missing
		ServerCopy:        true,
	}
}

// Store implements driver.Identifier.
func (s *backend) Store() any { return s }

// Check implements driver.Checker. A bucket in memory always exists.
func (s *backend) Check(context.Context) error { return nil }

// Close implements driver.Backend. It does nothing, since other buckets may share the
// backend.
func (s *backend) Close() error { return nil }

func (s *backend) get(name string) (*file, bool) { return s.files.Snapshot().Get(name) }

// publish makes f the file of that name, visible to readers, if the condition holds
// (P8, P9). The caller holds commit.
func (s *backend) publish(name string, cond files.Condition, f *file) error {
	old, exists := s.files.Get(name)
	var version files.Version
	if exists {
		version = old.version
	} else {
		name = strings.Clone(name) // it may be a part of a large string
	}
	if err := cond.Check(exists, version); err != nil {
		return err
	}
	s.commits++
	if s.fidelity.versionPerPut {
		f.setCountedVersion(s.commits)
	}
	f.modTime = s.fidelity.truncateTime(s.clock())
	s.files.Set(name, f)
	s.files.Publish()
	return nil
}

// Put implements driver.Backend. It reads the content before it locks anything.
func (s *backend) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	return s.putContent(ctx, req, "")
}

// putContent is a Put, or, if upload isn't "", the completion of the upload with that ID.
func (s *backend) putContent(ctx context.Context, req *driver.PutRequest,
	upload string) (files.Info, error) {
	data, err := readContent(req.Content, req.Size)
	if err != nil {
		return files.Info{}, err
	}
	f := newFile(data, req.Attributes, s.fidelity.keptDigest(req.Content.Digest()))
	if upload != "" {
		f.setUpload(upload)
	}
	if !s.fidelity.versionPerPut {
		if old, ok := s.get(req.Name); ok && old.sameBytes(f) {
			f.version, f.crc32c = old.version, old.crc32c
		} else {
			f.setHashedVersion()
		}
	}
	s.commit.Lock()
	defer s.commit.Unlock()
	if ctx.Err() != nil {
		return files.Info{}, driver.ContextError(ctx)
	}
	if err := s.publish(req.Name, req.If, f); err != nil {
		return files.Info{}, err
	}
	return s.fidelity.putInfo(f, req.Name), nil
}

// Delete implements driver.Backend.
func (s *backend) Delete(_ context.Context, key driver.Key, ifVersion files.Version) error {
	s.commit.Lock()
	defer s.commit.Unlock()
	if ifVersion != "" {
		if f, ok := s.files.Get(key.Name); !ok || f.version != ifVersion {
			return files.ErrPrecondition
		}
	}
	if s.files.Delete(key.Name) {
		s.files.Publish()
	}
	return nil
}

// DeleteMany implements driver.ManyDeleter (D3). It copies the tree's nodes once for all
// names.
func (s *backend) DeleteMany(_ context.Context, names []string) []error {
	s.commit.Lock()
	defer s.commit.Unlock()
	for _, name := range names {
		s.files.Delete(name)
	}
	s.files.Publish()
	return make([]error, len(names))
}

// MaxDeleteMany implements driver.ManyDeleter. The limit bounds how long other writers
// wait.
func (s *backend) MaxDeleteMany() int { return 1000 }

// Copy implements driver.Copier, between any two backends in memory, which then share
// the content.
func (s *backend) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	src, ok := from.(*backend)
	if !ok {
		return files.Info{}, files.ErrUnsupported
	}
	s.commit.Lock()
	defer s.commit.Unlock()
	// If src is s, this is the newest state, since commit is held. Another backend's
	// state is read without waiting.
	old, ok := src.get(req.Src)
	switch {
	case !ok:
		return files.Info{}, files.ErrNotExist
	case req.IfSource != "" && req.IfSource != old.version:
		return files.Info{}, files.ErrPrecondition
	case s.maxSize > 0 && int64(len(old.data)) > s.maxSize:
		return files.Info{}, driver.Errorf(files.ErrTooLarge, "%d bytes, at most %d", len(old.data),
			s.maxSize)
	}
	f := old.copy(req.Attributes)
	if !s.fidelity.versionPerPut && src.fidelity.versionPerPut {
		f.setHashedVersion()
	}
	if err := s.publish(req.Dst, req.If, f); err != nil {
		return files.Info{}, err
	}
	return s.fidelity.copyInfoOf(f, req), nil
}
