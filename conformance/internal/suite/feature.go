package suite

import (
	"cloudfiles.dev/files"
)

// Ability is a feature that cases need.
type Ability struct {
	Name    string // of the field of files.Features
	Claimed func(files.Features) bool
	// Refused checks that a call that needs the ability is refused with ErrUnsupported
	// and changes nothing. It is nil for a property that no call needs.
	Refused func(t T, h *H)
	// Apart says that a case that needs the ability needs a bucket in a store of its
	// own (Harness.Apart).
	Apart bool
}
