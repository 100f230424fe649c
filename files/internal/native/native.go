// Package native finds the names of native options, for the errors of package files and
// of drivers.
package native

import "fmt"

// Name returns the option's own name, which may not be printable. The name of a nil
// pointer whose method panics is its type.
func Name(o interface{ NativeOption() string }) (name string) {
	defer func() {
		if recover() != nil {
			name = fmt.Sprintf("%T", o)
		}
	}()
	return o.NativeOption()
}
