package files

// As finds a value of type T in the bucket or below it: the client of the service's
// SDK, or a wrapped bucket. It returns false if there is none. It does not look below a
// layer that renames, restricts or claims less, because what lies below would bypass
// that layer.
func As[T any](b Bucket) (T, bool) {
	var t T
	if v, ok := b.(T); ok {
		return v, true
	}
	if a, ok := b.(aser); ok && a.As(&t) {
		return t, true
	}
	return t, false
}
