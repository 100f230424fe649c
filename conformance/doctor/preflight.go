package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// clockSlack is how far the store's clock may be off before the doctor reports it. It is
// far below the 15 minutes at which services refuse signed requests, and far above the
// time of a request.
const clockSlack = 10 * time.Second

// cleanLimit bounds the removal of the probe's file.
const cleanLimit = 30 * time.Second

// describe checks the URL and prints what will be opened.
func (d *doctor) describe() error {
	about, err := files.Describe(d.url)
	if err != nil {
		return err
	}
	u, err := url.Parse(d.url)
	if err != nil {
		return fmt.Errorf("%s is not a URL", files.RedactURL(d.url))
	}
	if u.Query().Has("key") {
		return errors.New("the URL has key=, so the bucket has one file only; the suite needs " +
			"many: leave it out")
	}
	fmt.Fprintf(d.out, "%s, by %s\n", about, about.Package)
	return nil
}

// probe is the state of preflight.
type probe struct {
	d      *doctor
	b      files.Bucket
	scheme string
	name   string // of the probe's file
	first  files.Info
	put    [2]time.Time // before and after
}

// preflight tries the operations that all cases need. If the suite can't run, it prints
// why, with advice, and returns an exit status that isn't statusOK.
func (d *doctor) preflight(ctx context.Context) int {
	scheme, _, _ := strings.Cut(d.url, ":")
	p := &probe{d: d, scheme: strings.TrimPrefix(strings.ToLower(scheme), "gocloud+")}
	b, err := files.Open(ctx, d.url)
	if err != nil {
		return p.stop(ctx, files.OpOpen, err)
	}
	defer b.Close()
	random := make([]byte, 6)
	rand.Read(random)
	dir := conformance.StorePrefix + hex.EncodeToString(random)
	p.b, p.name = b, dir+"/probe.txt"
	d.at(dir)
	defer d.at("")
	clean := func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanLimit)
		defer cancel()
		return b.Delete(ctx, p.name, nil)
	}
	for _, step := range []struct {
		what string
		op   files.Op
		do   func(context.Context) error
	}{
		{"the bucket exists", files.OpCheck, p.there},
		{"what the store supports", "", p.keeps},
		{"putting a file", files.OpPut, p.store},
		{"stat", files.OpStat, p.stat},
		{"reading it back", files.OpGet, p.get},
		{"replacing it", files.OpPut, p.replace},
		{"listing", files.OpList, p.list},
		{"conditions", "", p.conditions},
		{"a second handle", "", p.second},
		{"deleting it", files.OpDelete, p.remove},
	} {
		if err := step.do(ctx); err != nil {
			fmt.Fprintf(d.out, "%s  %s\n", d.paint(red, "FAIL"), step.what)
			if step.op != files.OpCheck {
				if cerr := clean(); cerr != nil {
					fmt.Fprintf(d.err, "doctor: %s: %q: %v\n", d.left(), p.name, cerr)
				}
			}
			return p.stop(ctx, step.op, err)
		}
		d.say(green, "ok  ", step.what)
	}
	return statusOK
}

// stop prints why the suite can't run, with advice, and returns the exit status.
func (p *probe) stop(ctx context.Context, op files.Op, err error) int {
	if ctx.Err() != nil {
		return p.d.ended(ctx)
	}
	fmt.Fprintf(p.d.err, "doctor: the cases can't run: %v\n", err)
	for _, a := range advice(p.scheme, op, err) {
		fmt.Fprintf(p.d.err, "  - %s\n", a)
	}
	return statusUsage
}

// warn prints what is wrong if the cases can run nevertheless.
func (p *probe) warn(what string, advice ...string) {
	fmt.Fprintf(p.d.out, "%s  %s\n", p.d.paint(yellow, "look"), term.Text(what))
	for _, a := range advice {
		fmt.Fprintf(p.d.out, "      - %s\n", term.Text(a))
	}
}

func (p *probe) there(ctx context.Context) error {
	if p.b.Features().ReadOnly {
		return driver.Errorf(files.ErrPermission, "the bucket was opened for reading only")
	}
	return files.Check(ctx, p.b)
}

// keeps tries which conditions and names an S3 store keeps. It prints the URL parameters
// that declare them.
func (p *probe) keeps(ctx context.Context) error {
	found, err := s3.Probe(ctx, p.b)
	if errors.Is(err, files.ErrInvalid) { // another driver's bucket
		return ctx.Err()
	}
	if err != nil {
		p.warn(fmt.Sprintf("trying what the store supports failed: %v", err))
		return ctx.Err()
	}
	var lacks []string
	for c, k := range found.Keeps {
		if k != s3.Kept {
			lacks = append(lacks, c.String())
		}
	}
	if len(lacks) > 0 {
		slices.Sort(lacks)
		advice := []string{"declare what it does keep by these URL parameters: " + found.Params()}
		if u, err := url.Parse(p.d.url); found.Store != "" && err == nil &&
			!u.Query().Has("store") {
			advice = append(advice,
				"its responses have its name: store="+found.Store+" declares what is known of it")
		}
		p.warn("the store doesn't keep: "+strings.Join(lacks, "; "), advice...)
	}
	return nil
}

