// Command servers builds, starts and stops the storage servers on which the drivers are
// tested. It is a module of its own, so programs that import cloudfiles.dev don't
// download them.
//
//	go run -C conformance/servers . versitygw
//	go run -C conformance/servers . -list
//	go run -C conformance/servers . -build all
//
// The first command starts a server to try things on, prints the environment variables to
// export, and stops the server on Ctrl-C. The second lists the servers, with version,
// licence and purpose. The third downloads and builds all of them, and starts none.
//
// Tests use package drivers/internal/testserver, which runs the command with -json. It
// then speaks the protocol of [Ready], [Command] and [Answer] over standard input and
// output, and ends when its input ends. So a server never outlives the test, even if the
// test is killed.
//
// A server is built once for each version, under a lock, in the user's cache (on Linux
// ~/.cache/cloudfiles/servers). Nothing is installed system-wide, and removing that
// folder removes everything. Each start has a free port on the loopback interface, new
// credentials, and a new folder, which is removed with the server. The cache's folder
// logs keeps the logs of the last 20 starts.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	list := flag.Bool("list", false, "list the servers")
	build := flag.Bool("build", false, "only download and build the named servers, or all")
	machine := flag.Bool("json", false,
		"read and write JSON lines, and end when the input ends")
	bucket := flag.String("bucket", "cloudfiles", "make a bucket (container) of that `name`")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr,
			"usage: go run -C conformance/servers . [-list | -build | -json] [-bucket NAME] SERVER")
		flag.PrintDefaults()
		printServers(os.Stderr)
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go watchParent(ctx, end)

	var err error
	switch {
	case *list:
		printServers(os.Stdout)
	case *build:
		err = buildAll(ctx, flag.Args())
	case flag.NArg() != 1:
		flag.Usage()
		os.Exit(2)
	case *machine:
		if err = serveJSON(ctx, flag.Arg(0), *bucket, os.Stdin, os.Stdout); err != nil {
			json.NewEncoder(os.Stdout).Encode(Ready{
				Error:   err.Error(),
				Missing: errors.Is(err, errMissing),
			})
		}
	default:
		err = play(ctx, flag.Arg(0), *bucket, os.Stdout)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "servers:", printable(err.Error()))
		os.Exit(1)
	}
}

// watchParent ends the context when the process that started this one is gone, such as a
// "go run" that was killed.
func watchParent(ctx context.Context, end context.CancelCauseFunc) {
	parent := os.Getppid()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if os.Getppid() != parent {
				end(errors.New("the parent process is gone"))
				return
			}
		}
	}
}

func printServers(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tVERSION\tSERVICE\tLICENCE\tWHAT FOR\tNEEDS")
	for _, s := range servers {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", s.name, s.version(), s.service, s.licence,
			s.purpose, s.needs)
	}
	t.Flush()
}

// byName returns the server with that name.
func byName(name string) (*server, error) {
	var names []string
	for _, s := range servers {
		if s.name == name {
			return s, nil
		}
		names = append(names, s.name)
	}
	return nil, fmt.Errorf("there is no server %q; there are %s", name, strings.Join(names, ", "))
}

// buildAll builds the named servers, one after the other; "all" stands for all of them.
func buildAll(ctx context.Context, names []string) error {
	var these []*server
	for _, name := range names {
		if name == "all" {
			these = servers
			break
		}
		s, err := byName(name)
		if err != nil {
			return err
		}
		these = append(these, s)
	}
	if len(these) == 0 {
		return errors.New("-build needs the names of servers, or all")
	}
	var all []error
	for _, s := range these {
		begin := time.Now()
		dir, err := install(ctx, s, os.Stderr)
		if err != nil {
			all = append(all, err)
			continue
		}
		fmt.Printf("%s %s is in %s (%.1fs)\n", s.name, s.version(), printable(dir),
			time.Since(begin).Seconds())
	}
	return errors.Join(all...)
}

// play runs one server until the context ends.
func play(ctx context.Context, name, bucket string, out io.Writer) error {
	i, err := start(ctx, name, bucket, os.Stderr)
	if err != nil {
		return err
	}
	defer i.stop()
	fmt.Fprintf(out, "# %s %s at %s; Ctrl-C stops it and removes its files; logs: %s\n",
		i.ready.Name, i.ready.Version, i.ready.Endpoint, printable(i.ready.Logs))
	printEnv(out, i.ready)
	select {
	case <-ctx.Done():
		return i.stop()
	case err := <-i.died:
		return err
	}
}

// printEnv prints the commands that set a shell's environment for the server.
func printEnv(out io.Writer, r Ready) {
	for _, k := range slices.Sorted(maps.Keys(r.Env)) {
		if r.Env[k] == "" {
			fmt.Fprintf(out, "unset %s\n", k)
		} else {
			fmt.Fprintf(out, "export %s=%s\n", k, quote(r.Env[k]))
		}
	}
	fmt.Fprintf(out, "export CLOUDFILES_URL=%s\n", quote(r.URL))
}

// printable escapes all characters that aren't printable, except line ends and tabs.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || r == '\t' || strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRune(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

// quote returns s as one word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
