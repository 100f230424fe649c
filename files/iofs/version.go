package iofs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// hashed keeps the digests of files that were used.
type hashed struct {
	mu sync.Mutex
	m  map[string]hash
}

// hash is the SHA-256 of a file, and the size and time that the file had.
type hash struct {
	size int64
	time time.Time
	sum  string
}

// version sets the version, and with ByContent the digest.
func (s *source) version(ctx context.Context, info *files.Info) error {
	switch s.opts.Versions {
	case ByTime:
		if !info.ModTime.IsZero() {
			info.Version = files.Version(fmt.Sprintf("%x.%x-%x", info.ModTime.Unix(),
				info.ModTime.Nanosecond(), info.Size))
		}
	case ByContent:
		h, err := s.hash(ctx, info)
		if err != nil {
			return cleaned(err)
		}
		info.Version, info.Digest.SHA256 = files.Version(h.sum), h.sum
	}
	return nil
}

// hash returns the digest of a file. It reads the file unless the digest is known for
// this size and time.
func (s *source) hash(ctx context.Context, info *files.Info) (hash, error) {
	s.hashed.mu.Lock()
	h, ok := s.hashed.m[info.Name]
	s.hashed.mu.Unlock()
	if ok && h.size == info.Size && h.time.Equal(info.ModTime) {
		return h, nil
	}
	f, fi, err := s.open(info.Name)
	if err != nil {
		return hash{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, &untilEnd{ctx, f})
	switch {
	case err != nil:
		return hash{}, err
	case n != info.Size || fi.Size() != info.Size || !fi.ModTime().Equal(info.ModTime):
		return hash{}, errChanged
	}
	h = hash{info.Size, info.ModTime, hex.EncodeToString(sum.Sum(nil))}
	s.hashed.mu.Lock()
	defer s.hashed.mu.Unlock()
	if s.hashed.m == nil {
		s.hashed.m = map[string]hash{}
	}
	s.hashed.m[info.Name] = h
	return h, nil
}

// checkVersion decides the conditions of a Get.
func checkVersion(req *driver.OpenRequest, v files.Version) error {
	switch {
	case v == "" && (req.IfVersion != "" || req.IfNotVersion != ""):
		return driver.Errorf(files.ErrUnsupported, "the file has no time, so it has no version")
	case req.IfVersion != "" && req.IfVersion != v:
		return files.ErrPrecondition
	case req.IfNotVersion != "" && req.IfNotVersion == v:
		return files.ErrNotModified
	}
	return nil
}
