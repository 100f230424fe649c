package overlay

import (
	"context"
	"errors"
	"iter"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func (r *router) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	var o files.ListOptions
	if opts != nil {
		o = *opts
	}
	return func(yield func(files.Entry, error) bool) {
		l := &lister{
			r:   r,
			ctx: ctx,
			dir: dir,
			o:   o,
		}
		if dir = strings.TrimSuffix(dir, "/"); dir != "" {
			l.base = dir + "/"
		}
		defer l.stop()
		l.run(yield)
	}
}

// lister merges the listings of all members.
type lister struct {
	r       *router
	ctx     context.Context
	dir     string
	base    string // "" or "dir/"
	o       files.ListOptions
	streams []*stream
	unread  error // the first file that a member couldn't read, reported at the end (L9)
}

// stream is a member's listing. With a Limit it is read in parts, because the member
// reports what it couldn't read after the last entry that Limit allows (L9). Its head
// is the next entry, unless the stream has ended.
type stream struct {
	list  func(files.ListOptions) iter.Seq2[files.Entry, error]
	o     files.ListOptions
	next  func() (files.Entry, error, bool)
	stop  func()
	seen  int // entries in this part so far
	head  files.Entry
	used  bool // the head was taken
	ended bool
}

func (s *stream) begin() {
	if s.stop != nil {
		s.stop()
	}
	s.seen = 0
	s.next, s.stop = iter.Pull2(s.list(s.o))
}

// pull returns the next entry. It begins another part after the end of this one, unless
// onlyEnd is set, which is for the error at the end.
func (s *stream) pull(onlyEnd bool) (files.Entry, error, bool) {
	for {
		e, err, ok := s.next()
		if ok && err == nil {
			s.seen++
		}
		if ok || !s.partial() || onlyEnd {
			return e, err, ok
		}
		s.again()
	}
}

// partial reports whether entries may follow those of this part.
func (s *stream) partial() bool { return s.o.Limit > 0 && s.seen == s.o.Limit }

// again begins the part after this one.
func (s *stream) again() {
	s.o.StartAfter = s.head.Name
	s.begin()
}

func (l *lister) stop() {
	for _, s := range l.streams {
		s.stop()
	}
}

func (l *lister) run(yield func(files.Entry, error) bool) {
	if err := l.start(); err != nil {
		yield(files.Entry{}, err)
		return
	}
	for n := 0; ; {
		e, i, err := l.take()
		if err == nil && i < 0 {
			err = l.unread
		}
		if err != nil {
			yield(files.Entry{}, err)
			return
		}
		if i < 0 {
			return
		}
		shown, err := l.shows(e, i)
		if err != nil {
			yield(files.Entry{}, err)
			return
		}
		if !shown {
			continue
		}
		e.Version = tag(i, e.Version)
		if !yield(e, nil) {
			return
		}
		if n++; n == l.o.Limit {
			l.ends()
			if l.unread != nil {
				yield(files.Entry{}, l.unread)
			}
			return
		}
	}
}

// ends gets the error of each stream that ended with the Limit.
func (l *lister) ends() {
	for _, s := range l.streams {
		if s.used && !s.ended && s.partial() {
			if _, err, ok := s.pull(true); ok && err != nil && l.unread == nil {
				l.unread = err
			}
		}
	}
}

// start begins the members' listings.
func (l *lister) start() error {
	if l.ctx.Err() != nil {
		return driver.ContextError(l.ctx)
	}
	o := l.o
	for i, m := range l.r.members {
		of := o
		if i == 0 && l.r.whiteouts {
			of.NamesOnly = false // only a file of a certain size may be a whiteout
		}
		s := &stream{o: of, used: true}
		s.list = func(o files.ListOptions) iter.Seq2[files.Entry, error] {
			return m.List(l.ctx, l.dir, &o)
		}
		s.begin()
		l.streams = append(l.streams, s)
	}
	return nil
}

// advance moves a stream to its next entry. A file that a member couldn't read doesn't
// end the listing; every other error does, because it may hide files that mask lower
// ones.
func (l *lister) advance(s *stream) error {
	e, err, ok := s.pull(false)
	for ok && err != nil {
		if !l.unreadable(err) {
			return err
		}
		if !s.partial() {
			ok = false
			break
		}
		s.again()
		e, err, ok = s.pull(false)
	}
	s.used = false
	switch {
	case !ok:
		s.ended = true
	case e.Name <= s.head.Name:
		return driver.Errorf(files.ErrUnavailable, "a member doesn't list in byte order")
	default:
		s.head = e
	}
	return nil
}

// unreadable reports whether the error is that of a folder or a file that can't be read,
// and keeps the first one for the end (L9).
func (l *lister) unreadable(err error) bool {
	var fe *files.Error
	below := errors.As(err, &fe) && fe.Op == files.OpList &&
		strings.HasPrefix(fe.Name, l.base) && len(fe.Name) > len(l.base)
	if !below || l.ctx.Err() != nil {
		return false
	}
	if l.unread == nil {
		l.unread = err
	}
	return true
}

// take returns the next entry and its member, or -1 at the end. It marks the heads with
// this name as used.
func (l *lister) take() (e files.Entry, member int, err error) {
	for _, s := range l.streams {
		if s.used && !s.ended {
			if err := l.advance(s); err != nil {
				return e, -1, err
			}
		}
	}
	member = -1
	for i, s := range l.streams {
		if !s.ended && (member < 0 || s.head.Name < e.Name) {
			e, member = s.head, i
		}
	}
	for _, s := range l.streams {
		s.used = member >= 0 && !s.ended && s.head.Name == e.Name
	}
	return e, member, nil
}

// shows reports whether an entry is listed: it is not if it is a whiteout, or a
// directory whose files are all masked.
func (l *lister) shows(e files.Entry, member int) (bool, error) {
	if len(e.Name) > l.r.members[0].Features().MaxName {
		return false, nil
	}
	if member > 0 || !l.r.whiteouts {
		return true, nil
	}
	if !e.IsDir {
		if e.Size != int64(len(WhiteoutContent)) {
			return true, nil
		}
		info, err := l.r.members[0].Stat(l.ctx, e.Name, nil)
		if files.KindOf(err) == files.ErrNotExist { // the file was deleted meanwhile
			return false, nil
		}
		return !isWhiteout(info), err
	}
	for _, err := range l.r.List(l.ctx, e.Name, &files.ListOptions{
		Limit:     1,
		NamesOnly: true,
	}) {
		if err != nil && l.unreadable(err) { // whether a file is in it isn't known
			return false, nil
		}
		return err == nil, err
	}
	return false, nil
}