func (p *probe) store(ctx context.Context) (err error) {
	p.put[0] = time.Now()
	p.first, err = files.PutString(ctx, p.b, p.name, "one", nil)
	p.put[1] = time.Now()
	return err
}

func (p *probe) stat(ctx context.Context) (err error) {
	if p.first, err = p.b.Stat(ctx, p.name, nil); err != nil {
		return err
	}
	if off := skew(p.first.ModTime, p.put[0], p.put[1],
		p.b.Features().TimeResolution); off.Abs() > clockSlack {
		p.warn(fmt.Sprintf("the store's clock is %v off from this machine's",
			off.Round(time.Second)),
			"set the clocks by NTP: services refuse signed requests that are 15 minutes off, and "+
				"signed URLs expire too late or at once")
	}
	return nil
}

// skew returns by how much a file's time is ahead of the time at which it was put. It is
// negative if the file's time is behind.
func skew(at, before, after time.Time, resolution time.Duration) time.Duration {
	switch {
	case at.IsZero():
		return 0
	case at.After(after):
		return at.Sub(after)
	case at.Add(resolution).Before(before):
		return at.Add(resolution).Sub(before)
	}
	return 0
}

func (p *probe) get(ctx context.Context) error { return p.content(ctx, "one") }

func (p *probe) content(ctx context.Context, want string) error {
	got, err := files.ReadString(ctx, p.b, p.name, nil)
	if err == nil && got != want {
		p.warn(fmt.Sprintf("a file that was put as %q reads as %.40q", want, got),
			"another program changes the files, or a cache before the store returns old ones")
	}
	return err
}

func (p *probe) replace(ctx context.Context) error {
	if _, err := files.PutString(ctx, p.b, p.name, "other", nil); err != nil {
		return err
	}
	return p.content(ctx, "other")
}

func (p *probe) list(ctx context.Context) error {
	dir, _, _ := strings.Cut(p.name, "/")
	n := 0
	for _, err := range p.b.List(ctx, dir, nil) {
		if err != nil {
			return err
		}
		n++
	}
	if n != 1 {
		p.warn(fmt.Sprintf("a listing right after a put has %d files, want 1", n),
			"the store, or a cache before it, is only eventually consistent, so L4 will fail")
	}
	return nil
}

// conditions checks that the store doesn't ignore conditions, which would lose updates
// silently.
func (p *probe) conditions(ctx context.Context) error {
	f := p.b.Features()
	try := func(what string, c files.Condition, want error, header string) {
		_, err := files.PutString(ctx, p.b, p.name, "other still", &files.PutOptions{If: c})
		switch {
		case errors.Is(err, want) || ctx.Err() != nil:
		case err == nil:
			p.warn(fmt.Sprintf("a put %s replaced the file: the store ignores %s", what, header),
				cmp.Or(ignored[p.scheme], ignored[""]))
		default:
			p.warn(fmt.Sprintf("a put %s failed with another error, want %v: %v", what, want, err),
				advice(p.scheme, files.OpPut, err)...)
		}
	}
	if f.IfAbsent {
		try("of a new file that exists (IfAbsent)", files.IfAbsent(), files.ErrExist,
			"If-None-Match")
	}
	if f.IfVersion && p.first.Version != "" {
		try("of a version that was replaced (IfVersion)", files.IfVersion(p.first.Version),
			files.ErrPrecondition, "If-Match")
	}
	return ctx.Err()
}

// second finds out whether a second Open reaches the same store.
func (p *probe) second(ctx context.Context) error {
	b, err := files.Open(ctx, p.d.url)
	if err != nil {
		return err
	}
	defer b.Close()
	p.d.shared, err = files.Exists(ctx, b, p.name)
	return err
}

func (p *probe) remove(ctx context.Context) error {
	if err := p.b.Delete(ctx, p.name, nil); err != nil {
		return err
	}
	r, err := p.b.Get(ctx, p.name, nil)
	switch {
	case err == nil:
		_, err = io.Copy(io.Discard, r)
		r.Close()
		p.warn(fmt.Sprintf("a file that was deleted is still there (%v)", err),
			"an object lock, a retention policy or soft delete keeps it: try a bucket without one")
	case errors.Is(err, files.ErrPermission):
		p.warn("reading a missing file is a permission error",
			advice(p.scheme, files.OpList, err)...)
	}
	return nil
}
