package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"sync"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// pieceSize is how many bytes are written at a time.
const pieceSize = 256 << 10

var pieces = sync.Pool{New: func() any { b := make([]byte, pieceSize); return &b }}

// staged is an upload before its commit: a whole file, with its record, without a name
// or with one in the control folder.
type staged struct {
	s        *staging
	dir      fsys.Dir
	inTarget bool // dir is the target folder, not the staging folder, and is to be closed
	name     string
	content  bool // it is the content file of an upload, and dir the upload's folder
	// unnamed is set while the file has no name yet, and namedSide if its sidecar must
	// have one.
	unnamed, namedSide bool
	number             uint64 // of the name that the file gets if it needs one

	f     fsys.File
	id    fsys.Stat // the file's Stat when it was made, if known
	like  ownership // the ownership of the file that it replaces
	size  int64
	head  []byte // its first bytes, if they may determine the type
	attrs files.Attributes
	rec   record
	inRec bool // the file's record also holds the attributes
	bare  bool // it has no record, neither in an extended attribute nor in a sidecar
	// recorded is set if the record is in an extended attribute, and modest if the time
	// that the file gets must not be one that proves that there is a record.
	recorded, modest bool

	dressed bool // it has the ownership of the file that it replaces
	worn    bool // its ownership is not the one that it was made with

	gone []fsys.File // files that twins replaced

	dirty bool   // it is to be synced before its rename, together with its sidecar
	done  bool   // renamed, so there is nothing to remove
	links uint64 // how many names it had at the last call of whole
	perm  fs.FileMode
	side  *stagedSidecar
	dest  string // its name in its folder, once it is committed
	newer int64  // the time of the file that it replaces, if it must be newer than that

	begun time.Time // when the upload began, if that is known
	root  fsys.Stat // the bucket's folder at that moment
}

// brief is how long an upload relies on checks that were made when it began. It is
// about as long as the system may take between any check and the step that depends on
// it.
const brief = 100 * time.Microsecond

// isBrief reports whether the upload began just now. Then it isn't checked once more
// before its commit, only after it.
func (st *staged) isBrief() bool { return !st.begun.IsZero() && time.Since(st.begun) < brief }

// stage makes an empty staged file with the ownership of the file that it replaces. That
// is like or, if p isn't nil, the ownership of the file p; then it may have no name.
func (b *backend) stage(s *staging, p *filePaths, like ownership) (*staged, error) {
	st := &staged{s: s, dir: s.dir, like: like}
	var err error
	if p != nil {
		var known bool
		if st.like, known = b.ownershipAhead(p); !st.like.there {
			st.f = b.createUnnamed(s)
			st.unnamed, st.number = st.f != nil, s.next.Add(1)
		}
		if !known && !st.unnamed { // by its name others could read what replaces a private file
			st.like = b.ownershipOf(p)
		}
	}
	if !st.unnamed {
		st.name = s.name()
		if st.f, err = s.create(s.dir, st.name, &st.like); err != nil {
			return nil, err
		}
	}
	if st.id, err = st.f.StatBirth(); err != nil {
		st.f.Close()
		st.unlink()
		return nil, err
	}
	st.perm = st.id.Perm
	return st, nil
}

// folder returns the folder for what is staged beside the file.
func (st *staged) folder() fsys.Dir {
	if st.content { // other handles may have staged something in that folder
		return st.s.dir
	}
	return st.dir
}

// unlink removes the name.
func (st *staged) unlink() error {
	if st.unnamed {
		return nil
	}
	return st.dir.Unlink(st.name)
}

