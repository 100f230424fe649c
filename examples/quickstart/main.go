// Command quickstart shows on real files what a bucket does. It stores the files of the
// current folder, lists them, and reads a whole file, a part of it and a missing file.
// Then it replaces a file under a condition, and deletes files.
//
//	go run ./examples/quickstart                      a local folder, removed at the end
//	go run ./examples/quickstart -url mem://          memory
//	go run ./examples/quickstart -url 'file:///tmp/demo?create_dir=1'
//
// It only uses names below one new directory, which it removes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"cloudfiles.dev/files"
)

func main() {
	url := flag.String("url", "",
		"the bucket's URL; empty is that of CLOUDFILES_URL, or else a new local folder")
	src := flag.String("src", ".", "the folder whose files are stored")
	keep := flag.Bool("keep", false, "leave the files in the bucket")
	flag.Parse()
	if *url == "" {
		// a default of the flag would be printed, with its secrets
		*url = os.Getenv("CLOUDFILES_URL")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *url, *src, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", files.Printable(err.Error()))
		if moreSchemes != "" && errors.Is(err, errOpen) {
			fmt.Fprintln(os.Stderr, moreSchemes)
		}
		os.Exit(1)
	}
}

var errOpen = errors.New("can't open the bucket")

// run runs all steps against the bucket of the URL.
func run(ctx context.Context, w io.Writer, url, src string, keep bool) (err error) {
	if url == "" {
		dir, err := os.MkdirTemp("", "cloudfiles-quickstart-")
		if err != nil {
			return err
		}
		url = "file://" + filepath.ToSlash(dir)
		if keep {
			fmt.Fprintf(w, "The files stay in %s\n", files.Printable(dir))
		} else {
			defer os.RemoveAll(dir)
		}
	}
	opened, err := files.Open(ctx, url)
	if err != nil {
		return fmt.Errorf("%w: %w", errOpen, err)
	}
	defer opened.Close()
	b, err := files.Sub(opened, fmt.Sprintf("quickstart-%d", os.Getpid()))
	if err != nil {
		return err
	}
	if !keep {
		// This also runs after Ctrl-C, which has ended ctx.
		defer func() {
			if _, derr := files.DeleteAll(context.WithoutCancel(ctx), b); err == nil {
				err = derr
			}
		}()
	}
	fmt.Fprintf(w, "Opened %s\n", files.RedactURL(url))
	for _, s := range steps {
		fmt.Fprintf(w, "\n%s\n", s.title)
		if err := s.do(ctx, &demo{b: b, w: w, src: src}); err != nil {
			return err
		}
	}
	return nil
}
