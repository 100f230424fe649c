package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// found is an entry, or the error that ends the reading.
type found struct {
	entry
	err error
}

// load reads head. A log without head is empty.
func (l *Log) load(ctx context.Context) (*head, error) {
	content, err := files.ReadAll(ctx, l.bucket, l.headName(), &files.ReadOptions{
		MaxBytes: maxHead,
	})
	if errors.Is(err, files.ErrNotExist) {
		return parseHead(nil)
	}
	if err != nil {
		return nil, err
	}
	return parseHead(content)
}

// entries yields the entries of head and its segments from a position on.
func (l *Log) entries(ctx context.Context, h *head, from int64) iter.Seq2[int64, found] {
	return func(yield func(int64, found) bool) {
		give := func(first int64, all []entry) bool {
			for i, e := range all {
				if pos := first + int64(i); pos >= from && !yield(pos, found{entry: e}) {
					return false
				}
			}
			return true
		}
		for _, s := range h.Segments {
			if s.First+s.Count <= from {
				continue
			}
			all, err := l.readSegment(ctx, s)
			if err != nil {
				yield(0, found{err: err})
				return
			}
			if !give(s.First, all) {
				return
			}
		}
		give(h.Start, h.Records)
	}
}

func (l *Log) readSegment(ctx context.Context, s segment) ([]entry, error) {
	if !l.inDir(s.Name) {
		return nil, driver.Errorf(files.ErrInvalid, "a segment is outside of the log's directory")
	}
	content, err := files.ReadAll(ctx, l.bucket, s.Name, &files.ReadOptions{MaxBytes: maxSegment})
	if err != nil {
		return nil, err
	}
	var all []entry
	if json.Unmarshal(content, &all) != nil || int64(len(all)) != s.Count {
		return nil, driver.Errorf(files.ErrInvalid, "a segment of the log is damaged")
	}
	return all, nil
}

// Read yields the records from the position on, up to the end that the log had when the
// loop began. If from is the log's end, there are none. Each range over the result
// reads the log again. An error is the last value that it yields.
//
// Errors: ErrGone if Compact has removed the record at from, or a later record before
// the loop reached it; ErrInvalid for a position that is negative or beyond the log's
// end; those of Get.
func (l *Log) Read(ctx context.Context, from int64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		next := from
		h, err := l.load(ctx)
		switch {
		case err != nil:
		case from < 0 || from > h.next():
			err = driver.Errorf(files.ErrInvalid,
				"the position %d is not from 0 to the log's end, %d", from, h.next())
		case from < h.First:
			err = l.gone(from, h)
		}
		if err == nil {
			for pos, e := range l.entries(ctx, h, from) {
				if err = e.err; err != nil {
					break
				}
				if !yield(Record{pos, e.Data}, nil) {
					return
				}
				next = pos + 1
			}
		}
		if errors.Is(err, files.ErrNotExist) { // a segment that Compact has deleted
			if now, again := l.load(ctx); again == nil && next < now.First {
				err = l.gone(next, now)
			}
		}
		if err != nil {
			yield(Record{}, driver.NewError(files.OpGet, l.dir, err))
		}
	}
}

func (l *Log) gone(pos int64, h *head) error {
	return fmt.Errorf("%w: the position is %d, the first record is at %d", ErrGone, pos, h.First)
}

// Bounds returns the position of the first record, and the position that the next
// append will get. They are equal if the log is empty.
//
// Errors: ErrInvalid if the directory has something other than a log; those of Get. A
// missing log is empty.
func (l *Log) Bounds(ctx context.Context) (first, next int64, err error) {
	h, err := l.load(ctx)
	if err != nil {
		return 0, 0, driver.NewError(files.OpGet, l.dir, err)
	}
	return h.First, h.next(), nil
}

// Compact removes all records before the given position. It is not an error if there
// are none. A position that is negative or beyond the log's end is ErrInvalid. Compact
// also deletes segments that are no longer needed, including those that failed appends
// left.
func (l *Log) Compact(ctx context.Context, before int64) error {
	err := l.compact(ctx, before)
	return driver.NewError(files.OpUpdate, l.dir, err)
}

func (l *Log) compact(ctx context.Context, before int64) error {
	var now *head
	_, err := files.Update(ctx, l.bucket, l.headName(), func(old []byte) ([]byte, error) {
		h, err := parseHead(old)
		if err != nil {
			return nil, err
		}
		now = h
		if before < 0 || before > h.next() {
			return nil, driver.Errorf(files.ErrInvalid,
				"the position %d is not from 0 to the log's end, %d", before, h.next())
		}
		if before <= h.First {
			return nil, files.SkipUpdate
		}
		h.First = before
		for len(h.Segments) > 0 && h.Segments[0].First+h.Segments[0].Count <= before {
			h.Segments = h.Segments[1:]
		}
		if n := before - h.Start; n > 0 {
			h.Start, h.Records = before, h.Records[n:]
		}
		return h.encode()
	}, options)
	if err != nil {
		return err
	}
	return l.clean(ctx, now)
}

// clean deletes the segments that begin before the log's first record and aren't part
// of the log. A segment that a writer is just making begins later, or its head can't be
// stored any more.
func (l *Log) clean(ctx context.Context, h *head) error {
	used := map[string]bool{}
	for _, s := range h.Segments {
		used[s.Name] = true
	}
	var old []string
	for e, err := range l.bucket.List(ctx, l.dir+"/segments", &files.ListOptions{
		NamesOnly: true,
	}) {
		if err != nil {
			return err
		}
		digits, _, _ := strings.Cut(path.Base(e.Name), "-")
		first, err := strconv.ParseInt(digits, 10, 64)
		if err == nil && first < h.First && !used[e.Name] {
			old = append(old, e.Name)
		}
	}
	_, err := files.DeleteMany(ctx, l.bucket, slices.Values(old))
	return err
}
