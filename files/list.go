package files

// Check returns an error that is ErrInvalid where the options make no sense.
func (o *ListOptions) Check() error {
	switch {
	case o == nil:
		return nil
	case o.Limit < 0:
		return invalid("negative limit %d", o.Limit)
	case o.PageSize < 0:
		return invalid("negative page size %d", o.PageSize)
	}
	return nil
}

// failed is a listing that is only an error.
func failed(err error) func(yield func(Entry, error) bool) {
	return func(yield func(Entry, error) bool) { yield(Entry{}, err) }
}
