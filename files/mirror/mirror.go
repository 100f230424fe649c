package mirror

import (
	"context"
	"errors"
	"io"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// New returns a bucket that writes to both members and reads the first. It is safe for
// concurrent use, and closing it closes neither member.
//
// Errors: ErrInvalid for a nil bucket, and for two buckets that have files of one store
// in common; ErrUnsupported if the second is read-only and the first is not.
func New(first, second files.Bucket) (files.Bucket, error) {
	m := &mirror{first: first, second: second}
	if err := m.check(); err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	return files.Wrap(first, files.Hooks{
		Layer:    "mirror to " + strings.Join(files.Layers(second), ", "),
		Around:   m.around,
		Features: m.features,
		Restrict: true,
	}), nil
}

type mirror struct {
	first, second files.Bucket
	writes        writes
}

func (m *mirror) check() error {
	for i, b := range []files.Bucket{m.first, m.second} {
		if nils.Is(b) {
			return driver.Errorf(files.ErrInvalid, "the %s is nil", memberNames[i])
		}
	}
	if driver.Overlap(m.first, "", m.second, "") {
		return driver.Errorf(files.ErrInvalid, "the two members have files in common")
	}
	if m.second.Features().ReadOnly && !m.first.Features().ReadOnly {
		return driver.Errorf(files.ErrUnsupported, "the second member is read-only")
	}
	return nil
}

// features returns the first member's Features, without the features of writes that the
// second lacks.
func (m *mirror) features(f files.Features) files.Features {
	both := driver.MeetFeatures(f, m.second.Features())
	f.MaxName, f.MaxSize, f.MaxUnknownSize = both.MaxName, both.MaxSize, both.MaxUnknownSize
	f.AnyName, f.DirBesideFile, f.Attributes = both.AnyName, both.DirBesideFile, both.Attributes
	f.Atomic, f.Durable = both.Atomic, both.Durable
	f.ServerCopy, f.SignPut, f.SignDelete, f.SignContentType = false, false, false, false
	f.SignSize, f.SignIfAbsent = false, false
	f.ForeignKeys = false
	return f
}

var memberNames = [...]string{"first member", "second member"}

// MemberError says which member of a mirror failed.
type MemberError struct {
	// Member is 0 for the first and 1 for the second. If it is 0, neither member was
	// changed, unless Err is ErrUncertain. If it is 1, the first has what was written.
	Member int
	// Err is the member's error.
	Err error

	final bool // Unwrap hides Err, so that nothing repeats the call
}

// Error returns the text of the member's error, with the member in front and without
// the member's file name.
func (e *MemberError) Error() string {
	text := "the mirror's " + memberNames[min(max(e.Member, 0), 1)]
	if own, ok := errors.AsType[*files.Error](e.Err); ok {
		for _, part := range []string{kindText(own.Kind), own.Detail} {
			if part != "" {
				text += ": " + part
			}
		}
		return text
	}
	return text + ": " + e.Err.Error()
}

func kindText(kind error) string {
	if kind == nil {
		return ""
	}
	return kind.Error()
}

// Unwrap returns Err. It returns nil for a conditional write whose Err is
// ErrUnavailable or ErrUncertain: code that repeats a call after these errors would
// hide that the second member lacks what the first has.
func (e *MemberError) Unwrap() error {
	if e.final {
		return nil
	}
	return e.Err
}

// failed returns the call's error for a member's error. An error of the first about the
// condition, the content or the options is returned as without a mirror.
func failed(member int, conditional bool, err error) error {
	if err == nil {
		return nil
	}
	e, kind := &MemberError{Member: member, Err: err}, files.KindOf(err)
	again := kind == files.ErrUnavailable || kind == files.ErrUncertain
	switch {
	case member == 0 && !again && kind != files.ErrTooLarge && kind != files.ErrPermission &&
		kind != files.ErrNoBucket:
		return err
	case member == 1 && again && conditional:
		e.final = true
		return e
	case kind == nil:
		return e
	}
	return driver.WithCause(kind, e, e.Error())
}

func (m *mirror) around(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	switch c.Op {
	case files.OpPut:
		return m.put(ctx, c, next)
	case files.OpDelete:
		return m.delete(ctx, c, next)
	case files.OpDeleteMany:
		return m.deleteMany(ctx, c, next)
	case files.OpCheck:
		if err := next(ctx); err != nil {
			return failed(0, false, err)
		}
		return failed(1, false, files.Check(ctx, m.second))
	}
	return next(ctx)
}

func (m *mirror) put(ctx context.Context, c *files.Call, next func(context.Context) error) error {
	var o files.PutOptions
	if c.Put != nil {
		o = *c.Put
	}
	if len(o.Native) > 0 { // the second might not support them
		if o.Native[0] == nil {
			return driver.Errorf(files.ErrInvalid, "a native option is nil")
		}
		return driver.UnknownNative(o.Native[0])
	}
	m.writes.begin(c.Name)
	defer m.writes.end(c.Name)
	conditional := !o.If.IsZero()
	content, start := c.Content, int64(-1)
	if s, ok := content.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			start = at
		}
	}
	if err := next(ctx); err != nil {
		m.heal(ctx, c.Name, err)
		return failed(0, conditional, err)
	}
	if start >= 0 && m.again(ctx, c, o, start) {
		return nil
	}
	return m.follow(ctx, c.Name, conditional)
}

