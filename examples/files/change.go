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
	"cloudfiles.dev/files/transfer"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

func (a *app) rm(ctx context.Context, places []place) error {
	var errs []error
	for _, p := range places {
		if err := a.remove(ctx, p); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (a *app) remove(ctx context.Context, p place) error {
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
func (a *app) cp(ctx context.Context, places []place) error {
	if a.recursive {
		return a.sync(ctx, places)
	}
	src, dst := places[0], places[1]
	if err := src.file(); err != nil {
		return err
	}
	base := src.name[strings.LastIndexByte(src.name, '/')+1:]
	if dst.path != "" {
		return a.download(ctx, src, dst.path, base)
	}
	if dst.name == "" || strings.HasSuffix(dst.name, "/") {
		dst.name += base
	}
	o := &files.CopyOptions{}
	if a.transfer.NoOverwrite {
		o.If = files.IfAbsent()
	}
	if !a.transfer.DryRun {
		if _, err := files.Copy(ctx, dst.b, dst.name, src.b, src.name, o); err != nil {
			return err
		}
	}
	return a.print(map[string]any{"action": "copy", "name": dst.name},
		"copy %s", files.Printable(dst.name))
}

// download copies a file to a path, or into the folder at the path.
func (a *app) download(ctx context.Context, src place, path, base string) error {
	fi, err := os.Stat(path)
	if err == nil && fi.IsDir() {
		path = filepath.Join(path, files.SafeName(base))
		_, err = os.Stat(path)
	}
	if err == nil && a.transfer.NoOverwrite {
		return fmt.Errorf("%s: %w", path, files.ErrExist)
	}
	if path == src.path {
		return fmt.Errorf("source and target are the same file: %s", path)
	}
	if !a.transfer.DryRun {
		if _, err := files.DownloadFile(ctx, src.b, src.name, path, nil); err != nil {
			return err
		}
	}
	return a.print(map[string]any{"action": "copy", "name": path}, "copy %s", files.Printable(path))
}

// sync copies a directory, and with --delete makes the target equal.
func (a *app) sync(ctx context.Context, places []place) error {
	src, dst := places[0], places[1]
	if src.path != "" && src.name != "" {
		return fmt.Errorf("%s is a file, not a folder", src.text)
	}
	if err := apart(src, dst); err != nil {
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

// apply carries out a plan, and prints each file or draws a bar.
func (a *app) apply(ctx context.Context, plan *transfer.Plan) error {
	bar := a.newBar()
	var end error
	var last transfer.Progress
	for e, err := range plan.Events(ctx) {
		end, last = err, e.Progress
		draw(bar, e.Progress)
		if e.Kind == transfer.EventDone || e.Kind == transfer.EventSkipped {
			bar.Clear()
			if err := a.print(e.Change, "%s", e.Change); err != nil {
				return err
			}
		}
	}
	bar.Clear()
	if end == nil && last.Files+last.Equal+last.Skipped == 0 {
		return errors.New("there is no such file, or the filters leave out all files")
	}
	verb := "done"
	if a.transfer.DryRun {
		verb = "would be done"
	}
	return errors.Join(end, a.print(last,
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

// draw updates the bar. The total is unknown until the listings have been read.
func draw(bar *progressbar.ProgressBar, p transfer.Progress) {
	if p.TotalKnown {
		bar.ChangeMax64(max(p.TotalBytes, 1))
	}
	bar.Describe(fmt.Sprintf("%d of %d files, %d failed", p.Files, p.TotalFiles, p.Failed))
	bar.Set64(min(p.Bytes+p.Active, max(p.TotalBytes-1, 0))) // a full bar would end
}
