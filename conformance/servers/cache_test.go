package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// ownCache makes a cache for this test alone, and returns its folder.
func ownCache(t *testing.T) string {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir()) // macOS
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return cache
}

// fakeServer returns a server that build builds.
func fakeServer(build func(ctx context.Context, dir string, log io.Writer) error) *server {
	return &server{
		name:    "fake",
		version: func() string { return "v1" },
		stamp:   func() []string { return nil },
		build:   build,
	}
}

// folders returns the names of the folders in the cache.
func folders(t *testing.T, cache string) []string {
	t.Helper()
	all, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range all {
		if d.IsDir() {
			names = append(names, d.Name())
		}
	}
	return names
}

// TestBuiltOnce checks that concurrent calls build once and all get the result, and
// that later calls build again only if the way of building has changed.
func TestBuiltOnce(t *testing.T) {
	ownCache(t)
	var builds atomic.Int64
	s := fakeServer(func(_ context.Context, dir string, _ io.Writer) error {
		builds.Add(1)
		runtime.Gosched()
		return os.WriteFile(filepath.Join(dir, "program"), []byte("x"), 0o666)
	})
	var wg sync.WaitGroup
	for range 8 {
		// Goroutines exclude each other as processes do, because each opens the lock's
		// file.
		wg.Go(func() {
			dir, err := install(t.Context(), s, t.Output())
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := os.Stat(filepath.Join(dir, "program")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := builds.Load(); n != 1 {
		t.Errorf("%d builds, want 1", n)
	}
	s.stamp = func() []string { return []string{"another compiler"} }
	if _, err := install(t.Context(), s, t.Output()); err != nil || builds.Load() != 2 {
		t.Errorf("with another stamp: %v, and %d builds, want 2", err, builds.Load())
	}
}

// TestBuiltOnceByProcesses checks that two concurrent processes build once too.
func TestBuiltOnceByProcesses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	cache := ownCache(t)
	bin := t.TempDir()
	// A compiler that notes each call.
	script := "#!/bin/sh\necho call >>" + quote(filepath.Join(bin,
		"calls")) + "\nwhile [ \"$1\" != -o ]; do shift; done\necho >\"$2\"\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		cmd := exec.Command(os.Args[0], "-build", "fake-gcs-server")
		cmd.Env = append(os.Environ(), asCommand+"=1", "PATH="+bin+":"+os.Getenv("PATH"))
		wg.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("building fake-gcs-server: %v: %s", err, out)
			}
		})
	}
	wg.Wait()
	calls, err := os.ReadFile(filepath.Join(bin, "calls"))
	if err != nil || string(calls) != "call\n" {
		t.Errorf("the compiler was called %d times (%v), want once",
			strings.Count(string(calls), "\n"), err)
	}
	if got := folders(t, cache); len(got) != 1 || strings.Contains(got[0], "unfinished") {
		t.Errorf("the cache holds %q", got)
	}
}

// TestBuildFails checks that a failed build reports why and what the program printed,
// counts as missing, and leaves nothing. The next build may succeed, and removes what
// a killed build left.
func TestBuildFails(t *testing.T) {
	cache := ownCache(t)
	s := fakeServer(func(_ context.Context, dir string, log io.Writer) error {
		for n := range 100 {
			fmt.Fprintf(log, "line %d\n", n)
		}
		fmt.Fprintln(log, "dial tcp: lookup registry.invalid: no such host")
		return errors.New("download broken")
	})
	_, err := install(t.Context(), s, io.Discard)
	if !errors.Is(err,
		errMissing) || !strings.Contains(err.Error(),
		"fake v1 can't be built: download broken") || !strings.Contains(err.Error(),
		"no such host") ||
		strings.Contains(err.Error(), "line 1\n") {
		t.Errorf("the error is %v", err)
	}
	if got := folders(t, cache); len(got) != 0 {
		t.Errorf("the cache holds %q, want nothing", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.build = func(ctx context.Context, dir string, _ io.Writer) error {
		cancel()
		return ctx.Err()
	}
	if _, err := install(ctx, s, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("install = %v after the context's end, want context.Canceled", err)
	}
	s.build = func(context.Context, string, io.Writer) error { return nil }
	dir, err := install(t.Context(), s, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	killed := dir + ".unfinished-1"
	if err := errors.Join(os.Remove(dir), os.Mkdir(killed, 0o777)); err != nil {
		t.Fatal(err)
	}
	if _, err := install(t.Context(), s, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := folders(t, cache); len(got) != 1 || got[0] != filepath.Base(dir) {
		t.Errorf("after a killed build and a good one, the cache holds %q", got)
	}
}

// TestNothingToBuildFrom checks that without the network, or without a required
// program, every server reports what is missing, as its own error and as JSON.
func TestNothingToBuildFrom(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	cache := ownCache(t)
	bin := t.TempDir()
	for _, program := range []string{"go", "npm", "node", "apt-get", "dpkg"} {
		script := "#!/bin/sh\necho " + program + ": could not resolve host >&2\nexit 100\n"
		if err := os.WriteFile(filepath.Join(bin, program), []byte(script), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	empty := t.TempDir()
	for _, s := range servers {
		if s == ceph && runtime.GOOS != "linux" {
			continue
		}
		for path, want := range map[string]string{
			bin:   "could not resolve host",
			empty: "executable file not found",
		} {
			h := hold(t, s.name, "PATH="+path)
			if !h.Missing || !strings.Contains(h.Error,
				s.name+" "+s.version()+" can't be built") || !strings.Contains(h.Error, want) {
				t.Errorf("%s with PATH=%s: %+v, want Missing and an error with %q", s.name, path,
					h.Ready, want)
			}
		}
	}
	if got := folders(t, cache); len(got) != 0 {
		t.Errorf("the cache holds %q", got)
	}
}

// TestDebianPlan checks that names and new versions are found in apt-get's output.
func TestDebianPlan(t *testing.T) {
	const plan = `Reading package lists...
Inst librados2 (16.2.15+ds-0+deb12u1 Debian:12.11/stable [amd64])
Inst libc6 [2.36-9] (2.36-9+deb12u10 Debian:12.11/stable [amd64]) []
Conf librados2 (16.2.15+ds-0+deb12u1 Debian:12.11/stable [amd64])
`
	var got []string
	for _, m := range planned.FindAllStringSubmatch(plan, -1) {
		got = append(got, m[1]+"="+m[2])
	}
	if want := "librados2=16.2.15+ds-0+deb12u1 libc6=2.36-9+deb12u10"; strings.Join(got,
		" ") != want {
		t.Errorf("the plan is %q, want %q", got, want)
	}
}
