package driver

import (
	"bytes"
	"context"
	"io"
	"iter"
	"time"

	"cloudfiles.dev/files"
)

// PartUploader is a Backend whose uploads in parts outlive a process: another process
// can continue them, given the [Upload] (package files/resume).
//
//   - Nothing of an unfinished upload is listed, read or overwritten (P1, L7).
//   - The parts are sent in any order and several at a time. A part that is sent again
//     replaces the one of its number, or is the same.
//   - Whatever another process does with the same upload meanwhile, the file consists
//     of the parts that CompleteUpload names.
//   - If the upload, or a part of it, is no longer there, the error is [ErrUploadGone],
//     and nothing is stored.
//
// The cases of package conformance whose names begin with "upload" try all of this.
type PartUploader interface {
	// UploadLimits returns how an upload must be divided.
	UploadLimits() UploadLimits
	// UploadStore returns a text that is the same for the same store in every process,
	// and different for others. It is only compared.
	UploadStore() string
	// BeginUpload begins an upload and returns its ID, a short printable text without a
	// secret. errors.ErrUnsupported means that the condition or the attributes need a
	// Put instead.
	BeginUpload(ctx context.Context, u *Upload) (id string, err error)
	// PutPart sends one part. It returns the tag that ListParts will return for it.
	PutPart(ctx context.Context, u *Upload, part *Part) (tag string, err error)
	// ListParts returns all parts that are there, by ascending number. Their CRC32C may
	// be 0.
	ListParts(ctx context.Context, u *Upload) ([]UploadedPart, error)
	// CompleteUpload makes a file of the parts, all or nothing, as Put does. The
	// condition is decided at that moment, and the Info is the one that Put would
	// return. u.Digest has at least the CRC-32C of the whole content,
	// unless u.Signed is true.
	CompleteUpload(ctx context.Context, u *Upload, parts []UploadedPart) (files.Info, error)
	// FindUpload reports whether this upload made the file that now has the name, which
	// is so if its completion was carried out and only the response was lost. For a
	// file that another upload or a Put made, found is false, even if its content is
	// the same.
	FindUpload(ctx context.Context, u *Upload) (info files.Info, found bool, err error)
	// AbortUpload removes the parts of the upload with that name and ID. The ID is one
	// that BeginUpload has returned or ListUploads has yielded. If there is no such
	// upload, or its name is another one, that is not an error. errors.ErrUnsupported
	// means that only the service can remove the parts.
	AbortUpload(ctx context.Context, name, id string) error
	// ListUploads yields the unfinished uploads of the names that begin with prefix, in
	// any order, and ends with the first error.
	ListUploads(ctx context.Context, prefix string) iter.Seq2[UnfinishedUpload, error]
}

// UploadLimits are how an upload must be divided. Each part but the last has the same
// size.
type UploadLimits struct {
	MinPart, MaxPart int64 // the size of a part but the last, in bytes
	MaxParts         int   // how many parts an upload may have
}

// check refuses limits that no upload can keep, such as zero ones.
func (l UploadLimits) check() error {
	if l.MaxParts < 1 || l.MaxPart < 1 || l.MinPart > l.MaxPart {
		return Errorf(files.ErrUnsupported, "the driver allows no parts of an upload: "+
			"%d parts of %d to %d bytes", l.MaxParts, l.MinPart, l.MaxPart)
	}
	return nil
}

// Upload describes an upload in parts. Everything but ID and Digest is known before it
// begins, and is the same in each process.
type Upload struct {
	Name       string               // that of the file, in the backend
	Attributes files.Attributes     // complete, as in PutRequest
	TypeFound  bool                 // as in PutRequest
	If         files.Condition      // of the completion
	Native     []files.NativeOption // checked by NativeChecker
	Size       int64                // of the whole, in bytes
	PartSize   int64                // of each part but the last, in bytes
	// Signed: the parts come by signed requests (PartSigner), so no checksum of them is
	// known when they are sent, and none of the whole when the upload is completed.
	Signed bool

	ID     string       // what BeginUpload returned
	Digest files.Digest // of the whole, once it is known
}

// UploadedPart is a part that a service has.
type UploadedPart struct {
	Number int    // from 1
	Size   int64  // in bytes
	CRC32C uint32 // as it was sent; ListParts may leave it 0
	Tag    string // what PutPart returned for it
}

// UnfinishedUpload is an upload that was neither completed nor aborted.
type UnfinishedUpload struct {
	Name string    // of the file that it would store
	ID   string    // "" if the service doesn't report it
	Time time.Time // when it began, or was last written to; zero if not known
	Size int64     // of its parts, in bytes; -1 if the listing doesn't report it
}

// ErrUploadGone is the error of a step of an upload that no longer exists or has lost a
// part. errors.Is also finds files.ErrUnavailable in it.
var ErrUploadGone = WithCause(files.ErrUnavailable, nil,
	"the upload, or a part of it, is no longer there")

// Parts returns how many parts the upload has.
func (u *Upload) Parts() int {
	if u.Size == 0 {
		return 1
	}
	return int((u.Size-1)/u.PartSize + 1)
}

// Part returns the offset and size of part number n, from 1.
func (u *Upload) Part(n int) (offset, size int64) {
	offset = int64(n-1) * u.PartSize
	return offset, min(u.PartSize, u.Size-offset)
}

// PutRequest returns the Put of a whole content, for a backend that keeps the parts
// itself and stores them as one. The content is checked against u.Digest.
func (u *Upload) PutRequest(ctx context.Context, content io.Reader) *PutRequest {
	up := &Content{
		ctx:  ctx,
		src:  content,
		size: u.Size,
		want: u.Digest,
	}
	up.hasher.Init(up.want)
	if r, ok := content.(*bytes.Reader); ok {
		up.held.hold(r)
	}
	return &PutRequest{
		Name:         u.Name,
		Attributes:   u.Attributes,
		TypeFound:    u.TypeFound,
		If:           u.If,
		Size:         u.Size,
		SizeDeclared: true,
		Content:      up,
		Native:       u.Native,
	}
}

// NewPart returns a part whose bytes are in memory. The caller must not change content
// until it has called Release.
func NewPart(number int, offset int64, content []byte, crc32c uint32, last bool) *Part {
	p := &Part{
		Number: number,
		Offset: offset,
		Size:   int64(len(content)),
		CRC32C: crc32c,
		Last:   last,
	}
	p.one[0].bytes = content
	p.blocks = p.one[:1]
	return p
}
