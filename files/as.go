package files

// As returns the SDK's own client, or a wrapped bucket, of the type T. It stops at a
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
