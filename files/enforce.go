package files

import (
	"bytes"
	"io"
	"strings"
)

// A wrapper refuses by itself what it doesn't claim, whatever lies below: its Features
// are a promise to the caller, and a hook may have taken something from them.

// claims are a wrapper's Features, and how they differ from those of the bucket below.
type claims struct {
	below, outer Features
	from         *claims // of the wrapper below; nil if there is a driver's bucket
	differs      bool    // in more than the length of names
	hides        bool    // something that an Info or an Entry of the bucket below may have
	masks        bool    // the same, except for times
	streams      bool    // a copy inside the store would copy what is masked as well
}

// hiding sets which of the claims the wrapper masks.
func (c *claims) hiding() {
	b, o := &c.below, &c.outer
	attributes := b.Attributes && !o.Attributes
	versions := b.Versions && !o.Versions
	digests := b.Digests && !o.Digests
	c.masks = attributes || versions || digests || b.PutReturnsVersion && !o.PutReturnsVersion
	c.hides = c.masks || c.coarser()
	alike := *b
	alike.MaxName = o.MaxName
	c.differs = alike != *o
	smaller := o.MaxSize > 0 && (b.MaxSize <= 0 || o.MaxSize < b.MaxSize)
	c.streams = attributes || versions || smaller ||
		b.ReadConditions && !o.ReadConditions ||
		// nothing is copied into a read-only wrapper anyway
		b.ServerCopy && !o.ServerCopy && !o.ReadOnly
}

func (c *claims) coarser() bool { return c.outer.TimeResolution > c.below.TimeResolution }

// info leaves out what the wrapper doesn't claim.
func (c *claims) info(i Info) Info {
	if !c.hides {
		return i
	}
	i.Entry = c.entry(i.Entry)
	if c.below.Digests && !c.outer.Digests {
		i.Digest = Digest{}
	}
	if c.below.Attributes && !c.outer.Attributes {
		i.Attributes = Attributes{ContentType: i.ContentType}
	}
	return i
}

// putInfo is info for the Info of a Put.
func (c *claims) putInfo(i Info) Info {
	if c.below.PutReturnsVersion && !c.outer.PutReturnsVersion {
		i.Version, i.Digest = "", Digest{}
	}
	return c.info(i)
}

func (c *claims) entry(e Entry) Entry {
	if c.below.Versions && !c.outer.Versions {
		e.Version = ""
	}
	if c.coarser() && !e.ModTime.IsZero() {
		e.ModTime = e.ModTime.Truncate(c.outer.TimeResolution)
	}
	return e
}

// failed replaces ErrNoBucket by ErrNotExist if the wrapper doesn't claim to
// distinguish them.
func (c *claims) failed(err error) error {
	if c.below.StatNoBucket && !c.outer.StatNoBucket && KindOf(err) == ErrNoBucket {
		return ErrNotExist
	}
	return err
}

func (c *claims) checkCondition(cond Condition) error {
	if cond.Absent() && !c.outer.IfAbsent {
		return errorf(ErrUnsupported, "the bucket doesn't support IfAbsent")
	}
	if _, ok := cond.Version(); ok && !c.outer.IfVersion {
		return errorf(ErrUnsupported, "the bucket doesn't support IfVersion")
	}
	return nil
}

func (c *claims) checkAttributes(a *Attributes) error {
	if c.outer.Attributes || len(a.Metadata) == 0 && a.CacheControl == "" &&
		a.ContentDisposition == "" && a.ContentEncoding == "" && a.ContentLanguage == "" {
		return nil
	}
	return errorf(ErrUnsupported, "the bucket stores no metadata and no headers")
}

func (c *claims) checkPut(content io.Reader, o *PutOptions) error {
	if c.outer.ReadOnly {
		return errReadOnly
	}
	if o == nil || content == nil || o.Size != nil && *o.Size < 0 {
		return nil // or it is ErrInvalid below, which comes first
	}
	if err := c.checkCondition(o.If); err != nil {
		return err
	}
	if err := c.checkAttributes(&o.Attributes); err != nil {
		return err
	}
	if limit := c.outer.MaxSize; o.Size != nil && limit > 0 && *o.Size > limit {
		return errorf(ErrTooLarge, "%d bytes, at most %d", *o.Size, limit)
	}
	return nil
}

func (c *claims) checkGet(o *GetOptions) error {
	if o == nil || c.outer.ReadConditions || o.IfNotVersion == "" && o.IfVersion == "" {
		return nil
	}
	return errorf(ErrUnsupported, "the bucket has no conditional reads")
}

func (c *claims) checkDelete(o *DeleteOptions) error {
	if c.outer.ReadOnly {
		return errReadOnly
	}
	if o != nil && o.IfVersion != "" && !c.outer.DeleteIfVersion {
		return errorf(ErrUnsupported, "the bucket can't delete a certain version")
	}
	return nil
}

func (c *claims) checkCopy(o *CopyOptions) error {
	if c.outer.ReadOnly {
		return errReadOnly
	}
	if o == nil {
		return nil
	}
	if err := c.checkCondition(o.If); err != nil || o.Attributes == nil {
		return err
	}
	return c.checkAttributes(o.Attributes)
}

// limit returns how long content may be, with or without a declared size, if the bucket
// below would take more; 0 means that the wrapper adds no limit.
func (c *claims) limit(declared bool) int64 {
	of := func(f *Features) int64 {
		if !declared && f.MaxUnknownSize > 0 {
			return f.MaxUnknownSize
		}
		return f.MaxSize
	}
	outer, below := of(&c.outer), of(&c.below)
	if below > 0 && below <= outer {
		return 0
	}
	return outer
}

// limited returns content that fails with ErrTooLarge after limit bytes, and that can
// seek if content can. Content that is in memory is refused at once.
func limited(content io.Reader, limit int64) (io.Reader, error) {
	switch c := content.(type) {
	case *bytes.Reader, *bytes.Buffer, *strings.Reader:
		if n := int64(c.(interface{ Len() int }).Len()); n > limit {
			return nil, errorf(ErrTooLarge, "%d bytes, at most %d", n, limit)
		}
		return content, nil
	}
	l := &limitedReader{r: content, left: limit, limit: limit}
	if s, ok := content.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			return &limitedSeeker{l, s, at}, nil
		}
	}
	return l, nil
}

type limitedReader struct {
	r           io.Reader
	left, limit int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errorf(ErrTooLarge, "content is longer than %d bytes", l.limit)
	}
	return n, err
}

// Limited is for package driver, which finds out the content's size.
func (l *limitedReader) Limited() (io.Reader, int64) { return l.r, l.left }

type limitedSeeker struct {
	*limitedReader
	s     io.Seeker
	start int64
}

func (l *limitedSeeker) Seek(offset int64, whence int) (int64, error) {
	at, err := l.s.Seek(offset, whence)
	if err == nil {
		l.left = l.limit - (at - l.start)
	}
	return at, err
}
