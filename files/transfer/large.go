package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
)

// A large file is an upload of package files/resume to the target, whose token is in a
// state (state.go). The source is a body of one version; the next run opens it where
// the first part is missing, so that what was copied is neither read nor sent again.

const (
	defaultResumeSize = 64 << 20
	// A kill loses what is on its way: 1/40 of a file if parts can be so small, and
	// otherwise at most 1/20, and 1/40 in a run that continues another. So three kills
	// together lose a tenth at most, except that one part, of at least 5 MiB on S3, is
	// always on its way.
	usualLoss = 40
	mostLoss  = 20
	mostParts = 4 // of a file at a time
	leastPart = 256 << 10
	mostPart  = 8 << 20
	// largeMemory bounds the parts in memory of all large files together.
	largeMemory = 128 << 20
)

// division returns the size of the parts of a large file, and how many of them are sent
// at a time, by the first run and by one that continues.
func division(size int64, l driver.UploadLimits) (part int64, first, later int) {
	part = min(max(size/usualLoss/mostParts>>18<<18, leastPart), mostPart)
	part = min(max(part, l.MinPart), l.MaxPart)
	atOnce := func(loss int64) int { return int(min(max(size/loss/part, 1), mostParts)) }
	return part, atOnce(mostLoss), atOnce(usualLoss)
}

// target is what the target's bucket says about uploads to a name.
type target struct {
	key    string // the same for the same file of the same store, in every process
	limits driver.UploadLimits
	dir    string // the folder for states; "" is none
}

// target asks the target's bucket. ok is false if uploads to it can't be continued.
func (r *run) target(ctx context.Context, name string) (t target, ok bool) {
	t.dir = r.plan.opts.StateDir
	err := driver.WithUploader(ctx, r.plan.dst.b, name,
		func(_ context.Context, to *driver.Uploader) error {
			sum := sha256.Sum256([]byte(to.Store()))
			t.key, t.limits = hex.EncodeToString(sum[:16]), to.UploadLimits()
			if k, ok := to.PartUploader.(driver.StateKeeper); ok && t.dir == "" {
				t.dir, _ = k.StateDir()
			}
			return nil
		})
	return t, err == nil && t.dir != ""
}

// large copies a large file, and returns its size and version. ok is false if the copy
// can't be continued by another run.
func (r *run) large(ctx context.Context, c Change, name string, opts *files.CopyOptions,
	again bool) (n int64, v files.Version, ok bool, err error) {
	p := r.plan
	if c.Source.Size < p.opts.ResumeSize {
		return 0, "", false, nil
	}
	t, ok := r.target(ctx, name)
	if !ok {
		return 0, "", false, nil
	}
	part, atOnce, later := division(c.Source.Size, t.limits)
	done, err := r.memory.take(ctx, part*int64(atOnce+1))
	if err != nil {
		return 0, "", true, err
	}
	defer done()
	st := openState(t.dir, t.key)
	if st == nil {
		return 0, "", false, nil // another run is copying the file
	}
	defer st.close()
	r.stateDirs.Store(t.dir, true)
	if st.token() != "" {
		atOnce = later
	}
	src := &versionReader{
		ctx:    ctx,
		from:   p.src,
		name:   c.Source.Name,
		passed: func(int64) {},
	}
	defer src.close()
	if err := src.begin(opts.IfSource, st.token()); err != nil {
		if files.KindOf(err) == files.ErrNotExist {
			st.abort(ctx, p.dst.b, name)
		}
		return 0, "", true, err
	}
	info := src.info
	pin, dated := src.pin(), p.storesTime(c)
	if st.note.Pin == pin && pin != "" {
		info.Digest = st.note.Digest // Stat may not have it
		// what was true then may not be true now, but the token is for the same attributes
		dated = st.note.Dated || p.opts.StoreTime
	}
	active := &activeBytes{track: r.track, most: c.Source.Size}
	defer active.end()
	if !again {
		active.resumed = func(n int64) { r.resumed(c, n) }
	}
	_, err = resume.Upload(ctx, p.dst.b, name, src, info.Size, &resume.UploadOptions{
		Put: &files.PutOptions{
			Attributes: p.attributes(info, c, dated),
			If:         opts.If,
			Digest:     info.Digest,
		},
		PartSize:      part,
		Concurrency:   atOnce,
		SourceVersion: files.Version(pin),
		BeginAnew:     true,
		Token:         st.token(),
		Save: func(token string) error {
			st.save(note{
				Name:   name,
				Pin:    pin,
				Digest: info.Digest,
				Dated:  dated && !p.opts.StoreTime,
				Token:  token,
			})
			return nil
		},
		Event: func(e resume.UploadEvent) {
			if e.Kind == resume.UploadPlain {
				src.passed = active.add
			}
			active.event(e)
		},
	})
	return info.Size, info.Version, true, err
}

// resumed tells that earlier runs have copied n bytes of a file.
func (r *run) resumed(c Change, n int64) {
	r.track.update(Event{Kind: EventResumed, Change: c}, func(p *Progress, res *Result) {
		p.Resumed += n
		res.Resumed += n
	})
}

// activeBytes counts the bytes of one file as Progress.Active: at most as many as were
// planned, if the file has grown since it was listed.
type activeBytes struct {
	track   *tracker
	most    int64
	mu      sync.Mutex
	n       int64
	resumed func(int64)
}

func (a *activeBytes) event(e resume.UploadEvent) {
	switch e.Kind {
	case resume.UploadSent:
		a.add(e.Bytes)
	case resume.UploadResumed, resume.UploadFound:
		a.end()
		a.add(e.Bytes)
		if a.resumed != nil && e.Bytes > 0 {
			a.resumed(e.Bytes)
			a.resumed = nil
		}
	case resume.UploadBegunAnew:
		a.end()
	}
}

func (a *activeBytes) add(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n = min(n, a.most-a.n)
	a.n += n
	a.track.update(Event{Kind: EventProgress}, func(p *Progress, _ *Result) { p.Active += n })
}

// end takes the bytes back: the file is finished, or begun again.
func (a *activeBytes) end() {
	a.mu.Lock()
	n := a.n
	a.mu.Unlock()
	a.add(-n)
}

// memory is the memory that large files may use, in pieces of 1 MiB.
type memory struct {
	turn, pieces chan struct{}
}

func newMemory() *memory {
	return &memory{make(chan struct{}, 1), make(chan struct{}, largeMemory>>20)}
}

// take waits until n bytes are free. done gives them back.
func (m *memory) take(ctx context.Context, n int64) (done func(), err error) {
	want, got := min(int((n-1)>>20+1), cap(m.pieces)), 0
	done = func() {
		for ; got > 0; got-- {
			<-m.pieces
		}
	}
	select { // only one waits for pieces, so that no two hold some and wait for more
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return nil, ended(ctx)
	}
	for got < want {
		select {
		case m.pieces <- struct{}{}:
			got++
		case <-ctx.Done():
			done()
			return nil, ended(ctx)
		}
	}
	return done, nil
}

// pin returns a text that is the same only for the same content, or "" if the bucket has
// no versions that could be relied on.
func (v *versionReader) pin() string {
	if v.info.Version == "" || !v.from.features.ReadConditions || !v.from.features.Versions {
		return ""
	}
	sum := sha256.Sum256([]byte(v.name + "\x00" + string(v.info.Version) + "\x00" +
		v.info.ModTime.UTC().Format(time.RFC3339Nano)))
	return hex.EncodeToString(sum[:16])
}
