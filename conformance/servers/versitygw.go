package main

import (
	"context"
	"os"
	"path/filepath"
)

var versitygwProgram = goServer{
	module: "github.com/versity/versitygw",
	pkg:    "github.com/versity/versitygw/cmd/versitygw",
}

// versitygw is an S3 server over a local folder. It checks signatures, and conditions
// on put, copy and delete as AWS does.
var versitygw = &server{
	name:    "versitygw",
	version: versitygwProgram.version,
	service: "s3",
	licence: "Apache-2.0",
	purpose: "S3: conditions and signatures as on AWS",
	needs:   "Unix",
	stamp:   versitygwProgram.stamp,
	build:   versitygwProgram.build,
	start: func(ctx context.Context, dir string, i *instance) error {
		data, users := filepath.Join(i.dir, "data"), filepath.Join(i.dir, "users")
		for _, d := range []string{data, users} {
			if err := os.Mkdir(d, 0o777); err != nil {
				return err
			}
		}
		store := []string{"posix", data}
		if !hasXattr(data) { // then attributes are kept in files
			meta := filepath.Join(i.dir, "meta")
			if err := os.Mkdir(meta, 0o777); err != nil {
				return err
			}
			store = []string{"posix", "--sidecar", meta, data}
		}
		p, addr, err := startOnPort(ctx, func(addr string) *process {
			// Without --keep-alive it closes the connection after every response. Without
			// --iam-dir it responds to an unknown key with 404, not 403.
			p := i.process("versitygw", append([]string{
				filepath.Join(dir, "server"+exe),
				"--port",
				addr,
				"--region",
				region,
				"--quiet",
				"--keep-alive",
				"--iam-dir",
				users,
			}, store...)...)
			p.env = []string{
				"ROOT_ACCESS_KEY=" + i.ready.AccessKey, "ROOT_SECRET_KEY=" + i.ready.SecretKey,
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
	},
}
