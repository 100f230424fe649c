package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"cloudfiles.dev/files"
)

// demo is what all steps need.
type demo struct {
	b   files.Bucket
	w   io.Writer
	src string
}

// say prints a line. It escapes the line, because strangers may have chosen parts of
// it, such as names in a folder.
func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.w, "  %s\n", files.Printable(fmt.Sprintf(format, args...)))
}

var steps = []struct {
	title string
	do    func(ctx context.Context, d *demo) error
}{
	{"Put: this folder's own files, each streamed from disk", putTree},
	{"List: everything below a directory, in byte order", listDeep},
	{"List, shallow: files and directories one level down", listShallow},
	{"Get: one file as a stream, in chunks of 1 KiB, checked against its digest", getStream},
	{"Get, by range: the first and the last bytes only", getRange},
	{"Get of a file that is missing", getMissing},
	{"Put with a condition: of two writers that read the same version, one wins", putIf},
	{"Delete, and again: deleting a missing file is not an error", deleteOne},
}

// putTree stores the files below src, except hidden ones.
func putTree(ctx context.Context, d *demo) error {
	res, err := files.PutFS(ctx, d.b, "tree", os.DirFS(d.src), &files.PutFSOptions{
		Filter: func(path string, e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), ".") },
	})
	if err != nil {
		return err
	}
	d.say("%d files, %d bytes", res.Files, res.Bytes)
	return nil
}

func listDeep(ctx context.Context, d *demo) error {
	count := 0
	for e, err := range d.b.List(ctx, "tree", nil) {
		if err != nil {
			return err
		}
		if count++; count <= 5 {
			d.say("%-40s %7d bytes  %s", e.Name, e.Size,
				e.ModTime.Format("2006-01-02 15:04:05.000"))
		}
	}
	d.say("… %d files", count)
	return nil
}

func listShallow(ctx context.Context, d *demo) error {
	for e, err := range d.b.List(ctx, "tree", &files.ListOptions{Shallow: true}) {
		if err != nil {
			return err
		}
		d.say("%s", e.Name)
	}
	return nil
}

// largest returns the largest stored file, for the steps that read.
func largest(ctx context.Context, d *demo) (files.Entry, error) {
	var found files.Entry
	for e, err := range d.b.List(ctx, "tree", nil) {
		if err != nil {
			return files.Entry{}, err
		}
		if e.Size >= found.Size {
			found = e
		}
	}
	if found.Name == "" {
		return files.Entry{}, errors.New("the folder holds no file to show")
	}
	return found, nil
}

func getStream(ctx context.Context, d *demo) error {
	e, err := largest(ctx, d)
	if err != nil {
		return err
	}
	r, err := d.b.Get(ctx, e.Name, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	chunks, bytes := 0, 0
	for chunk, err := range r.Chunks(0) {
		if err != nil {
			return err
		}
		chunks++
		bytes += len(chunk)
	}
	d.say("%s: %d bytes in %d chunks; %s, version %s", e.Name, bytes, chunks, r.Info().ContentType,
		r.Info().Version)
	return nil
}

func getRange(ctx context.Context, d *demo) error {
	e, err := largest(ctx, d)
	if err != nil {
		return err
	}
	for _, rg := range []files.Range{files.Bytes(0, 16), files.Last(16)} {
		r, err := d.b.Get(ctx, e.Name, &files.GetOptions{Range: rg})
		if err != nil {
			return err
		}
		p, err := r.ReadAll()
		r.Close()
		if err != nil {
			return err
		}
		d.say("%-16v of %d: bytes %d to %d: %q", rg, r.Info().Size, r.Offset(), r.Offset()+r.Len(),
			p)
	}
	return nil
}

func getMissing(ctx context.Context, d *demo) error {
	_, err := d.b.Get(ctx, "reports/may.pdf", nil)
	if !errors.Is(err, files.ErrNotExist) {
		return fmt.Errorf("reading a missing file returned %v", err)
	}
	d.say("%v", err)
	d.say("errors.Is(err, fs.ErrNotExist) is %v", errors.Is(err, fs.ErrNotExist))
	return nil
}

func putIf(ctx context.Context, d *demo) error {
	const name = "counter.txt"
	first, err := d.b.Put(ctx, name, strings.NewReader("1"),
		&files.PutOptions{If: files.IfAbsent()})
	if err != nil {
		return err
	}
	d.say("created %s, version %s", name, first.Version)
	if f := d.b.Features(); !f.IfVersion {
		d.say("this bucket can't replace by version, and says so: Features().IfVersion is %v",
			f.IfVersion)
		return nil
	}
	replace := &files.PutOptions{If: files.IfVersion(first.Version)}
	second, err := d.b.Put(ctx, name, strings.NewReader("2"), replace)
	if err != nil {
		return err
	}
	d.say("replaced that version by %s", second.Version)
	_, err = d.b.Put(ctx, name, strings.NewReader("3"), replace)
	if !errors.Is(err, files.ErrPrecondition) {
		return fmt.Errorf("a Put with an old version returned %v", err)
	}
	d.say("%v", err)
	return nil
}

func deleteOne(ctx context.Context, d *demo) error {
	for range 2 {
		if err := d.b.Delete(ctx, "counter.txt", nil); err != nil {
			return err
		}
	}
	if _, err := d.b.Stat(ctx, "counter.txt", nil); !errors.Is(err, files.ErrNotExist) {
		return fmt.Errorf("reading a deleted file returned %v", err)
	}
	d.say("counter.txt is gone")
	return nil
}
