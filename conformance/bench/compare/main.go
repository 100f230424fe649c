package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
)

// serversDir is the directory of the module that starts the servers, relative to this
// module's.
const serversDir = "../servers"

func main() {
	if text := os.Getenv(childEnv); text != "" {
		if err := runChild(text); err != nil {
			fmt.Fprintln(os.Stderr, "compare: child:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// given returns the flags of the command line, for a shell, without the directory of the
// report.
func given() string {
	var all []string
	flag.Visit(func(f *flag.Flag) {
		value := f.Value.String()
		if strings.ContainsAny(value, " |()^$*") {
			value = "'" + value + "'"
		}
		if f.Name != "out" {
			all = append(all, "-"+f.Name+"="+value)
		}
	})
	return strings.Join(all, " ")
}

func run() error {
	var (
		out    = flag.String("out", ".", "write RESULTS.md and its pictures to this `directory`")
		match  = flag.String("run", "", "do only the works whose id matches this `expression`")
		beside = flag.String("peers", "", "measure only this library and the peers whose name "+
			"matches this `expression`")
		list   = flag.Bool("list", false, "list the works' ids and the peers")
		quick  = flag.Bool("quick", false, "measure small sizes in three rounds")
		rounds = flag.Int("rounds", 5, "measure each peer `n` times")
		s3     = flag.String("s3", "versitygw", "the S3 `server`: versitygw or minio")
		large  = flag.Int64("large", gib, "`bytes` of the large file")
		tree   = flag.Int("tree", 10_000, "files of the trees")
		most   = flag.Int("names", 1_000_000, "names of the longest listing")
	)
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	chosen, err := regexp.Compile(*match)
	if err != nil {
		return err
	}
	wanted, err := regexp.Compile(*beside)
	if err != nil {
		return err
	}
	if *rounds < 1 || *large < 8*mib || *tree < 1 {
		return fmt.Errorf("-rounds and -tree must be at least 1, and -large at least %d", 8*mib)
	}
	s := scale{
		Large: *large,
		Many:  256,
		Calls: 2000,
		Tree:  *tree,
	}
	if *quick {
		s = scale{
			Large: 64 * mib,
			Many:  32,
			Calls: 300,
			Tree:  300,
		}
		*rounds, *most = 3, 1000
	}
	for n := 1000; n <= *most; n *= 10 {
		s.Names = append(s.Names, n)
	}
	var todo []work
	for _, w := range works(s) {
		if chosen.MatchString(w.id()) {
			todo = append(todo, w)
		}
	}
	if *list {
		for _, w := range todo {
			fmt.Println(w.id())
		}
		for _, p := range peers {
			if p.isUs() || wanted.MatchString(p.name) {
				fmt.Printf("%s, %s %s\n", p.service, p.name, p.module)
			}
		}
		return nil
	}
	if len(todo) == 0 {
		return fmt.Errorf("no work matches %q; see -list", *match)
	}
	if err := buildRclone(); err != nil {
		return fmt.Errorf("rclone: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	measured, err := measure(ctx, todo, wanted, s, *rounds, *s3)
	if len(measured) == 0 {
		return err
	}
	// What was measured in an hour isn't lost if the last work fails.
	return errors.Join(err, report{
		dir:     *out,
		scale:   s,
		rounds:  *rounds,
		command: given(),
		rows:    measured,
		early:   err != nil,
	}.write())
}
