package suite

import (
	"cloudfiles.dev/files"
)

// Ability is a feature that cases need.
type Ability struct {
	Name    string // of the field of files.Features
	Claimed func(files.Features) bool
	// Refused checks that the ability is refused with ErrUnsupported and that nothing
	// is changed; nil for a property that can't be asked for.
	Refused func(t T, h *H)
	// Apart: cases that need it need a bucket in a store of its own (Harness.Apart).
	Apart bool
}
