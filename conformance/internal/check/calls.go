package check

import (
	"bytes"
	"context"
	"io"
	"strings"

	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

// Calm runs f and returns its error. If f panics, the case fails and ok is false.
func Calm(t suite.T, what string, f func() error) (err error, ok bool) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s panics with %v, want an error", what, p)
			err, ok = nil, false
		}
	}()
	return f(), true
}

// Put stores the content and ends the case if that fails. It declares the size if the
// bucket takes such a size only if it is declared.
func Put(t suite.T, b files.Bucket, name string, content []byte,
	opts *files.PutOptions) files.Info {
	t.Helper()
	n := int64(len(content))
	if most := b.Features().MaxUnknownSize; most > 0 && n > most {
		var o files.PutOptions
		if opts != nil {
			o = *opts
		}
		o.Size, opts = &n, &o
	}
	info, err := b.Put(t.Context(), name, bytes.NewReader(content), opts)
	if err != nil {
		t.Fatalf("Put(%s) of %d bytes: %v, want no error", term.Quote(name), len(content), err)
	}
	return info
}

// Puts stores each name with the name as its content, several at a time.
func Puts(t suite.T, b files.Bucket, names ...string) {
	t.Helper()
	const workers = 8
	errs := make([]error, len(names))
	Parallel(workers, func(w int) {
		for i := w; i < len(names); i += workers {
			_, errs[i] = b.Put(t.Context(), names[i], strings.NewReader(names[i]), nil)
		}
	})
	for i, err := range errs {
		if err != nil {
			t.Fatalf("Put(%s): %v, want no error", term.Quote(names[i]), err)
		}
	}
}

// Read reads the whole file. After an error it returns the bytes that came before it.
func Read(ctx context.Context, b files.Bucket, name string,
	opts *files.GetOptions) ([]byte, files.Info, error) {
	r, err := b.Get(ctx, name, opts)
	if err != nil {
		return nil, files.Info{}, err
	}
	defer r.Close()
	p, err := ReadAll(r)
	return p, r.Info(), err
}

// ReadAll reads r to its end, into one buffer of the length that r reports. It returns at
// most one byte more.
func ReadAll(r *files.Reader) ([]byte, error) {
	p := make([]byte, r.Len()+1) // the extra byte shows a body that is too long
	n, err := io.ReadFull(r, p)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return p[:n], err
}

// Get reads the whole file and ends the case if that fails.
func Get(t suite.T, b files.Bucket, name string, opts *files.GetOptions) ([]byte, files.Info) {
	t.Helper()
	p, info, err := Read(t.Context(), b, name, opts)
	if err != nil {
		t.Fatalf("Get(%s): %v after %d bytes, want no error", term.Quote(name), err, len(p))
	}
	return p, info
}

// Stat returns the file's Info and ends the case if that fails.
func Stat(t suite.T, b files.Bucket, name string) files.Info {
	t.Helper()
	info, err := b.Stat(t.Context(), name, nil)
	if err != nil {
		t.Fatalf("Stat(%s): %v, want no error", term.Quote(name), err)
	}
	return info
}

// Remove deletes the file and ends the case if that fails.
func Remove(t suite.T, b files.Bucket, name string) {
	t.Helper()
	if err := b.Delete(t.Context(), name, nil); err != nil {
		t.Fatalf("Delete(%s): %v, want no error", term.Quote(name), err)
	}
}

// List returns the names of a listing and ends the case if it fails.
func List(t suite.T, b files.Bucket, dir string, opts *files.ListOptions) []string {
	t.Helper()
	var names []string
	for e, err := range b.List(t.Context(), dir, opts) {
		if err != nil {
			t.Fatalf("List(%s, %s) after %d entries: %v, want no error", term.Quote(dir),
				ListText(opts),
				len(names), err)
		}
		if names = append(names, e.Name); len(names) > suite.Endless {
			t.Fatalf("List(%s, %s) goes on after %d entries, the last of them %s", term.Quote(dir),
				ListText(opts), suite.Endless, term.Quote(e.Name))
		}
	}
	return names
}

// Shallow returns the entries of a shallow listing and ends the case if it fails.
func Shallow(t suite.T, b files.Bucket, dir string) []files.Entry {
	t.Helper()
	var all []files.Entry
	for e, err := range b.List(t.Context(), dir, &files.ListOptions{Shallow: true}) {
		if err != nil {
			t.Fatalf("shallow List(%q): %v, want no error", dir, err)
		}
		all = append(all, e)
	}
	return all
}
