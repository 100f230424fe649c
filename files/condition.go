package files

// Condition makes a Put or a Copy depend on what is there at the moment of the commit.
// The zero Condition is unconditional.
type Condition struct {
	kind    conditionKind
	version Version
}

type conditionKind uint8

const (
	unconditional conditionKind = iota
	ifAbsent
	ifVersion
)

// IfAbsent lets the write succeed only if there is no file. Otherwise the write fails
// with ErrExist and changes nothing (P8).
func IfAbsent() Condition { return Condition{kind: ifAbsent} }

// IfVersion lets the write succeed only if the file has version v. If it has another
// version or does not exist, the write fails with ErrPrecondition and changes nothing
// (P9). IfVersion("") never writes: its error is both ErrUnsupported and
// ErrPrecondition.
func IfVersion(v Version) Condition { return Condition{kind: ifVersion, version: v} }

// IsZero reports whether there is no condition.
func (c Condition) IsZero() bool { return c.kind == unconditional }

// Absent reports whether the condition is IfAbsent.
func (c Condition) Absent() bool { return c.kind == ifAbsent }

// Version returns the version of the condition, and whether the condition is IfVersion.
func (c Condition) Version() (v Version, ok bool) { return c.version, c.kind == ifVersion }

// Check decides the condition against what is there: whether a file exists, and its
// version. It returns nil, ErrExist or ErrPrecondition. Drivers call it at the moment of
// the commit.
func (c Condition) Check(exists bool, current Version) error {
	v, ok := c.Version()
	switch {
	case c.Absent() && exists:
		return ErrExist
	case ok && (!exists || v == "" || v != current):
		return ErrPrecondition
	}
	return nil
}

// String returns the condition as text for logs.
func (c Condition) String() string {
	switch c.kind {
	case ifAbsent:
		return "if absent"
	case ifVersion:
		return "if version " + string(c.version)
	}
	return "unconditional"
}
