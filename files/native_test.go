package files

import (
	"errors"
	"testing"
)

// TestNilNativeOption: a nil option is refused whatever the bucket is, and so is a nil
// bucket.
func TestNilNativeOption(t *testing.T) {
	for name, options := range map[string][]NativeOption{
		"nil":   {nil},
		"given": {unknownOption{}},
	} {
		if err := checkNative(nil, OpPut, options); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

type unknownOption struct{}

func (unknownOption) NativeOption() string { return "unknown" }
