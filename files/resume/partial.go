package resume

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/digests"
	"cloudfiles.dev/files/internal/flock"
)

// The state has lines of JSON: a head, and one for each complete part. A line that a
// killed process left half-written isn't JSON and is ignored. Nothing is synced,
// because the parts are compared with their SHA-256 when they are read back.

const format = 1

// head is the first line of a state.
type head struct {
	Format   int           `json:"format"`
	Name     string        `json:"name"`
	Size     int64         `json:"size"`
	Version  files.Version `json:"version"`
	ModTime  time.Time     `json:"modTime"`
	Digest   files.Digest  `json:"digest"`
	PartSize int64         `json:"partSize"`
}

func headOf(i files.Info, partSize int64) head {
	return head{
		Format:   format,
		Name:     i.Name,
		Size:     i.Size,
		Version:  i.Version,
		ModTime:  i.ModTime,
		Digest:   i.Digest,
		PartSize: partSize,
	}
}

// is reports whether the head describes the file as it is now. The digest may be
// missing in i, because some services report it only with the content.
func (h *head) is(i files.Info) bool {
	return h.Format == format && h.Name == i.Name && h.Size == i.Size && h.Version == i.Version &&
		h.Version != "" && h.ModTime.Equal(i.ModTime) && h.PartSize > 0 &&
		(h.Digest == i.Digest || i.Digest.IsZero())
}

// parts returns the number of parts.
func (h *head) parts() int64 {
	if h.Size == 0 {
		return 0
	}
	return (h.Size-1)/h.PartSize + 1
}

// part returns the offset and the size of a part.
func (h *head) part(i int64) (off, n int64) {
	off = i * h.PartSize
	return off, min(h.PartSize, h.Size-off)
}

// doneLine is the line of a complete part.
type doneLine struct {
	Part   int64  `json:"part"`
	SHA256 string `json:"sha256"`
}

// partial is the state and the content of a download on disk.
type partial struct {
	path, statePath string
	f, state        *os.File
	head            head
	lines           []byte // lines of the state after the head

	mu   sync.Mutex
	done map[int64]digests.Part
}

// partialNames returns the names of the two files for a target.
func partialNames(path string) (part, state string) {
	dir, base := filepath.Split(path)
	sum := sha256.Sum256([]byte(base))
	stem := filepath.Join(dir, ".resume-"+hex.EncodeToString(sum[:16]))
	return stem + ".part", stem + ".state"
}

// openPartial opens or makes the two files for a target, and locks them. It returns nil
// if another call has locked them, or if their names are taken.
func openPartial(path string) *partial {
	if !flock.Works {
		return nil
	}
	p := &partial{done: map[int64]digests.Part{}}
	p.path, p.statePath = partialNames(path)
	for range 10 {
		f, err := openOwn(p.path)
		if err != nil {
			return nil
		}
		if !flock.Lock(f) {
			f.Close()
			return nil
		}
		if !isAt(f, p.path) { // another call has just removed it
			f.Close()
			continue
		}
		p.f = f
		if p.state, err = openOwn(p.statePath); err != nil {
			p.remove()
			p.close()
			return nil
		}
		return p
	}
	return nil
}

// isAt reports whether the file still has the name.
func isAt(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(mine, there)
}

// readHead reads the state, and reports whether it has a head.
func (p *partial) readHead() bool {
	all, err := io.ReadAll(p.state)
	if err != nil {
		return false
	}
	first, rest, whole := bytes.Cut(all, []byte("\n"))
	if !whole || json.Unmarshal(first, &p.head) != nil {
		return false
	}
	p.lines = rest
	return true
}