// again puts the same content into the second, and reports whether both members are
// then equal. If they aren't, the caller copies the file from the first.
func (m *mirror) again(ctx context.Context, c *files.Call, o files.PutOptions, start int64) bool {
	if c.Info.Version == "" || c.Info.Digest.IsZero() {
		return false // the second's content could not be verified
	}
	if _, err := c.Content.(io.Seeker).Seek(start, io.SeekStart); err != nil {
		return false
	}
	size := c.Info.Size
	o.If, o.Size, o.Digest = files.Condition{}, &size, c.Info.Digest
	o.ContentType = c.Info.ContentType
	if _, err := m.second.Put(ctx, c.Name, c.Content, &o); err != nil {
		return false
	}
	now, err := m.first.Stat(ctx, c.Name, nil)
	return err == nil && m.isStill(c.Info, now)
}

func (m *mirror) delete(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	m.writes.begin(c.Name)
	defer m.writes.end(c.Name)
	conditional := c.Delete != nil && c.Delete.IfVersion != ""
	if err := next(ctx); err != nil {
		m.heal(ctx, c.Name, err)
		return failed(0, conditional, err)
	}
	if err := m.second.Delete(ctx, c.Name, nil); err != nil {
		return failed(1, conditional, err)
	}
	_, err := m.first.Stat(ctx, c.Name, nil)
	if files.KindOf(err) == files.ErrNotExist {
		return nil
	}
	return m.follow(ctx, c.Name, conditional) // the file was put again meanwhile
}

// deleteMany deletes in the second what was deleted in the first. Names that this
// mirror writes at the same time are copied again.
func (m *mirror) deleteMany(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	alone := make([]uint64, len(c.Names))
	for i, name := range c.Names {
		alone[i] = m.writes.begin(name)
		defer m.writes.end(name)
	}
	if err := next(ctx); err != nil {
		return failed(0, false, err)
	}
	var gone []string
	var at []int
	for i, err := range c.Errors {
		if c.Errors[i] = failed(0, false, err); err == nil {
			gone, at = append(gone, c.Names[i]), append(at, i)
		}
	}
	for j, err := range driver.DeleteNames(ctx, m.second, gone) {
		i := at[j]
		if err == nil && !m.writes.alone(gone[j], alone[i]) {
			c.Errors[i] = m.follow(ctx, gone[j], false)
			continue
		}
		c.Errors[i] = failed(1, false, err)
	}
	return nil
}
