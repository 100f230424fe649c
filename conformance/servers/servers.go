package main

import (
	"context"
	"io"
)

// server is a program that takes the place of a cloud service in tests.
type server struct {
	name    string
	version func() string
	service string // s3, gcs or azure
	licence string
	purpose string
	needs   string
	// stamp returns everything on which the build depends, besides the version.
	stamp func() []string
	// build builds the program in dir. It prints to log.
	build func(ctx context.Context, dir string, log io.Writer) error
	// start starts the program in dir, and makes the bucket.
	start func(ctx context.Context, dir string, i *instance) error
}

var servers = []*server{versitygw, fakeGCS, azurite, ceph, minio}
