// Command doctor runs the conformance suite against your bucket, reports what is wrong
// with it, and says what usually helps.
//
//	go run ./conformance/doctor -url 's3://bucket?region=eu-central-1'
//	go run ./conformance/doctor -url file:///var/lib/app -run '^P8/' -v
//	go run ./conformance/doctor -list
//
// It works in a directory of its own, cloudfiles-conformance-…, and reads, lists and
// changes nothing else. It first makes a few calls that show common problems of
// credentials and settings; if one fails, the doctor gives advice. At the end, also
// after Ctrl-C, the doctor removes all files that it put, by name, even if no listing
// shows them. It counts and names files that it can't remove. A second Ctrl-C ends it
// at once, and it prints where files may be left.
//
// The exit status is:
//
//   - 0 if the bucket keeps the contract
//   - 1 if it breaks a rule, if the run did not end within -timeout, or if files are left
//   - 2 if the command line or the bucket can't be used
//   - 130 after Ctrl-C or SIGTERM
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/internal/term"
	_ "cloudfiles.dev/drivers/all"
	"cloudfiles.dev/files"
)

// The exit statuses.
const (
	statusOK          = 0
	statusBroken      = 1
	statusUsage       = 2
	statusInterrupted = 130
)

func main() {
	d := &doctor{
		out:   os.Stdout,
		err:   term.Writer(os.Stderr),
		color: colorful(os.Stdout),
		live:  terminal(os.Stdout),
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		<-signals
		cancel(errInterrupted)
		fmt.Fprintf(d.err,
			"\ndoctor: stopping, and removing the run's files; interrupt again to end at once\n")
		<-signals
		fmt.Fprintf(d.err, "\ndoctor: ended at once; %s\n", d.left())
		os.Exit(statusInterrupted)
	}()
	os.Exit(d.run(ctx, os.Args[1:]))
}

var errInterrupted = errors.New("interrupted")

// doctor is one run of the command.
type doctor struct {
	out, err io.Writer
	color    bool // print in colours
	live     bool // overwrite the progress line

	url                  string
	list, short, verbose bool
	pattern              string
	json, markdown       string
	timeout, limit       time.Duration
	parallel             int
	seed                 uint64

	shared bool // a second Open reaches the same store
	failed int  // number of failed cases so far

	mu  sync.Mutex
	dir string // where files may be left
}

func (d *doctor) flags() *flag.FlagSet {
	f := flag.NewFlagSet("doctor", flag.ContinueOnError)
	f.SetOutput(d.err)
	f.StringVar(&d.url, "url", "", "the bucket's `URL` (default $CLOUDFILES_URL)")
	f.BoolVar(&d.list, "list", false, "print every case, with its rule and why it matters")
	f.StringVar(&d.pattern, "run", "",
		"run only the cases whose IDs match this `regexp`, such as '^P8/' or 'race'")
	f.BoolVar(&d.short, "short", false, "leave out the long cases")
	f.StringVar(&d.json, "report", "", "write the report in JSON to this `file`")
	f.StringVar(&d.markdown, "md", "", "write the report in Markdown to this `file`")
	f.DurationVar(&d.timeout, "timeout", 0, "end the run after this time; 0 means never")
	f.DurationVar(&d.limit, "casetimeout", conformance.DefaultLimit,
		"how long a case may take")
	f.IntVar(&d.parallel, "parallel", max(4, runtime.GOMAXPROCS(0)), "how many cases run at a time")
	f.Uint64Var(&d.seed, "seed", 0, "the seed of all random choices; 0 means a new one")
	f.BoolVar(&d.verbose, "v", false, "print every case")
	return f
}

// run runs the command and returns its exit status.
func (d *doctor) run(ctx context.Context, args []string) int {
	f := d.flags()
	err := f.Parse(args)
	if d.url == "" {
		// A flag's default would be printed, with its secrets.
		d.url = cmp.Or(os.Getenv("CLOUDFILES_URL"), os.Getenv("FILES_URL"))
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		return statusOK
	case err != nil:
		return statusUsage
	case f.NArg() > 0:
		arg := f.Arg(0)
		if strings.ContainsAny(arg, ":=@?/+") { // it may be a URL, with its secrets
			arg = files.RedactURL(arg)
		}
		return d.usage(fmt.Errorf("unexpected argument %q; give the bucket with -url",
			arg))
	case d.parallel < 1 || d.limit <= 0 || d.timeout < 0:
		return d.usage(errors.New("-parallel and -casetimeout must be above 0, and -timeout " +
			"not below 0"))
	case d.list:
		return d.listCases()
	}
	if d.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d.timeout,
			fmt.Errorf("the run did not end within %v", d.timeout))
		defer cancel()
	}
	if err := d.describe(); err != nil {
		return d.usage(err)
	}
	if status := d.preflight(ctx); status != statusOK {
		return status
	}
	return d.check(ctx)
}

func (d *doctor) usage(err error) int {
	fmt.Fprintf(d.err, "doctor: %v\n", err)
	return statusUsage
}

// at records the directory below which the run now stores files; "" is none.
func (d *doctor) at(dir string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dir = dir
}

// left returns a text about the files that an immediate exit leaves behind.
func (d *doctor) left() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dir == "" {
		return "nothing is left in the bucket"
	}
	return fmt.Sprintf("files may be left in the bucket below %s/", d.dir)
}

// check runs the cases and writes the reports.
func (d *doctor) check(ctx context.Context) int {
	report, err := conformance.Check(ctx, d.harness(), &conformance.CheckOptions{
		Pattern:  d.pattern,
		Short:    d.short,
		Parallel: d.parallel,
		Started:  d.at,
		Progress: d.progress,
	})
	d.wipe()
	if report == nil {
		if ctx.Err() != nil {
			return d.ended(ctx)
		}
		return d.usage(err)
	}
	d.summary(report)
	status := statusOK
	if !report.OK() || err != nil {
		status = statusBroken
	}
	if err != nil { // the run ended early, or files are left
		fmt.Fprintf(d.err, "doctor: %v\n", err)
	}
	for path, write := range map[string]func(io.Writer) error{
		d.json:     report.WriteJSON,
		d.markdown: report.WriteMarkdown,
	} {
		if err := writeFile(path, write); err != nil {
			fmt.Fprintf(d.err, "doctor: %v\n", err)
			status = statusBroken
		}
	}
	if errors.Is(context.Cause(ctx), errInterrupted) {
		status = statusInterrupted
	}
	return status
}

// ended prints why the run ended before its first case, and returns the exit status.
func (d *doctor) ended(ctx context.Context) int {
	cause := context.Cause(ctx)
	fmt.Fprintf(d.err, "doctor: %v\n", cause)
	if errors.Is(cause, errInterrupted) {
		return statusInterrupted
	}
	return statusBroken
}

// harness returns a Harness that runs the suite in a directory of the user's bucket.
func (d *doctor) harness() conformance.Harness {
	open := func(t conformance.T) files.Bucket {
		b, err := files.Open(t.Context(), d.url)
		if err != nil {
			t.Fatalf("opening the bucket again: %v", err)
		}
		return b
	}
	h := conformance.Harness{
		Store:   open,
		URL:     func(conformance.T) string { return d.url },
		Secrets: func(files.Bucket) []string { return secrets(d.url) },
		Send:    sender(d.url),
		Limit:   d.limit,
		Name:    files.RedactURL(d.url),
		Seed:    d.seed,
	}
	if d.shared {
		h.Second = func(t conformance.T, _ files.Bucket) files.Bucket { return open(t) }
	}
	return h
}

// writeFile writes a file, unless path is "".
func writeFile(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
