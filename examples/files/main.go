// Command files lists, copies, synchronizes and deletes files in folders on disk and in
// buckets of every service.
//
//	go run ./examples/files ls s3://bucket/photos?region=eu-central-1
//	go run ./examples/files cp notes.txt gs://bucket/notes.txt
//	go run ./examples/files sync --delete --dry-run ./site azblob://container/site
//
// files help lists the commands, and files help COMMAND its flags.
//
// A place is a path, or the URL of a bucket followed by the name of a file or a
// directory. In a file:// URL the whole path is the folder. Paths and names are not
// patterns. With cp, "-" is standard input or output.
//
// Symbolic links, pipes and devices in a folder are ignored. A file whose name can't be a
// name in a bucket, such as one that isn't UTF-8, is reported, and the exit code is 1.
//
// # After an interruption
//
// Run the same command again, also after a kill: it copies only what is missing. It
// continues inside a file of at least 64 MiB, of which it copies at most a tenth twice.
// The progress of such files is noted in the user's cache folder, or in the folder of the
// flag --state-dir. When cp downloads a single file to a path, the unfinished content is
// beside it, in .resume-….part.
//
// At Ctrl-C the command removes other unfinished uploads, which takes some seconds at
// most; a second Ctrl-C doesn't wait for that. After a kill, S3 and Google Cloud Storage may
// keep parts of a file, and charge for them, until a lifecycle rule or resume.AbortStale
// removes them. They also keep those of a large file, for the next run.
//
// # Exit codes
//
//	0    everything is done, or was done already
//	1    something failed, is missing or differs; standard error says what
//	2    the command line is wrong
//	130  interrupted by Ctrl-C or SIGTERM
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	_ "cloudfiles.dev/drivers/all"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// command is one of the commands.
type command struct {
	name, args, help string
	least, most      int // number of places; a most of 0 is any number
	flags            func(fs *flag.FlagSet, f *flags)
	run              func(a *app, ctx context.Context, places []place) error
}

var commands = []command{
	{"ls", "PLACE", "lists a directory", 1, 1, lsFlags, (*app).ls},
	{"cat", "FILE...", "writes files to standard output", 1, 0, nil, (*app).cat},
	{"cp", "SOURCE TARGET", "copies a file, or with -r a directory; - is standard input or output",
		2, 2, cpFlags, (*app).cp},
	{"sync", "SOURCE TARGET", "copies what differs; --delete deletes what the source lacks", 2, 2,
		syncFlags, (*app).sync},
	{"rm", "PLACE...", "deletes files, or with -r directories", 1, 0, rmFlags, (*app).rm},
	{"du", "PLACE...", "counts files and bytes", 1, 0, nil, (*app).du},
	{"sign", "FILE", "prints a URL that needs no credentials", 1, 1, signFlags, (*app).signURL},
	{"check", "PLACE [PLACE]", "checks a bucket, or compares two directories", 1, 2,
		checkFlags, (*app).check},
}

// app is one run of the command.
type app struct {
	flags
	out, err io.Writer
}

var errUsage = errors.New("usage")

// stopping is printed at Ctrl-C. A second one ends the program as usual.
const stopping = "files: stopping; Ctrl-C again ends at once, and may leave unfinished uploads"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { stop(); fmt.Fprintln(os.Stderr, stopping) })
	os.Exit((&app{out: os.Stdout, err: os.Stderr}).main(ctx, os.Args[1:]))
}

// main runs a command line and returns the exit code.
func (a *app) main(ctx context.Context, args []string) int {
	err := a.dispatch(ctx, args)
	if err == nil {
		return 0
	}
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimPrefix(strings.TrimRight(line, "\n"), "files: ")
		fmt.Fprintln(a.err, "files:", files.Printable(line))
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(a.err, "files: interrupted. No file at the target is half-written; "+
			"the same command does the rest, but begins a stream, such as that of cat, anew.")
		return 130
	case errors.Is(err, errUsage):
		return 2
	}
	return 1
}

func (a *app) dispatch(ctx context.Context, args []string) error {
	help := len(args) > 0 && slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0])
	if help {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprint(a.out, "files works with folders and buckets.\n\n")
		for _, c := range commands {
			fmt.Fprintf(a.out, "  files %-6s %-15s %s\n", c.name, c.args, c.help)
		}
		fmt.Fprint(a.out, "\nA place is a path, or a URL such as s3://bucket/directory/name.\n"+
			"files help COMMAND lists the flags of a command.\n")
		return nil
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		return fmt.Errorf("%w: there is no command %q; files help lists them", errUsage, args[0])
	}
	c := commands[i]
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.BoolVar(&a.json, "json", false, "print JSON, one value a line")
	fs.BoolVar(&a.quiet, "quiet", false, "print errors only")
	if c.flags != nil {
		c.flags(fs, &a.flags)
	}
	places, err := parse(fs, args[1:])
	switch n := len(places); {
	case help || errors.Is(err, flag.ErrHelp):
		fs.SetOutput(a.out)
		fmt.Fprintf(a.out, "files %s [flags] %s\n\nIt %s.\n\n", c.name, c.args, c.help)
		fs.PrintDefaults()
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w; files help %s lists the flags", errUsage, err, c.name)
	case n < c.least || c.most > 0 && n > c.most:
		return fmt.Errorf("%w: files %s takes %s", errUsage, c.name, c.args)
	case slices.Contains(places, ""): // a variable that isn't set is not the current folder
		return fmt.Errorf("%w: a place is empty; write . for the current folder", errUsage)
	}
	var errs []error // of any number of places, each is done, whether or not another fails
	for part := range slices.Chunk(places, max(c.most, 1)) {
		errs = append(errs, a.with(ctx, c, part))
	}
	return errors.Join(errs...)
}

