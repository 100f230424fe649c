package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
)

var fakeGCSProgram = goServer{
	module: "github.com/fsouza/fake-gcs-server",
	pkg:    "github.com/fsouza/fake-gcs-server",
}

// fakeGCS is a server of the GCS JSON and XML API that keeps everything in memory. It
// has no credentials.
var fakeGCS = &server{
	name:    "fake-gcs-server",
	version: fakeGCSProgram.version,
	service: "gcs",
	licence: "BSD-2-Clause",
	purpose: "GCS: generations, preconditions, CRC32C",
	needs:   "nothing",
	stamp:   fakeGCSProgram.stamp,
	build:   fakeGCSProgram.build,
	start: func(ctx context.Context, dir string, i *instance) error {
		p, addr, err := startOnPort(ctx, func(addr string) *process {
			host, port, _ := net.SplitHostPort(addr)
			return i.process("fake-gcs-server", filepath.Join(dir, "server"+exe), "-scheme", "http",
				"-host", host, "-port", port,
				"-public-host", addr, "-external-url", "http://"+addr, "-backend", "memory",
				"-log-level", "error")
		}, func(ctx context.Context, addr string) error {
			return gcsBucket(ctx, addr, i.ready.Bucket)
		})
		if err != nil {
			return err
		}
		i.main = append(i.main, p)
		i.ready.AccessKey, i.ready.SecretKey = "", ""
		i.ready.Endpoint = "http://" + addr
		i.ready.URL = "gs://" + i.ready.Bucket
		// Without http://, because the Go CDK adds it.
		i.ready.Env = map[string]string{"STORAGE_EMULATOR_HOST": addr}
		i.makeBucket = func(ctx context.Context, name string) (string, error) {
			return "gs://" + name, gcsBucket(ctx, addr, name)
		}
		return nil
	},
}

// gcsBucket makes a bucket. It is not an error if the bucket exists already.
func gcsBucket(ctx context.Context, addr, name string) error {
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		return err
	}
	u := url.URL{
		Scheme:   "http",
		Host:     addr,
		Path:     "/storage/v1/b",
		RawQuery: "project=cloudfiles",
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	status, text, err := send(req)
	if err == nil && status != http.StatusOK && status != http.StatusConflict {
		err = fmt.Errorf("HTTP status %d: %s", status, text)
	}
	return err
}
