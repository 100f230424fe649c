package files_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestWriterPanics: a panic of a hook in the Put that a Writer runs reaches the
// goroutine that uses the Writer, once, where it can be recovered; runtime.Goexit is an
// error there.
func TestWriterPanics(t *testing.T) {
	for name, use := range map[string]func(w *files.Writer) error{
		"Write": func(w *files.Writer) error {
			for {
				if _, err := w.Write([]byte("content")); err != nil {
					return err
				}
			}
		},
		"Commit": func(w *files.Writer) error {
			_, err := w.Commit()
			return err
		},
		"Close": func(w *files.Writer) error { return w.Close() },
	} {
		for _, ends := range []func(){func() { panic("of a hook") }, runtime.Goexit} {
			around := func(context.Context, *files.Call, func(context.Context) error) error {
				ends()
				return nil
			}
			done := make(chan error, 1)
			b := files.Wrap(mem.New(nil), files.Hooks{
				Around: around,
				Done: func(_ context.Context, _ *files.Call, _ int64, err error) {
					done <- err
				},
			})
			w := files.NewWriter(t.Context(), b, "a", nil)
			var err error
			panicked := func() (v any) {
				defer func() { v = recover() }()
				err = use(w)
				return nil
			}()
			if panicked == nil && err == nil && name != "Close" {
				t.Errorf("%s: no panic and no error", name)
			}
			if panicked != nil && panicked != "of a hook" {
				t.Errorf("%s: panic %v", name, panicked)
			}
			if err := w.Close(); err != nil { // no second panic
				t.Errorf("%s: Close: %v, want no error", name, err)
			}
			if err := <-done; err == nil {
				t.Errorf("%s: Done got no error", name)
			}
		}
	}
}

// TestNothingGiven: a nil argument is ErrInvalid even if there would be nothing to do
// (E2).
func TestNothingGiven(t *testing.T) {
	none := func(func(string) bool) {}
	if _, err := files.DeleteMany(t.Context(), nil, none); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("DeleteMany in no bucket: %v, want ErrInvalid", err)
	}
	var missing context.Context
	if _, err := files.DeleteMany(missing, mem.New(nil), none); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("DeleteMany without a context: %v, want ErrInvalid", err)
	}
}
