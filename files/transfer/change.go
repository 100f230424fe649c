package transfer

import (
	"strconv"
	"strings"

	"cloudfiles.dev/files"
)

// Action is what a Change does.
type Action string

// The actions.
const (
	ActionCopy   Action = "copy"   // store the source's file at the target
	ActionMove   Action = "move"   // the same, and delete the source's file
	ActionDelete Action = "delete" // delete the file: the target's, or in a Remove the tree's
	ActionSkip   Action = "skip"   // do nothing, although the sides differ: see the reason
	ActionKeep   Action = "keep"   // do nothing: both sides have the same file
)

// Reason is why a Change does what it does.
type Reason string

// The reasons of a copy or a move.
const (
	ReasonMissing  Reason = "missing"  // the target has no such file
	ReasonSize     Reason = "size"     // the sizes differ
	ReasonNewer    Reason = "newer"    // the source was changed after the target was written
	ReasonTime     Reason = "time"     // the time that the target stores isn't the source's
	ReasonDigest   Reason = "digest"   // the digests differ
	ReasonContent  Reason = "content"  // the bytes differ
	ReasonNoDigest Reason = "noDigest" // the sides have no digest in common: not compared
	ReasonNoTime   Reason = "noTime"   // a time is missing: not compared
)

// The reasons of a deletion.
const (
	ReasonNotInSource Reason = "notInSource" // only the target has the file
	// Filter leaves the file out, and DeleteExcluded is set
	ReasonExcluded Reason = "excluded"
	ReasonRemoved  Reason = "removed" // Remove takes every file
)

// The reasons of a skip.
const (
	ReasonForeign     Reason = "foreign"     // the source's key is not a legal name (N1)
	ReasonExists      Reason = "exists"      // the target has a file, and NoOverwrite is set
	ReasonTargetNewer Reason = "targetNewer" // KeepNewer is set
	ReasonLeftover    Reason = "leftover"    // an unfinished download left the file in the source
)

// The reasons of a keep: what was compared besides the size.
const (
	ReasonSameTime    Reason = "sameTime"    // the target was written after the source changed
	ReasonSameStored  Reason = "sameStored"  // the target stores the source's time
	ReasonSameDigest  Reason = "sameDigest"  // a digest
	ReasonSameContent Reason = "sameContent" // every byte
	ReasonSameSize    Reason = "sameSize"    // nothing else
)

// Change is one step of a Plan.
type Change struct {
	Action Action `json:"action"`
	Reason Reason `json:"reason"`
	// Name is the name below the directories of both trees. It is empty for an object
	// with a raw key, which Source.Key has.
	Name string `json:"name"`
	// Source and Target are the listed entries, with the buckets' own names, or the
	// zero Entry if there is no such file. In a Remove, the file is the Target.
	Source files.Entry `json:"source,omitzero"`
	Target files.Entry `json:"target,omitzero"`
}

// Size returns how many bytes the change transfers: the source's size for a copy or a
// move, and 0 for everything else.
func (c Change) Size() int64 {
	if c.Action == ActionCopy || c.Action == ActionMove && !c.equal() {
		return c.Source.Size
	}
	return 0
}

// equal reports whether the files of both sides are the same.
func (c Change) equal() bool {
	switch c.Reason {
	case ReasonSameTime, ReasonSameStored, ReasonSameDigest, ReasonSameContent, ReasonSameSize:
		return true
	}
	return false
}

// String returns a line for people, such as "copy a/b.txt (newer, 12 bytes)". It has no
// line end, and control characters are escaped.
func (c Change) String() string {
	var b strings.Builder
	b.WriteString(string(c.Action))
	b.WriteByte(' ')
	name := c.Name
	if name == "" {
		name = c.Source.Key
	}
	b.WriteString(files.Printable(name))
	b.WriteString(" (")
	b.WriteString(string(c.Reason))
	if c.Action == ActionCopy || c.Action == ActionMove {
		b.WriteString(", ")
		b.WriteString(strconv.FormatInt(c.Size(), 10))
		b.WriteString(" bytes")
	}
	b.WriteByte(')')
	return b.String()
}
