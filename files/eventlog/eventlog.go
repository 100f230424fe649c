// Package eventlog keeps an append-only log of small records in a bucket, for a few
// writers and any number of readers in any process.
//
//	log, err := eventlog.New(b, "orders", nil)
//	...
//	pos, err := log.Append(ctx, []byte(`{"order":42}`))
//	for r, err := range log.Read(ctx, next) {
//		...
//		next = r.Position + 1
//	}
//
// A log is a directory. Its file "head" has the newest records and the list of the
// segments. Segments are files with older records, and are written once. Every change
// of the log is a change of head by [files.Update], so the bucket must support IfAbsent
// and IfVersion.
//
// # What it promises
//
//   - Positions are 0, 1, 2 and so on, without gaps and in the order of the appends. A
//     record keeps its position, so a program that continues at Position+1 reads no
//     record twice and skips none, even after Compact.
//   - Append stores the record exactly once, even if responses are lost. After
//     ErrUncertain, and no other error, it isn't known whether the record is stored.
//   - Once Append has returned, every Read that begins later yields the record.
//   - Compact removes the oldest records. Reading from a removed position is ErrGone:
//     nothing is skipped silently.
//
// # What it can't keep
//
// If somebody deletes head, the log is lost. Only one Append at a time succeeds: with
// many writers, some wait long or fail with ErrPrecondition.
//
// head has at most 16 MiB, which is the list of about 100,000 segments. A log that is
// not compacted before that is full: Append is ErrTooLarge until Compact has removed
// segments.
//
// # What it costs
//
// An Append makes two requests: it reads head and writes it. head has up to
// SegmentBytes of records and the list of segments. Each time head is full, there is
// one more write. A Read is one request for head and one for each segment that it
// reads. The package links only this module and the standard library.
package eventlog

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// The limits of records and of the log.
const (
	// MaxRecord is the largest record in bytes.
	MaxRecord = 64 << 10
	// DefaultSegmentBytes is the default of Options.SegmentBytes.
	DefaultSegmentBytes = 128 << 10
	// maxHead and maxSegment are the largest sizes of head and a segment that are read.
	maxHead, maxSegment = 16 << 20, 16 << 20
	maxSegmentBytes     = 4 << 20
	// maxGrowth is more than one Append adds to head: a record in base64, and a segment.
	maxGrowth = 2 * MaxRecord
	// attempts is how often an Append tries if others append at the same time.
	attempts = 100
)

// ErrGone is the error of Read for a position whose record Compact has removed.
var ErrGone = errors.New("the records at this position are gone")

// Options are the options of New.
type Options struct {
	// SegmentBytes is how many bytes of records head holds before they are moved to a
	// segment, at most 4 MiB; 0 is DefaultSegmentBytes. Each writer may set its own.
	SegmentBytes int
}

// Record is one record of a log.
type Record struct {
	Position int64  // from 0, without gaps
	Data     []byte // the caller may change it
}

// Log is a log in a bucket. It is safe for concurrent use.
type Log struct {
	bucket  files.Bucket
	dir     string
	segment int
}

// head is the content of the file head.
type head struct {
	Format   int       `json:"log"`
	First    int64     `json:"first"` // position of the first record that Compact has left
	Segments []segment `json:"segments,omitempty"`
	Start    int64     `json:"start"` // position of the first of Records
	Records  []entry   `json:"records,omitempty"`
	Write    string    `json:"write"` // differs for each write (V1)
}

// segment is a file of records.
type segment struct {
	Name  string `json:"name"`
	First int64  `json:"first"`
	Count int64  `json:"count"`
}

type entry struct {
	ID   string `json:"id"` // differs for each Append
	Data []byte `json:"data"`
}

const format = 1

func (h *head) next() int64 { return h.Start + int64(len(h.Records)) }

// New returns the log in the directory, which the first Append creates. New makes no
// request.
//
// Errors: ErrInvalid for options that make no sense and for a nil bucket;
// ErrInvalidName; ErrUnsupported if the bucket has no conditional Put
// (Features.IfAbsent, IfVersion).
func New(b files.Bucket, dir string, opts *Options) (*Log, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	l := &Log{
		bucket:  b,
		dir:     dir,
		segment: o.SegmentBytes,
	}
	if l.segment == 0 {
		l.segment = DefaultSegmentBytes
	}
	if err := l.check(); err != nil {
		return nil, driver.NewError(files.OpUpdate, dir, err)
	}
	return l, nil
}

func (l *Log) check() error {
	switch err := files.CheckName(l.segmentName(math.MaxInt64)); {
	case l.dir == "":
		return driver.Errorf(files.ErrInvalidName, "the name of the log's directory is empty")
	case err != nil:
		return err
	case nils.Is(l.bucket):
		return driver.Errorf(files.ErrInvalid, "the bucket is nil")
	case l.segment < 0 || l.segment > maxSegmentBytes:
		return driver.Errorf(files.ErrInvalid, "SegmentBytes is %d, want 0 to %d", l.segment,
			maxSegmentBytes)
	}
	if f := l.bucket.Features(); !f.ReadOnly && (!f.IfAbsent || !f.IfVersion) {
		return driver.Errorf(files.ErrUnsupported,
			"the bucket has no conditional Put, so records would be lost")
	}
	return nil
}

func (l *Log) headName() string { return l.dir + "/head" }

// segmentName returns a name that no other call returns.
func (l *Log) segmentName(first int64) string {
	return fmt.Sprintf("%s/segments/%019d-%s", l.dir, first, rand.Text())
}

