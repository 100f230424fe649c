package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// The servers in Go are tools of this module, so go.mod and go.sum pin them and their
// dependencies.
var (
	//go:embed go.mod
	goMod string
	//go:embed go.sum
	goSum string
)

// goServer builds a package of a module that this one requires.
type goServer struct{ module, pkg string }

// version returns the module's version in go.mod.
func (g goServer) version() string {
	for line := range strings.Lines(goMod) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == g.module {
			return f[1]
		}
	}
	panic(g.module + " is not in go.mod")
}

func (g goServer) stamp() []string {
	return []string{goMod, goSum, runtime.Version(), runtime.GOOS, runtime.GOARCH}
}

// build builds the package in a copy of this module's go.mod and go.sum, so it neither
// needs a checkout nor changes one.
func (g goServer) build(ctx context.Context, dir string, log io.Writer) error {
	module := filepath.Join(dir, "module")
	if err := os.MkdirAll(module, 0o777); err != nil {
		return err
	}
	for name, text := range map[string]string{"go.mod": goMod, "go.sum": goSum} {
		if err := os.WriteFile(filepath.Join(module, name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	cmd := command(ctx, "go", "build", "-mod=readonly", "-o", filepath.Join(dir, "server"+exe),
		g.pkg)
	cmd.Dir, cmd.Env = module, append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false")
	cmd.Stdout, cmd.Stderr = log, log
	if err := spawn(cmd); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("go build %s: %w", g.pkg, err)
	}
	return nil
}
