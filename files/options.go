package files

import "time"

// PutOptions are the options of Bucket.Put. The zero value stores unconditionally,
// finds the content type and checks nothing.
type PutOptions struct {
	Attributes
	// If makes the Put conditional: IfAbsent() or IfVersion(v).
	If Condition
	// Size is the content's length in bytes, if known: content that is shorter
	// or longer is ErrCorrupt, and nothing is written (P10). It lifts
	// Features.MaxUnknownSize.
	Size *int64
	// Digest is what the content's digests must be: otherwise ErrCorrupt, and
	// nothing is written (P10).
	Digest Digest
	// Native are options of one service alone: values of types that its driver defines.
	// One that the bucket doesn't know is ErrUnsupported, and nothing is done.
	Native []NativeOption
}

// GetOptions are the options of Bucket.Get. The zero value reads the whole file.
type GetOptions struct {
	// Range is the part to read (G3).
	Range Range
	// IfNotVersion makes Get fail with ErrNotModified when the file still is
	// of that version (G8); "" is no condition.
	IfNotVersion Version
	// IfVersion makes Get fail with ErrPrecondition when the file is no longer
	// of that version: how several reads see one state. "" is no condition.
	IfVersion Version
	// ReadTimeout bounds the wait for each piece of the body: a Read that gets no
	// byte in this time fails with os.ErrDeadlineExceeded (G7). 0 is no limit.
	ReadTimeout time.Duration
	// SkipVerify turns off the check of a whole read against the stored digest (G6).
	SkipVerify bool
	// Growing reads a file that another program may be writing at its end, such as a
	// log on a disk: the body is what was there when Get opened it, and what is
	// appended meanwhile is neither read nor an error (G4). Get again with a range From
	// the last end to go on. A file that is cut, or changed in place without becoming
	// longer, is ErrChanged still; one that is rewritten and becomes longer can't be
	// told from one that grows, unless a digest of what was there shows it. Where files
	// are never changed in place, which is everywhere but on disks, it makes no
	// difference.
	Growing bool
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
	// Prefix keeps only names that go on with it behind the directory; it may be part of
	// an element, and is matched as it is.
	Prefix string
	// StartAfter begins behind this string, exclusively. It is compared with full
	// names as they are yielded; in a shallow listing "d/" goes on behind
	// everything in d (L3).
	StartAfter string
	// Limit ends the listing after so many entries; 0 is no limit.
	Limit int
	// PageSize is how many entries a backend that pages asks for at a time; 0 lets it
	// choose. It never changes the result (L3).
	PageSize int
	// NamesOnly lets the bucket leave Size, ModTime and Version zero, where
	// finding them costs.
	NamesOnly bool
	// Foreign yields objects with keys outside the naming rule as well (L7).
	Foreign bool
}

// DeleteOptions are the options of Bucket.Delete.
type DeleteOptions struct {
	// IfVersion deletes only that version: ErrPrecondition otherwise, also when
	// there is no file (D2). "" is no condition.
	IfVersion Version
	// Key is the raw key of a foreign entry (L7); the name must then be "".
	Key string
}
