package main

import (
	"context"
	"io"
)

// server is a program that stands for a cloud service.
type server struct {
	name    string
	version func() string
	service string // s3, gcs or azure
	licence string
	purpose string
	needs   string
	// stamp changes whenever the program would be built another way.
	stamp func() []string
	// build puts the program into dir. What it says goes to log.
	build func(ctx context.Context, dir string, log io.Writer) error
	// start starts the program that is in dir, and makes the bucket.
	start func(ctx context.Context, dir string, i *instance) error
}

var servers = []*server{versitygw, fakeGCS, azurite, ceph, minio}
