package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// debianPackages unpacks Debian packages, and those of their dependencies that this
// machine lacks, into dir/root. Nothing is installed, and no root is needed. It uses
// the machine's lists of packages if they suffice, or else new ones in dir.
func debianPackages(ctx context.Context, dir string, log io.Writer, version string,
	names ...string) error {
	for _, program := range []string{"apt-get", "dpkg"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("it needs Debian 12: %w", err)
		}
	}
	apt := filepath.Join(dir, "apt")
	for _, d := range []string{"lists/partial", "cache/archives/partial", "debs"} {
		if err := os.MkdirAll(filepath.Join(apt, d), 0o777); err != nil {
			return err
		}
	}
	defer os.RemoveAll(apt)
	options := []string{"-o", "Dir::Cache=" + filepath.Join(apt,
		"cache"), "-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=1", "-q"}
	err := debianDownload(ctx, filepath.Join(apt, "debs"), log, options, version, names)
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(log, "with the machine's lists of packages: %v; fetching new ones\n", err)
		options = append(options, "-o", "Dir::State::Lists="+filepath.Join(apt, "lists"))
		if _, e := output(ctx, dir, log, "apt-get", append(options, "update")...); e != nil {
			fmt.Fprintln(log, e) // the source that failed may not be needed
		}
		err = debianDownload(ctx, filepath.Join(apt, "debs"), log, options, version, names)
	}
	if err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(apt, "debs", "*.deb"))
	if err != nil {
		return err
	}
	root := filepath.Join(dir, "root")
	for _, deb := range debs {
		if _, err := output(ctx, dir, log, "dpkg", "-x", deb, root); err != nil {
			return err
		}
	}
	return errors.Join(os.RemoveAll(filepath.Join(root, "usr", "share", "doc")),
		os.RemoveAll(filepath.Join(root, "usr", "share", "man")))
}

// debianDownload downloads the packages, and their dependencies that aren't installed,
// into the folder debs.
func debianDownload(ctx context.Context, debs string, log io.Writer, options []string,
	version string, names []string) error {
	plan, err := output(ctx, debs, log, "apt-get",
		slices.Concat(options, []string{"install", "--simulate", "--no-install-recommends"},
			names)...)
	if err != nil {
		return err
	}
	all := slices.Clone(names) // installed ones, too
	for _, m := range planned.FindAllSubmatch(plan, -1) {
		name, its := string(m[1]), string(m[2])
		if slices.Contains(names, name) && !strings.HasPrefix(its, version) {
			return fmt.Errorf("it needs Debian 12, whose %s is %s; here it is %s", name, version,
				its)
		}
		all = append(all, name)
	}
	slices.Sort(all)
	_, err = output(ctx, debs, log, "apt-get",
		append(append(options, "download"), slices.Compact(all)...)...)
	return err
}

// planned matches the lines in which apt-get says what it would install: the name, the
// installed version if there is one, and the new version.
var planned = regexp.MustCompile(`(?m)^Inst (\S+) (?:\[[^]]*\] )?\((\S+)`)

// output runs a program and returns its standard output. Its standard error goes to log.
func output(ctx context.Context, dir string, log io.Writer, name string,
	args ...string) ([]byte, error) {
	var out bytes.Buffer
	cmd := command(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, log
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if err := spawn(cmd); err != nil {
		return nil, err
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return out.Bytes(), nil
}