// with opens the places and runs the command on them.
func (a *app) with(ctx context.Context, c command, places []string) error {
	opened := make([]place, len(places))
	for i, text := range places {
		p, err := a.open(ctx, text, i == 1 && (c.name == "cp" || c.name == "sync"))
		if err != nil {
			return err
		}
		if p.b != nil {
			defer p.b.Close()
		}
		opened[i] = p
	}
	return c.run(a, ctx, opened)
}

// parse also accepts flags after the places. After "--" there are only places.
func parse(fs *flag.FlagSet, args []string) (places []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		rest := fs.Args()
		if n := len(args) - len(rest); len(rest) == 0 || n > 0 && args[n-1] == "--" {
			return append(places, rest...), nil
		}
		places, args = append(places, rest[0]), rest[1:]
	}
}

// flags has the flags of all commands.
type flags struct {
	json, quiet, long, recursive, all, deletes, copies bool

	sign     files.SignOptions
	transfer transfer.Options
}

func lsFlags(fs *flag.FlagSet, f *flags) {
	fs.BoolVar(&f.long, "l", false, "print sizes in bytes and times, too")
	fs.BoolVar(&f.recursive, "r", false, "list everything below the directory")
}

func signFlags(fs *flag.FlagSet, f *flags) {
	fs.StringVar(&f.sign.Method, "method", "GET", "the `method`: GET, HEAD, PUT or DELETE")
	fs.DurationVar(&f.sign.Expiry, "expires", 15*time.Minute, "how long the URL works")
}

func rmFlags(fs *flag.FlagSet, f *flags) {
	fs.BoolVar(&f.recursive, "r", false, "delete everything below the directory")
	fs.BoolVar(&f.all, "all", false, "with -r: allow a whole bucket or folder")
	fs.BoolVar(&f.transfer.DryRun, "dry-run", false, "print what would be done, without doing it")
	f.selecting(fs)
	f.limiting(fs)
}

func cpFlags(fs *flag.FlagSet, f *flags) {
	f.copies = true
	fs.BoolVar(&f.recursive, "r", false, "copy everything below the directory")
	f.copying(fs)
}

func syncFlags(fs *flag.FlagSet, f *flags) {
	fs.BoolVar(&f.deletes, "delete", false, "delete what the source doesn't have")
	fs.BoolVar(&f.transfer.AllowEmptySource, "allow-empty-source", false,
		"with --delete: delete everything if the source has no file")
	f.copying(fs)
	f.limiting(fs)
}

func checkFlags(fs *flag.FlagSet, f *flags) {
	f.selecting(fs)
	f.comparing(fs, "exact")
}

func (f *flags) copying(fs *flag.FlagSet) {
	f.selecting(fs)
	f.comparing(fs, "time")
	o := &f.transfer
	fs.BoolVar(&o.DryRun, "dry-run", false, "print what would be done, without doing it")
	fs.BoolVar(&o.NoOverwrite, "no-overwrite", false, "keep the files that the target has")
	fs.BoolVar(&o.KeepNewer, "keep-newer", false, "keep files of the target that are newer")
	fs.BoolVar(&o.StoreTime, "store-time", false, "store the source's time as metadata mtime")
	fs.BoolVar(&o.ContentOnly, "content-only", false, "copy no content type, headers or metadata")
	fs.IntVar(&o.Parallel, "parallel", 16, "how many files at a time")
	dir, _ := transfer.DefaultStateDir()
	fs.StringVar(&o.StateDir, "state-dir", dir, "`folder` for the progress of large files")
}

func (f *flags) limiting(fs *flag.FlagSet) {
	fs.Int64Var(&f.transfer.MaxDeletes, "max-delete", 0,
		"delete nothing if more files are due; 0 is no limit")
}

// selecting defines the flags of filters, whose order matters.
func (f *flags) selecting(fs *flag.FlagSet) {
	add := func(sign string) func(string) error {
		return func(pattern string) error {
			f.transfer.Filter = append(f.transfer.Filter, sign+pattern)
			return nil
		}
	}
	fs.Func("include", "take files that match the `pattern`; the first match decides", add("+ "))
	fs.Func("exclude", "leave out files that match the `pattern`, such as *.tmp", add("- "))
}

func (f *flags) comparing(fs *flag.FlagSet, usual string) {
	known := map[string]transfer.Compare{
		"time":    transfer.ByTime,
		"size":    transfer.BySize,
		"stored":  transfer.ByStoredTime,
		"digest":  transfer.ByDigest,
		"content": transfer.ByContent,
		"exact":   transfer.ByDigestOrContent,
	}
	f.transfer.Compare = known[usual]
	fs.Func("compare", "compare by `what`: time, size, stored (time), digest, content, or exact, "+
		"which is digest or else content (default "+usual+")", func(text string) (err error) {
		var ok bool
		if f.transfer.Compare, ok = known[text]; !ok {
			err = errors.New("unknown comparison")
		}
		return err
	})
}