// parseHead parses the content of head; nil content means that there is no file.
func parseHead(content []byte) (*head, error) {
	h := &head{Format: format}
	if content == nil {
		return h, nil
	}
	*h = head{}
	if err := json.Unmarshal(content, h); err != nil || h.Format != format || h.First < 0 ||
		h.Start < 0 || h.First > h.next() {
		return nil, driver.Errorf(files.ErrInvalid, "the file isn't the head of a log of format %d",
			format)
	}
	pos := h.Start
	for i := len(h.Segments) - 1; i >= 0; i-- {
		s := h.Segments[i]
		if s.Count < 1 || s.First < 0 || s.First+s.Count != pos || files.CheckName(s.Name) != nil {
			return nil, driver.Errorf(files.ErrInvalid, "the log's segments don't fit together")
		}
		pos = s.First
	}
	if h.First < pos {
		return nil, driver.Errorf(files.ErrInvalid, "the log's beginning is missing")
	}
	return h, nil
}

func (h *head) encode() ([]byte, error) {
	h.Write = rand.Text()
	return json.Marshal(h)
}

var options = &files.UpdateOptions{
	Attributes: &files.Attributes{ContentType: "application/json", CacheControl: "no-store"},
	Attempts:   attempts,
	MaxBytes:   maxHead,
}

// Append adds a record at the log's end and returns its position. data may be empty.
//
// Errors: ErrTooLarge for more than MaxRecord bytes, and if the log is full (see the
// package documentation); ErrPrecondition if another writer was faster in each attempt;
// ErrUncertain if a response was lost and Append couldn't find out whether the record is
// stored; ErrInvalid if the directory has something other than a log; those of Update.
func (l *Log) Append(ctx context.Context, data []byte) (int64, error) {
	if len(data) > MaxRecord {
		return 0, driver.NewError(files.OpUpdate, l.dir, driver.Errorf(files.ErrTooLarge,
			"the record has %d bytes, more than %d", len(data), MaxRecord))
	}
	a := &appender{
		Log:   l,
		entry: entry{rand.Text(), data},
		since: -1,
	}
	for n := 1; ; n++ {
		_, err := files.Update(ctx, l.bucket, l.headName(), func(old []byte) ([]byte, error) {
			return a.add(ctx, old)
		}, options)
		kind := files.KindOf(err)
		a.lost = a.lost || kind == files.ErrUncertain
		switch {
		case err == nil:
			return a.position, nil
		case !a.lost:
			return 0, driver.NewError(files.OpUpdate, l.dir, err)
		case n == maxLost || kind != files.ErrUncertain && kind != files.ErrUnavailable &&
			kind != files.ErrPrecondition:
			return 0, driver.NewError(files.OpUpdate, l.dir, driver.WithCause(files.ErrUncertain,
				err, "the response to a write was lost"))
		}
	}
}

// maxLost is how often Append tries again after a lost response.
const maxLost = 5

// appender is one Append.
type appender struct {
	*Log
	entry    entry
	position int64
	since    int64 // the record can't be before this position; -1: not known yet
	lost     bool  // the response to a write was lost
}

// add returns the content of head with the record added.
func (a *appender) add(ctx context.Context, old []byte) ([]byte, error) {
	h, err := parseHead(old)
	if err != nil {
		return nil, err
	}
	if a.since < 0 {
		a.since = h.next()
	}
	if a.lost {
		switch found, err := a.find(ctx, h); {
		case err != nil:
			return nil, err
		case found:
			return nil, files.SkipUpdate
		}
	}
	if len(old) > maxHead-maxGrowth {
		return nil, driver.Errorf(files.ErrTooLarge,
			"the log is full: its list of segments is too long; Compact makes it shorter")
	}
	if err := a.spill(ctx, h); err != nil {
		return nil, err
	}
	a.position = h.next()
	h.Records = append(h.Records, a.entry)
	return h.encode()
}

// find reports whether the record is among those added since the first read.
func (a *appender) find(ctx context.Context, h *head) (bool, error) {
	if h.First > a.since { // Compact may have removed the record
		return false, driver.Errorf(files.ErrUncertain,
			"the response to a write was lost, and the log was compacted since then")
	}
	for pos, e := range a.entries(ctx, h, a.since) {
		if e.err != nil {
			return false, e.err
		}
		if e.ID == a.entry.ID {
			a.position = pos
			return true, nil
		}
	}
	return false, nil
}

// spill makes a segment of head's records if they are many. If head isn't stored after
// that, the segment isn't part of the log, and a later Compact deletes it.
func (a *appender) spill(ctx context.Context, h *head) error {
	size := 0
	for _, e := range h.Records {
		size += len(e.Data) + len(e.ID)
	}
	if len(h.Records) == 0 || size+len(a.entry.Data) <= a.segment {
		return nil
	}
	s := segment{a.segmentName(h.Start), h.Start, int64(len(h.Records))}
	content, err := json.Marshal(h.Records)
	if err != nil {
		return err
	}
	if _, err := files.PutBytes(ctx, a.bucket, s.Name, content, &files.PutOptions{
		If: files.IfAbsent(),
	}); err != nil {
		if files.KindOf(err) == files.ErrUncertain { // no head refers to the segment yet
			return driver.WithCause(files.ErrUnavailable, err,
				"the response to the write of a segment was lost")
		}
		return err
	}
	h.Segments = append(h.Segments, s)
	h.Start, h.Records = h.next(), nil
	return nil
}

// inDir reports whether a segment's name is in this log's directory.
func (l *Log) inDir(name string) bool { return strings.HasPrefix(name, l.dir+"/segments/") }
