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
	// Error says why there is no server. All fields but Missing are empty then.
	Error string `json:"error,omitempty"`
	// Missing reports that this machine lacks what the server needs and can't download
	// it.
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
	Env       map[string]string `json:"env"`             // variables to set; "" means unset
	Nodes     []Node            `json:"nodes,omitempty"` // the nodes that can be stopped
	Logs      string            `json:"logs"`            // the folder of the logs
}

// Node is a process of a distributed server.
type Node struct {
	Name string `json:"name"`
	PID  int    `json:"pid"` // 0 while it is stopped
}

// Command is one line of the input.
type Command struct {
	// Do is one of:
	//   - bucket: makes a bucket
	//   - stop: ends a node, which keeps its data
	//   - kill: kills a node, like a power cut
	//   - start: starts a node, and waits until it has every object
	Do   string `json:"do"`
	Name string `json:"name"` // of the bucket or the node
}

// Answer is the line that is printed after a Command was carried out.
type Answer struct {
	Error string `json:"error,omitempty"`
	URL   string `json:"url,omitempty"`   // of the bucket
	Nodes []Node `json:"nodes,omitempty"` // their present state
}

// serveJSON starts a server, prints its Ready, and carries out commands, until the
// input or the context ends, or the server dies.
func serveJSON(ctx context.Context, name, bucket string, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	commands := make(chan Command)
	bad := make(chan error, 1)
	go func() {
		defer cancel() // even while the server is being built
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
	lines := json.NewEncoder(out)
	if err := lines.Encode(i.ready); err != nil {
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
			if err := lines.Encode(i.do(ctx, c)); err != nil {
				return err
			}
		}
	}
}
