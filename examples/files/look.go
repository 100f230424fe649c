package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// print prints a value as JSON, or as text.
func (a *app) print(v any, format string, args ...any) (err error) {
	switch {
	case a.quiet:
	case a.json:
		err = json.NewEncoder(a.out).Encode(v)
	default:
		_, err = fmt.Fprintf(a.out, format+"\n", args...)
	}
	return err
}

func (a *app) ls(ctx context.Context, places []place) error {
	p, o, found := places[0], &files.ListOptions{Shallow: !a.recursive, Parallel: 8}, false
	show := func(e files.Entry) error {
		found = true
		name := files.Printable(strings.TrimPrefix(e.Name, p.name+"/"))
		if !a.long {
			return a.print(e, "%s", name)
		}
		when := e.ModTime.Local().Format("2006-01-02 15:04:05")
		if e.IsDir {
			when = strings.Repeat(" ", len(when))
		}
		return a.print(e, "%12d  %s  %s", e.Size, when, name)
	}
	for e, err := range p.b.List(ctx, p.name, o) {
		if err == nil {
			err = show(e)
		}
		if err != nil {
			return err
		}
	}
	if !found && p.name != "" { // it is a file, or missing, which is an error
		info, err := p.b.Stat(ctx, p.name, nil)
		if err != nil {
			return err
		}
		return show(info.Entry)
	}
	return nil
}

func (a *app) cat(ctx context.Context, places []place) error {
	err := places[0].file()
	if err == nil {
		_, err = files.Download(ctx, places[0].b, places[0].name, a.out, nil)
	}
	return err
}

func (a *app) du(ctx context.Context, places []place) error {
	p := places[0]
	n, bytes, err := files.Usage(ctx, p.b, p.name)
	if err == nil && n == 0 && p.name != "" { // it may be a file
		var info files.Info
		info, err = p.b.Stat(ctx, p.name, nil)
		n, bytes = 1, info.Size
	}
	if err != nil {
		return err
	}
	return a.print(map[string]any{"place": p.text, "files": n, "bytes": bytes},
		"%12d bytes  %8d files  %s", bytes, n, p.text)
}

func (a *app) signURL(ctx context.Context, places []place) error {
	p := places[0]
	if err := p.file(); err != nil {
		return err
	}
	s, err := files.SignURL(ctx, p.b, p.name, &a.sign)
	if err != nil {
		return err
	}
	for key, values := range s.Header {
		fmt.Fprintf(a.err, "files: the request must send %s: %s\n", key, strings.Join(values, ", "))
	}
	return a.print(s, "%s", s.URL)
}

func (a *app) check(ctx context.Context, places []place) error {
	for _, p := range places {
		if err := files.Check(ctx, p.b); err != nil {
			return err
		}
	}
	if len(places) == 1 {
		return a.print(map[string]any{"ok": true}, "%s is there", places[0].text)
	}
	a.transfer.AllowEmptySource = true
	plan, err := transfer.Sync(places[1].tree(), places[0].tree(), &a.transfer)
	if err != nil {
		return err
	}
	var same, differ, unknown int
	for c, err := range plan.All(ctx) {
		switch {
		case err != nil:
			return err
		case c.Action == transfer.ActionKeep:
			same++
			continue
		case c.Reason == transfer.ReasonNoDigest || c.Reason == transfer.ReasonForeign:
			unknown++
		default:
			differ++
		}
		if err := a.print(c, "%s: %s", files.Printable(c.Name+c.Source.Key), c.Reason); err != nil {
			return err
		}
	}
	err = a.print(map[string]any{"same": same, "differ": differ, "notCompared": unknown},
		"%d files are the same, %d differ, %d were not compared", same, differ, unknown)
	switch same + differ + unknown {
	case 0:
		return fmt.Errorf("no file was compared: check takes folders, and found no file in them")
	case same:
		return err
	}
	return fmt.Errorf("the places differ")
}
