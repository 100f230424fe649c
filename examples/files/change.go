package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

func (a *app) rm(ctx context.Context, places []place) error {
	p := places[0]
	if a.recursive {
		if p.name == "" && !a.all {
			return fmt.Errorf("%s is a whole bucket or folder; --all deletes everything", p.text)
		}
		plan, err := transfer.Remove(p.tree(), &a.transfer)
		if err != nil {
			return err
		}
		return a.apply(ctx, plan)
	}
	if err := p.file(); err != nil {
		return err
	}
	info, err := p.b.Stat(ctx, p.name, nil)
	if err == nil && !a.transfer.DryRun {
		err = p.b.Delete(ctx, p.name, nil)
	}
	if err != nil {
		return err
	}
	return a.print(info.Entry, "delete %s", files.Printable(p.name))
}

// cp copies one file, or with -r a directory.
func (a *app) cp(ctx context.Context, places []place) (err error) {
	src, dst := places[0], places[1]
	input, into := src.text == "-", dst.name == "" || strings.HasSuffix(dst.name, "/")
	switch err := src.file(); {
	case a.recursive:
		return a.sync(ctx, places)
	case input && into:
		return errors.New("standard input can only be copied to the URL of a file")
	case err != nil && !input:
		return err
	case dst.text == "-":
		return a.cat(ctx, places[:1])
	}
	base := src.name[strings.LastIndexByte(src.name, '/')+1:]
	if dst.path != "" {
		return a.download(ctx, src, dst, base)
	}
	if into {
		dst.name += base
	}
	var put files.PutOptions
	if a.transfer.NoOverwrite {
		put.If = files.IfAbsent()
	}
	if !input {
		_, err = transfer.CopyFile(ctx, dst.b, dst.name, src.b, src.name, &a.transfer)
	} else if !a.transfer.DryRun {
		ctx, settled := resume.Settle(ctx)
		defer settled()
		_, err = dst.b.Put(ctx, dst.name, os.Stdin, &put)
	}
	return a.copied(dst.name, err)
}

// copied prints what was copied, unless there was an error.
func (a *app) copied(name string, err error) error {
	if err != nil {
		return err
	}
	return a.print(map[string]any{"action": "copy", "name": name}, "copy %s", files.Printable(name))
}

// download copies a file to a path, or into the folder at the path. It makes the folder
// if it is missing.
func (a *app) download(ctx context.Context, src, dst place, base string) error {
	path := dst.path
	fi, err := os.Stat(path)
	if err == nil && fi.IsDir() || os.IsPathSeparator(dst.text[len(dst.text)-1]) {
		path = filepath.Join(path, files.SafeName(base))
		_, err = os.Stat(path)
	}
	switch {
	case err == nil && a.transfer.NoOverwrite:
		return fmt.Errorf("%s: %w", path, files.ErrExist)
	case path == src.path:
		return fmt.Errorf("source and target are the same file: %s", path)
	case a.transfer.DryRun:
		return a.copied(path, nil)
	}
	if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
		_, err = resume.Download(ctx, src.b, src.name, path, nil)
	}
	return a.copied(path, err)
}

// sync copies a directory, and with --delete makes the target equal.
func (a *app) sync(ctx context.Context, places []place) error {
	src, dst := places[0], places[1]
	switch err := apart(src, dst); {
	case src.path != "" && src.name != "":
		return fmt.Errorf("%s is a file, not a folder", src.text)
	case err != nil:
		return err
	}
	plan := transfer.Copy
	if a.deletes {
		plan = transfer.Sync
	}
	p, err := plan(dst.tree(), src.tree(), &a.transfer)
	if err != nil {
		return err
	}
	return a.apply(ctx, p)
}

var errNoFile = errors.New("there is no such file, or the filters leave out all files")

// apply carries out a plan, and prints each file or draws a bar.
func (a *app) apply(ctx context.Context, plan *transfer.Plan) error {
	bar := a.newBar()
	var end, illegal error
	var last transfer.Progress
	for e, err := range plan.Events(ctx) {
		end, last = err, e.Progress
		if last.TotalKnown { // the listings have been read
			bar.ChangeMax64(max(last.TotalBytes, 1))
		}
		bar.Describe(fmt.Sprintf("%d of %d files, %d failed", last.Files, last.TotalFiles,
			last.Failed))
		bar.Set64(min(last.Bytes+last.Active, max(last.TotalBytes-1, 0))) // a full bar would end
		if key := e.Change.Source.Key; e.Kind == transfer.EventSkipped && key != "" &&
			!strings.HasSuffix(key, "/") { // that is the marker of a folder
			illegal = fmt.Errorf("names that a bucket can't have are left out, such as %s", key)
		}
		if e.Kind == transfer.EventDone || e.Kind == transfer.EventSkipped {
			bar.Clear()
			if err := a.print(e.Change, "%s", e.Change); err != nil {
				return err
			}
		}
	}
	bar.Clear()
	if end == nil && last.Files+last.Equal+last.Skipped == 0 {
		return errNoFile
	}
	verb := map[bool]string{false: "done", true: "would be done"}[a.transfer.DryRun]
	return errors.Join(end, illegal, a.print(last,
		"%d files (%d bytes) %s, %d equal, %d skipped, %d failed", last.Files, last.Bytes, verb,
		last.Equal, last.Skipped, last.Failed))
}

// newBar returns a progress bar, which is silent unless standard error is a terminal.
func (a *app) newBar() *progressbar.ProgressBar {
	f, ok := a.err.(*os.File)
	ok = ok && !a.quiet && !a.json && term.IsTerminal(int(f.Fd()))
	return progressbar.NewOptions64(-1, progressbar.OptionSetWriter(a.err),
		progressbar.OptionSetVisibility(ok), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionFullWidth())
}
