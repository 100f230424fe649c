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
	// Growing reads a file that another program may be writing at its end, such as a
	// log on a disk. The body is what was there when Get opened it; what is appended
	// meanwhile is not read, and is not an error (G4). To go on, call Get again with a
	// range From the last end.
	//
	// A file that is truncated, or changed in place without becoming longer, is still
	// ErrChanged. A file that is rewritten and becomes longer looks like one that
	// grows, unless a digest of what was there shows the difference.
	//
	// Growing makes no difference if files are never changed in place, which is
	// everywhere except on disks.
	Growing bool
	// Connections is how many requests at a time may read a large body, since one
	// connection to a service is often slower than the line (G10). 1 is never more than
	// one; 0 is what the bucket's URL says, and 8 unless it says otherwise.
	Connections int
	// ConnectionsAfter is how many bytes one connection reads before others join it. 0
	// is what the bucket's URL says, and 8 MiB unless it says otherwise. To read all of
	// a large file as fast as possible, set it to 1.
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
	// Prefix keeps only names that continue with it after the directory. It may be part
	// of an element, and is matched as it is.
	Prefix string
	// StartAfter begins after this string, exclusively. It is compared with full names
	// as they are yielded; in a shallow listing "d/" continues after everything in d
	// (L3).
	StartAfter string
	// Limit ends the listing after so many entries; 0 is no limit.
	Limit int
	// PageSize is how many entries a backend that lists in pages requests at a time; 0
	// lets it choose. It never changes the result (L3).
	PageSize int
	// Parallel is how many requests at a time a backend that lists in pages may make for
	// a long listing; 0 and 1 are one after the other. It never changes the result (L3),
	// and the first three pages are requested as without it. At most a third more
	// requests are made, and two, if the listing is read to its end. At most five pages
	// for each request at a time wait in memory. A shallow listing, one with a Limit, and
	// a backend without an order or without pages, such as a local disk, ignore it.
	Parallel int
	// NamesOnly lets the bucket leave Size, ModTime and Version zero if finding them
	// costs extra.
	NamesOnly bool
	// Foreign yields objects with keys outside the naming rule as well (L7).
	Foreign bool
}

// DeleteOptions are the options of Bucket.Delete.
type DeleteOptions struct {
	// IfVersion deletes only that version. Otherwise, also if there is no file, Delete
	// is ErrPrecondition (D2). "" is no condition.
	IfVersion Version
	// Key is the raw key of a foreign entry (L7); the name must then be "".
	Key string
}
