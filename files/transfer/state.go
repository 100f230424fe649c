package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/flock"
	"cloudfiles.dev/files/resume"
)

// A state says how far the copy of one large file is. It has two files in the folder of
// states, <key>.json with a note and <key>.lock, which is locked while a run copies the
// file. A kill leaves both; the note is replaced by a rename, so it is never
// half-written. It is not synced: after a power failure, parts or a note that are gone
// are sent again.

const (
	noteExt = ".json"
	lockExt = ".lock"
	// staleAge is how long nobody has continued a copy that Apply gives up.
	staleAge = resume.DefaultAge
	// foreignAge is the same for a copy to another bucket, which can't be aborted.
	foreignAge = 30 * 24 * time.Hour
)

// DefaultStateDir returns the folder for states in this user's cache folder
// (os.UserCacheDir), for command-line programs. It doesn't make it.
//
// Errors: that of os.UserCacheDir, if the environment names no such folder.
func DefaultStateDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "cloudfiles", "transfer"), nil
}

// note is what the file of a state has.
type note struct {
	Kind   string       `json:"cloudfiles"`
	Name   string       `json:"name"` // at the target
	Pin    string       `json:"pin"`  // of the source's version
	Digest files.Digest `json:"digest"`
	Dated  bool         `json:"dated,omitempty"` // without Options.StoreTime
	Token  string       `json:"token"`           // of package resume
}

const noteKind = "transfer"

// state is the state of a copy that this run has locked.
type state struct {
	stem string // the path without an extension
	lock *os.File
	note note
}

// openState locks the state of a copy, and reads it if there is one. It returns nil if
// another run has locked it, or if the folder can't be used.
func openState(dir, key string) *state {
	if !flock.Works || os.MkdirAll(dir, 0o700) != nil {
		return nil
	}
	s := &state{stem: filepath.Join(dir, key)}
	for range 10 {
		f, err := os.OpenFile(s.stem+lockExt, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil
		}
		if !flock.Lock(f) {
			f.Close()
			return nil
		}
		if isAt(f, s.stem+lockExt) {
			s.lock = f
			s.read()
			return s
		}
		f.Close() // another run has just removed it
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

// read reads the note. A damaged one is no note.
func (s *state) read() {
	text, err := os.ReadFile(s.stem + noteExt)
	if err != nil || json.Unmarshal(text, &s.note) != nil || s.note.Kind != noteKind ||
		!json.Valid([]byte(s.note.Token)) {
		s.note = note{}
	}
}

func (s *state) token() string { return s.note.Token }

// save replaces the note; one without a token is removed. If that fails, there is no
// note, and the next run begins anew.
func (s *state) save(n note) {
	n.Kind = noteKind
	path := s.stem + noteExt
	text, err := json.Marshal(n)
	if err == nil && n.Token != "" {
		temp := s.stem + ".tmp"
		if err = os.WriteFile(temp, text, 0o600); err == nil {
			err = os.Rename(temp, path)
		}
	}
	if err != nil || n.Token == "" {
		os.Remove(path)
		n = note{}
	}
	s.note = n
}

// abort removes the parts that the target has, and the note.
func (s *state) abort(ctx context.Context, b files.Bucket, name string) error {
	if s.note.Token == "" {
		return nil
	}
	err := resume.AbortToken(ctx, b, name, s.note.Token)
	if err == nil || errors.Is(err, files.ErrUnsupported) {
		s.save(note{})
		return nil
	}
	return err
}

// close unlocks the state. It removes the lock's file unless there is a note.
func (s *state) close() {
	if s.note.Token == "" {
		os.Remove(s.stem + noteExt)
		os.Remove(s.stem + ".tmp")
		os.Remove(s.stem + lockExt)
	}
	s.lock.Close()
}

// forget removes the state of a file that was copied as a whole: it has become small, or
// was copied inside the store. A small file is looked up only if StateDir had states
// when the run began, so that it usually costs nothing.
func (r *run) forget(ctx context.Context, c Change, name string) {
	if c.Source.Size < r.plan.opts.ResumeSize && !r.hadStates() {
		return
	}
	t, ok := r.target(ctx, name)
	if !ok {
		return
	}
	if _, err := os.Lstat(filepath.Join(t.dir, t.key+noteExt)); err != nil {
		return
	}
	if s := openState(t.dir, t.key); s != nil {
		s.abort(ctx, r.plan.dst.b, name)
		s.close()
	}
}

// hadStates reports whether StateDir had states when it is called first.
func (r *run) hadStates() bool {
	r.states.once.Do(func() {
		entries, _ := os.ReadDir(r.plan.opts.StateDir)
		r.states.any = r.plan.opts.StateDir != "" && len(entries) > 0
	})
	return r.states.any
}

// sweep gives up the copies to this bucket that nobody has continued for staleAge, and
// removes their parts. Their names may be gone from the source by now.
func (r *run) sweep(ctx context.Context) {
	if dir := r.plan.opts.StateDir; dir != "" && r.plan.verb != verbRemove {
		r.stateDirs.Store(dir, true)
	}
	r.stateDirs.Range(func(dir, _ any) bool {
		entries, _ := os.ReadDir(dir.(string))
		for _, e := range entries {
			fi, err := e.Info()
			if key, ok := strings.CutSuffix(e.Name(), noteExt); ok && err == nil &&
				time.Since(fi.ModTime()) > staleAge && ctx.Err() == nil {
				r.giveUp(ctx, dir.(string), key, time.Since(fi.ModTime()))
			}
		}
		return true
	})
}

func (r *run) giveUp(ctx context.Context, dir, key string, age time.Duration) {
	s := openState(dir, key)
	if s == nil {
		return
	}
	defer s.close()
	t, ok := r.target(ctx, s.note.Name)
	if ok && t.key == key {
		s.abort(ctx, r.plan.dst.b, s.note.Name)
	} else if age > foreignAge {
		s.save(note{})
	}
}
