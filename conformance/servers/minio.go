package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// minioVersion is the last commit of the community edition. MinIO can't be a tool of this
// module, because it would hold back the versions of other modules. So it is installed by
// itself; the module proxy's checksums pin it.
const (
	minioModule  = "github.com/minio/minio"
	minioVersion = "v0.0.0-20260212201848-7aac2a2c5b7c"
)

// minio is the S3 server that is used most. It supports conditions only on reads and on
// Put.
var minio = &server{
	name:    "minio",
	version: func() string { return minioVersion },
	service: "s3",
	licence: "AGPL-3.0",
	purpose: "S3: the most used self-hosted store, with fewer conditions than AWS",
	needs:   "nothing",
	stamp: func() []string {
		return []string{minioVersion, runtime.Version(), runtime.GOOS, runtime.GOARCH}
	},
	build: buildMinio,
	start: startMinio,
}

// buildMinio runs go install, which works outside of any module.
func buildMinio(ctx context.Context, dir string, log io.Writer) error {
	program := minioModule + "@" + minioVersion
	cmd := command(ctx, "go", "install", "-ldflags=-s -w", program)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false", "GOBIN="+dir)
	cmd.Stdout, cmd.Stderr = log, log
	if err := spawn(cmd); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("go install %s: %w", program, err)
	}
	return nil
}

func startMinio(ctx context.Context, dir string, i *instance) error {
	data := filepath.Join(i.dir, "data")
	if err := os.Mkdir(data, 0o777); err != nil {
		return err
	}
	p, addr, err := startOnPort(ctx, func(addr string) *process {
		p := i.process("minio", filepath.Join(dir, "minio"+exe), "server", "--quiet", "--address",
			addr, data)
		p.env = []string{
			"MINIO_ROOT_USER=" + i.ready.AccessKey,
			"MINIO_ROOT_PASSWORD=" + i.ready.SecretKey,
			"MINIO_REGION=" + region,
			"MINIO_BROWSER=off", // no console, because it would need another port
			"MINIO_UPDATE=off",
			"MINIO_CI_CD=on", // the folder may be on the system's own disk
		}
		return p
	}, func(ctx context.Context, addr string) error {
		return i.s3Bucket(ctx, "http://"+addr, i.ready.Bucket)
	})
	if err != nil {
		return err
	}
	i.main = append(i.main, p)
	i.s3Ready(addr)
	return nil
}
