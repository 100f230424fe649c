package files

import "time"

// PutOptions are the options of Bucket.Put. The zero value stores unconditionally,
// finds the content type and checks no size or digest.
type PutOptions struct {
	Attributes
	// If makes the Put conditional: IfAbsent() or IfVersion(v).
	If Condition
	// Size is the content's length in bytes, if it is known. Content that is shorter or
	// longer is ErrCorrupt, and nothing is written (P10). A declared size is not
	// limited by Features.MaxUnknownSize.
	Size *int64
	// Digest holds what the content's digests must be. If they differ, Put is
	// ErrCorrupt and nothing is written (P10).
	Digest Digest
	// Native are options of one service alone: values of types that its driver defines.
	// An option that the bucket doesn't support is ErrUnsupported, and nothing is done.
	Native []NativeOption
}

// GetOptions are the options of Bucket.Get. The zero value reads the whole file.
type GetOptions struct {
	// Range is the part to read (G3).
	Range Range
	// IfNotVersion makes Get fail with ErrNotModified if the file still is of that
	// version (G8); "" is no condition.
	IfNotVersion Version
	// IfVersion makes Get fail with ErrPrecondition if the file is no longer of that
	// version, so that several reads see one state. "" is no condition.
	IfVersion Version
	// ReadTimeout bounds the wait for each piece of the body. A Read that gets no byte
	// in this time fails with os.ErrDeadlineExceeded (G7). 0 is no limit.
	ReadTimeout time.Duration
	// SkipVerify turns off the check of a whole read against the stored digest (G6).
	SkipVerify bool
	// Growing reads a file to which another program may be appending, such as a log on
	// a disk. The body is what was there when Get opened it; what is appended meanwhile
	// is not read, and is not an error (G4). To read what was appended, call Get again
	// with a range From the end of the last body.
	//
	// If the file is truncated, or changed in place without becoming longer, reading it
	// is still ErrChanged. A file that is rewritten in place and becomes longer can't
	// be distinguished from one that grows, unless a digest of the old content shows
	// the difference.
	//
	// Growing makes a difference only on disks: elsewhere files are never changed in
	// place.
	Growing bool
	// Connections is how many requests at a time may read a large body, since one
	// connection to a service often doesn't use the whole bandwidth (G10). More than 64
	// counts as 64. 0 is what the bucket's URL says. If it says nothing, it is 8, but 1
	// while one connection reads at 400 MB per second, apart from pauses, or if several
	// aren't faster than one.
	Connections int
	// ConnectionsAfter is how many bytes one connection reads before others join it. 0
	// is what the bucket's URL says, and 8 MiB if it says nothing. To read all of a
	// large file as fast as possible, set it to 1.
	ConnectionsAfter int64
	// Key is the raw key of a foreign entry (L7); the name must then be "".
	Key string
}

// StatOptions are the options of Bucket.Stat.
type StatOptions struct {
	// Key is the raw key of a foreign entry (L7); the name must then be "".
	Key string
}

// ListOptions are the options of Bucket.List. The zero value lists everything below the
// directory.
type ListOptions struct {
	// Shallow yields the files directly in the directory and each
	// sub-directory once (L2).
	Shallow bool
	// Prefix keeps only names in which the directory is followed by this text. It may
	// end inside an element, and no character in it is special.
	Prefix string
	// StartAfter begins after this string, exclusively. It is compared with full names
	// as they are yielded; in a shallow listing "d/" continues after everything in d
	// (L3).
	StartAfter string
	// Limit is how many entries the listing yields at most; 0 is no limit.
	Limit int
	// PageSize is how many entries a backend that lists in pages requests at a time; 0
	// lets it choose. It never changes the result (L3).
	PageSize int
	// Parallel is how many requests at a time a backend that lists in pages may make
	// for a long listing; with 0 or 1 it makes one after the other, and more than 256
	// counts as 256. Parallel never changes the result (L3). The first three pages are
	// requested one after the other in any case. A listing that is read to its end
	// takes at most a third more requests, plus two. At most five pages for each
	// concurrent request wait in memory. Parallel is ignored in a shallow listing, in
	// one with a Limit, and by a backend without an order or without pages, such as a
	// local disk.
	Parallel int
	// NamesOnly lets the bucket leave Size, ModTime and Version zero if finding them
	// costs extra.
	NamesOnly bool
	// Foreign yields objects with keys outside the naming rule as well (L7).
	Foreign bool
}

// DeleteOptions are the options of Bucket.Delete.
type DeleteOptions struct {
	// IfVersion deletes only that version. If the file has another version or does not
	// exist, Delete is ErrPrecondition (D2). "" is no condition.
	IfVersion Version
	// Key is the raw key of a foreign entry (L7); the name must then be "".
	Key string
}
