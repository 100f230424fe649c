// Package nils recognizes arguments that are nil, also a nil pointer or function in an
// interface, which isn't equal to nil.
package nils

import "reflect"

// Is reports whether v is nil, or a nil pointer or function of some type. A nil map or
// slice isn't, because it may be a value like any other.
func Is(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer, reflect.Func:
		return r.IsNil()
	}
	return false
}
