package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Ready is the first line that -json prints.
type Ready struct {
	Error string `json:"error,omitempty"` // why there is no server; the rest is empty then
	// what the server needs is not on this machine, or can't be fetched
	Missing bool `json:"missing,omitempty"`

	Name      string            `json:"name"`
	Version   string            `json:"version"`
	Service   string            `json:"service"`  // s3, gcs or azure
	Endpoint  string            `json:"endpoint"` // http://127.0.0.1:PORT
	URL       string            `json:"url"`      // of the bucket, for files.Open
	Bucket    string            `json:"bucket"`
	Region    string            `json:"region,omitempty"`
	AccessKey string            `json:"access_key,omitempty"` // Azure: the account
	SecretKey string            `json:"secret_key,omitempty"`
	Env       map[string]string `json:"env"`             // to be set; what is empty, to be unset
	Nodes     []Node            `json:"nodes,omitempty"` // those that can be stopped
	Logs      string            `json:"logs"`            // the folder
}

// Node is a process of a distributed server.
type Node struct {
	Name string `json:"name"`
	PID  int    `json:"pid"` // 0 while it is stopped
}

// Command is one line of the input.
type Command struct {
	// Do is bucket (make one), stop (a node, in order), kill (a node, as a power cut
	// would) or start (a node, and wait until the others have it back).
	Do   string `json:"do"`
	Name string `json:"name"` // of the bucket or the node
}

// Answer is the line that answers a Command.
type Answer struct {
	Error string `json:"error,omitempty"`
	URL   string `json:"url,omitempty"`   // of the bucket
	Nodes []Node `json:"nodes,omitempty"` // as they are now
}

// serveJSON starts a server, prints its Ready, and carries out commands until the
// input or the context ends, or the server dies.
func serveJSON(ctx context.Context, name, bucket string, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	commands := make(chan Command)
	bad := make(chan error, 1)
	go func() {
		defer cancel() // also while the server is being built
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			var c Command
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
				bad <- fmt.Errorf("the command %q: %w", lines.Bytes(), err)
				return
			}
			select {
			case commands <- c:
			case <-ctx.Done():
				return
			}
		}
	}()
	i, err := start(ctx, name, bucket, os.Stderr)
	if err != nil {
		return err
	}
	defer i.stop()
	answers := json.NewEncoder(out)
	if err := answers.Encode(i.ready); err != nil {
		return err
	}
	for {
		select {
		case err := <-bad:
			return err
		case <-ctx.Done():
			return i.stop()
		case err := <-i.died:
			return err
		case c := <-commands:
			if err := answers.Encode(i.do(ctx, c)); err != nil {
				return err
			}
		}
	}
}