// readParts reads the parts that the state lists, and keeps those that match their
// SHA-256.
func (p *partial) readParts(ctx context.Context, sum digests.Part) error {
	count := p.head.parts()
	lines := bufio.NewScanner(bytes.NewReader(p.lines))
	for lines.Scan() {
		var l doneLine
		if json.Unmarshal(lines.Bytes(), &l) != nil || l.Part < 0 || l.Part >= count ||
			p.has(l.Part) {
			continue
		}
		if ctx.Err() != nil {
			return driver.ContextError(ctx)
		}
		off, n := p.head.part(l.Part)
		w := partWriter{sum: sum, sha: sha256.New()}
		if _, err := io.Copy(&w, io.NewSectionReader(p.f, off, n)); err != nil {
			continue
		}
		if w.n == n && hex.EncodeToString(w.sha.Sum(nil)) == l.SHA256 {
			p.done[l.Part] = w.sum
		}
	}
	if _, err := p.state.Seek(0, io.SeekEnd); err != nil {
		return targetError{err: err}
	}
	if _, err := p.state.WriteString("\n"); err != nil { // the last line may be half-written
		return targetError{err: err}
	}
	return nil
}

// anew removes all parts, and begins with the head.
func (p *partial) anew(h head) error {
	p.head, p.lines = h, nil
	line, err := json.Marshal(h)
	if err == nil {
		err = p.state.Truncate(0)
	}
	if err == nil {
		err = p.f.Truncate(0)
	}
	if err == nil {
		_, err = p.state.Seek(0, io.SeekStart)
	}
	if err == nil {
		_, err = p.state.Write(append(line, '\n'))
	}
	if err != nil {
		return targetError{err: err}
	}
	return nil
}

func (p *partial) has(i int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.done[i]
	return ok
}

// empty reports whether there is nothing to resume.
func (p *partial) empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.done) == 0 && len(p.lines) == 0
}

// partWriter writes a part at its offset, and computes its digests.
type partWriter struct {
	p      *partial
	number int64
	off, n int64
	sum    digests.Part
	sha    hash.Hash
}

func (p *partial) newPart(i int64, sum digests.Part) *partWriter {
	off, _ := p.head.part(i)
	return &partWriter{
		p:      p,
		number: i,
		off:    off,
		sum:    sum,
		sha:    sha256.New(),
	}
}

// Write only computes the digests.
func (w *partWriter) Write(b []byte) (int, error) {
	w.sum.Write(b)
	w.sha.Write(b)
	w.n += int64(len(b))
	return len(b), nil
}

func (w *partWriter) write(b []byte) (int, error) {
	if _, err := w.p.f.WriteAt(b, w.off+w.n); err != nil {
		return 0, err
	}
	return w.Write(b)
}

// end records that the part is complete.
func (w *partWriter) end() error {
	line, err := json.Marshal(doneLine{w.number, hex.EncodeToString(w.sha.Sum(nil))})
	if err != nil {
		return err
	}
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	w.p.done[w.number] = w.sum
	_, err = w.p.state.Write(append(line, '\n'))
	return err
}

// check compares the content with a digest that can't be combined from digests of the
// parts.
func (p *partial) check(want files.Digest) error {
	h := driver.NewHasher(want)
	if _, err := io.Copy(h, io.NewSectionReader(p.f, 0, p.head.Size)); err != nil {
		return targetError{err: err}
	}
	got := h.Sum()
	if want.MD5 != "" && got.MD5 != want.MD5 || want.SHA256 != "" && got.SHA256 != want.SHA256 {
		return driver.WithCause(files.ErrCorrupt, nil, "the digest isn't the stored one")
	}
	return nil
}

// place renames the content to path, durably.
func (p *partial) place(path string) error {
	err := p.f.Truncate(p.head.Size)
	if err == nil {
		err = p.f.Sync()
	}
	if err == nil {
		err = os.Rename(p.path, path)
	}
	if err != nil {
		return targetError{err: err, last: true}
	}
	// otherwise it is another call's
	if _, err := os.Lstat(p.path); errors.Is(err, os.ErrNotExist) {
		os.Remove(p.statePath)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return driver.WithCause(files.ErrUncertain, err,
			"the file is in its place, but might not survive a crash")
	}
	return nil
}

// remove removes both files while they are locked.
func (p *partial) remove() {
	if isAt(p.f, p.path) {
		os.Remove(p.statePath)
		os.Remove(p.path)
	}
}

func (p *partial) close() {
	if p.state != nil {
		p.state.Close()
	}
	p.f.Close()
}
