// Package native names options of one service for the errors of package files and of
// drivers.
package native

import "fmt"

// Name returns the name that the option has for itself. It is not made printable. The
// name of a nil pointer whose method doesn't expect one is its type.
func Name(o interface{ NativeOption() string }) (name string) {
	defer func() {
		if recover() != nil {
			name = fmt.Sprintf("%T", o)
		}
	}()
	return o.NativeOption()
}
