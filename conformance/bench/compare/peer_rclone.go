package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

const rcloneVersion = "v1.76.0"

var rclonePeers = []peer{
	rclone("rclone"),
	rclone("rclone, best", "--transfers=64", "--checkers=64", "--fast-list",
		"--multi-thread-streams=32", "--s3-upload-concurrency=32"),
}

func rclone(name string, flags ...string) peer {
	return peer{
		name:    name,
		service: "s3",
		module:  "github.com/rclone/rclone " + rcloneVersion,
		open: func(_ context.Context, t target) (client, error) {
			path, err := rclonePath()
			if err != nil {
				return nil, err
			}
			return rcloneClient{
				path:   path,
				bucket: t.Bucket,
				flags:  flags,
				env: []string{
					"RCLONE_CONFIG=",
					"RCLONE_S3_PROVIDER=Other",
					"RCLONE_S3_ENDPOINT=" + t.Endpoint,
					"RCLONE_S3_REGION=" + t.Region,
					"RCLONE_S3_ACCESS_KEY_ID=" + t.AccessKey,
					"RCLONE_S3_SECRET_ACCESS_KEY=" + t.SecretKey,
					"RCLONE_S3_FORCE_PATH_STYLE=true",
					"RCLONE_S3_NO_CHECK_BUCKET=true",
				},
			}, nil
		},
	}
}

// rclonePath returns the path of the program that buildRclone builds.
func rclonePath() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "cloudfiles", "peers", "rclone-"+rcloneVersion, "rclone"), nil
}

// buildRclone builds rclone once.
func buildRclone() error {
	path, err := rclonePath()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	fmt.Fprintln(os.Stderr, "building rclone", rcloneVersion)
	cmd := exec.Command("go", "install", "github.com/rclone/rclone@"+rcloneVersion)
	cmd.Env = append(os.Environ(), "GOBIN="+filepath.Dir(path), "GOFLAGS=-buildvcs=false")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// rcloneClient runs rclone for each call, so it takes part only in works that are long
// enough to start a program: large files, trees and listings.
type rcloneClient struct {
	path, bucket string
	flags, env   []string
}

func (c rcloneClient) run(ctx context.Context, out io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, c.path, append(args, c.flags...)...)
	cmd.Env = append(os.Environ(), c.env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &said
	err := cmd.Run()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		childPeak = usage.Maxrss << 10 // in KiB on Linux
	}
	if err != nil {
		return fmt.Errorf("rclone %s: %w: %s", strings.Join(args, " "), err, said.Bytes())
	}
	return nil
}

func (c rcloneClient) remote(name string) string { return ":s3:" + c.bucket + "/" + name }

// put copies a file on disk. The first round, which isn't measured, makes that file.
func (c rcloneClient) put(ctx context.Context, name string, content io.ReadSeeker,
	size int64) error {
	if size < 8*mib {
		return errUnable
	}
	file := filepath.Join(os.TempDir(), fmt.Sprintf("compare-%d-%d", os.Getpid(), size))
	if _, err := os.Stat(file); err != nil {
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		scratch = append(scratch, file)
		if _, err := io.Copy(f, content); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return c.run(ctx, nil, "copyto", "--ignore-times", file, c.remote(name))
}

func (c rcloneClient) get(ctx context.Context, name string, w io.Writer) error {
	if !strings.HasPrefix(name, "large/") || name == fmt.Sprintf("large/%d", mib) {
		return errUnable
	}
	return c.run(ctx, w, "cat", c.remote(name))
}

// getAt copies to a file on disk, because only that uses more than one connection.
func (c rcloneClient) getAt(ctx context.Context, name string, w io.WriterAt, size int64) error {
	if size < 8*mib {
		return errUnable
	}
	file := filepath.Join(os.TempDir(), fmt.Sprintf("compare-down-%d", os.Getpid()))
	defer os.Remove(file)
	if err := c.run(ctx, nil, "copyto", c.remote(name), file); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	w.(*counted).n.Add(info.Size())
	return nil
}

func (c rcloneClient) stat(context.Context, string) error { return errUnable }
func (c rcloneClient) del(context.Context, string) error  { return errUnable }

// list takes the service's times, because rclone's own need a request for each file. It
// lists several directories at a time, or with --fast-list everything as one.
func (c rcloneClient) list(ctx context.Context, dir string, _ int) (int, error) {
	var out bytes.Buffer
	err := c.run(ctx, &out, "lsf", "--recursive", "--files-only", "--format=pst",
		"--use-server-modtime", c.remote(dir))
	return bytes.Count(out.Bytes(), []byte("\n")), err
}

func (c rcloneClient) up(ctx context.Context, folder, dir string) (int, error) {
	return -1, c.run(ctx, nil, "copy", folder, c.remote(dir))
}

func (c rcloneClient) down(ctx context.Context, dir, folder string) (int, error) {
	return -1, c.run(ctx, nil, "copy", c.remote(dir), folder)
}