// beginStage makes a staged file in the handle's staging folder. If that folder was
// removed or can no longer be used, it makes a new one. The ownership is that of stage.
func (b *backend) beginStage(ctx context.Context, p *filePaths, like ownership) (*staged, error) {
	var lost *staging
	var r retries
	for {
		s, err := b.begin(ctx, lost)
		if err != nil {
			return nil, err
		}
		var st *staged
		if err = b.checkAlive(s); err == nil {
			st, err = b.stage(s, p, like)
		}
		if err == nil {
			return st, nil
		}
		s.release()
		refused := errors.Is(err, fs.ErrPermission) && lost == nil
		if !vanished(err) && !refused {
			return nil, mapError(err)
		}
		lost = s
		if err := b.alive(); err != nil {
			return nil, err
		}
		if err := r.again(ctx, err); err != nil {
			return nil, err
		}
	}
}

// fill writes the content. If sniff is set, it keeps the first bytes, which may
// determine the type.
func (st *staged) fill(content *driver.Content, sniff bool) error {
	p := pieces.Get().(*[]byte)
	defer pieces.Put(p)
	for {
		n, err := readPiece(content, *p)
		if n > 0 {
			if st.size == 0 && sniff {
				st.head = append(st.head, (*p)[:min(n, driver.SniffLen)]...)
			}
			if st.size > 0 && !st.unnamed { // a file that was truncated before would get a hole
				if st.size == int64(len(*p)) {
					st.f.AppendOnly()
				}
				if err := st.unchanged(); err != nil {
					return err
				}
			}
			if _, werr := st.f.Write((*p)[:n]); werr != nil {
				return mapError(werr)
			}
			st.size += int64(n)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// unchanged returns an error unless the file has the size that was written, since
// another program may have truncated it.
func (st *staged) unchanged() error {
	now, err := st.f.Stat()
	if err == nil && now.Size != st.size {
		err = driver.Errorf(files.ErrUnavailable,
			"another program changed the upload while it was written")
	}
	return mapError(err)
}

// readPiece reads until p is full or the content ends.
func readPiece(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// describeStaged decides where the attributes are stored: in the record or, if other
// programs must be able to read them, in a sidecar.
func (b *backend) describeStaged(st *staged, p *filePaths, attrs files.Attributes,
	digest files.Digest,
	found bool) {
	st.attrs = attrs
	st.rec.digest = digest
	byName, known := driver.TypeByName(p.name)
	if !found {
		if !known {
			byName = driver.ContentType(p.name, st.head)
		}
		found = attrs.ContentType == byName
	}
	if !known || !found {
		st.rec.typ = attrs.ContentType
	}
	st.rec.sidecar = !b.opts.SkipMetadata && (!found || needsSidecar(attrs) || b.opts.AlwaysSidecar)
	if st.s.coarse {
		st.rec.token = newToken()
	}
}

// newToken returns a token that no other version has.
func newToken() string {
	var token [tokenLen]byte
	rand.Read(token[:])
	return hex.EncodeToString(token[:])
}

// needsSidecar reports whether the attributes are more than a content type.
func needsSidecar(a files.Attributes) bool {
	return len(a.Metadata) > 0 || a.CacheControl != "" || a.ContentDisposition != "" ||
		a.ContentEncoding != "" || a.ContentLanguage != ""
}

// syncTogether is the size in bytes up to which the content is synced together with its
// sidecar, under the name's lock.
const syncTogether = 1 << 20

// sealNew seals a staged file for the first time. If the system sets a file's time by
// its name and the name is gone, sealNew makes a new staged file and seals that.
func (b *backend) sealNew(ctx context.Context, st *staged) (*staged, error) {
	var r retries
	for {
		st.rec.mtime = time.Now().UnixNano()
		err := b.seal(st, st.rec.mtime)
		if err != errStageLost {
			return st, err
		}
		if err := r.again(ctx, err); err != nil {
			return st, err
		}
		other, err := b.rescue(ctx, st)
		if err == nil {
			st.close()
			return other, nil
		}
		if err != errStageLost {
			return st, err
		}
	}
}

// seal gives the staged file a time, not before now (in nanoseconds since 1970), and
// its record. It makes the file durable, unless writeSidecar will do that. On a file
// system without extended attributes, the record is in the sidecar.
func (b *backend) seal(st *staged, now int64) error {
	if st.id.Ino == 0 {
		var err error
		if st.id, err = st.f.StatBirth(); err != nil {
			if missing(err) {
				return errStageLost
			}
			return mapError(err)
		}
	}
	if !st.dressed {
		st.dressed = true
		st.dress()
	}
	proving := st.rec.token == "" && !st.modest
	mtime := b.clock.time(st.id, now, proving)
	if err := st.f.SetModTime(mtime); isNotExist(err) {
		return errStageLost
	} else if err != nil {
		return mapError(err)
	}
	if st.s.coarse || st.inTarget {
		now, err := st.f.Stat()
		if err != nil {
			return mapError(err)
		}
		mtime = now.ModTime
	}
	st.rec.size, st.rec.mtime = st.size, mtime
	if err := b.setRecord(st); err != nil {
		return err
	}
	if !st.recorded && proving { // the time must not prove that there is a record
		st.modest = true
		return b.seal(st, now)
	}
	if b.opts.NoSync {
		return nil
	}
	if st.dirty = st.rec.sidecar && st.size <= syncTogether; st.dirty {
		return nil
	}
	return mapError(st.f.Sync())
}

func (b *backend) setRecord(st *staged) error {
	st.inRec, st.bare, st.recorded = false, false, true
	if !st.inTarget && b.noXattr.Load() {
		return b.withoutRecord(st)
	}
	buf := records.Get().(*[maxRecord]byte)
	defer records.Put(buf)
	rec := st.rec
	if rec.sidecar {
		rec.typ, rec.attrs = "", &st.attrs // both are in the sidecar
		if data := rec.encode(buf[:0]); len(data) <= maxRecord && st.f.Setxattr(recordAttr,
			data) == nil {
			st.inRec = true
			return nil
		}
		rec.attrs = nil
	}
	err := st.f.Setxattr(recordAttr, rec.encode(buf[:0]))
	switch {
	case errors.Is(err, fsys.ErrNoXattr): // this attribute can't be set
	case !errors.Is(err, errors.ErrUnsupported):
		return mapError(err)
	case !st.inTarget:
		b.noXattr.Store(true)
	}
	return b.withoutRecord(st)
}

func (b *backend) withoutRecord(st *staged) error {
	st.recorded = false
	if !b.opts.SkipMetadata {
		st.rec.sidecar = true
		return nil
	}
	st.bare = true
	if st.rec.typ != "" && st.rec.typ != driver.ContentType("", st.head) {
		return driver.Errorf(files.ErrUnsupported,
			"the file system can keep the content type only in a sidecar, which "+
				"metadata=skip forbids")
	}
	return nil
}

// generation returns what the sidecar says about the staged content.
func (st *staged) generation() generation {
	g := generation{
		Size:       st.size,
		ModTime:    st.rec.mtime,
		Token:      st.rec.token,
		Digest:     st.rec.digest,
		Attributes: st.attrs,
	}
	if !st.recorded {
		g.Inode = st.id.Ino
	}
	return g
}

// entry returns the entry that a listing will have for the staged file once it has its
// name.
func (b *backend) entry(st *staged) (files.Entry, error) {
	now := fsys.Stat{Size: st.size, ModTime: st.rec.mtime}
	if !st.bare {
		return entry(now, putVersion(&now, st.rec.token)), nil
	}
	now, err := st.f.Stat()
	if err == nil {
		var v files.Version
		if v, err = b.versionOfOpen(st.f, &now, &details{}); err == nil {
			return entry(now, v), nil
		}
	}
	return files.Entry{}, driver.WithCause(files.ErrUncertain, err,
		"the file was written, but its version can't be determined: "+err.Error())
}

// close ends the staging, and removes the file if it wasn't committed.
func (st *staged) close() {
	st.dropSidecar()
	st.f.Close()
	for _, f := range st.gone {
		f.Close()
	}
	if !st.done && !st.content { // the upload can be continued
		st.unlink()
	}
	if st.inTarget {
		st.dir.Close()
	}
	st.s.release()
}
