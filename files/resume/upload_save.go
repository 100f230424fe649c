package resume

// save saves the token, if it has changed.
func (u *upload) save() error {
	if u.left == 0 {
		return nil
	}
	if u.opts.TokenFile == "" && u.opts.Save == nil {
		u.left = 0
		return nil
	}
	text, err := u.tok.encode(u.sent)
	if err == nil {
		err = u.saveText(text)
	}
	if err == nil {
		u.left = 0
	}
	return err
}

func (u *upload) saveText(text string) error {
	if u.opts.Save != nil {
		if err := u.opts.Save(text); err != nil {
			return &saveError{err}
		}
	}
	if u.opts.TokenFile == "" {
		return nil
	}
	return writeTokenFile(u.opts.TokenFile, text)
}

// saveError is an error of saving the token, which matches no sentinel about the
// bucket's file.
type saveError struct{ err error }

func (e *saveError) Error() string { return "the token can't be saved: " + e.err.Error() }
func (e *saveError) Unwrap() error { return e.err }

// forget removes the saved token. If that fails, the next call finds the upload
// completed, or gone.
func (u *upload) forget() { u.saveText("") }
