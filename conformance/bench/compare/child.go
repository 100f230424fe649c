package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// childEnv holds the task of a child process.
const childEnv = "CLOUDFILES_COMPARE_CHILD"

// task is the task of a child process: one work by one peer.
type task struct {
	Peer   string `json:"peer"`
	Work   string `json:"work"` // its id
	Target target `json:"target"`
	Scale  scale  `json:"scale"`
}

// scratch has the files that the process removes at its end.
var scratch []string

// runChild does a round for each line of its input, and prints each result as a line.
func runChild(text string) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	for k, v := range t.Target.Env {
		if v == "" {
			os.Unsetenv(k)
		} else if err := os.Setenv(k, v); err != nil {
			return err
		}
	}
	defer func() {
		for _, file := range append(scratch, source) {
			if file != "" {
				os.RemoveAll(file)
			}
		}
	}()
	ctx := context.Background()
	w, err := findWork(t.Work, t.Scale)
	if err != nil {
		return err
	}
	p, err := findPeer(t.Peer, t.Target.Service)
	if err != nil {
		return err
	}
	c, openErr := p.open(ctx, t.Target)
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var r result
		if openErr != nil {
			r = result{Error: openErr.Error()}
		} else {
			r = round(ctx, w, c, t.Scale)
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

func round(ctx context.Context, w work, c client, s scale) result {
	var m meter
	m.begin()
	amount, err := w.run(ctx, c, s, &m)
	if errors.Is(err, errUnable) {
		return result{Unable: true}
	}
	if err != nil {
		return result{Error: err.Error()}
	}
	return m.end(amount)
}

func findWork(id string, s scale) (work, error) {
	for _, w := range works(s) {
		if w.id() == id {
			return w, nil
		}
	}
	return work{}, fmt.Errorf("no work %q", id)
}

func findPeer(name, service string) (peer, error) {
	for _, p := range peersOf(service) {
		if p.name == name {
			return p, nil
		}
	}
	return peer{}, fmt.Errorf("no peer %q of %s", name, service)
}

// child is a process that does one task.
type child struct {
	cmd  *exec.Cmd
	in   *json.Encoder
	out  *json.Decoder
	stop func() error
}

func startChild(t task) (*child, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	return startProcess(cmd)
}

// startProcess starts a program that writes a result for each line that it reads.
func startProcess(cmd *exec.Cmd) (*child, error) {
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &child{
		cmd:  cmd,
		in:   json.NewEncoder(in),
		out:  json.NewDecoder(out),
		stop: in.Close,
	}, nil
}

// roundLimit is how long a round may take. Peers hang: the reader of AWS's transfer manager
// does at times, in a send to a channel that nothing receives from.
const roundLimit = 5 * time.Minute

// round makes the child do one round, and kills it if the round doesn't end within limit.
func (c *child) round(limit time.Duration) (r result, err error) {
	late := time.AfterFunc(limit, func() { c.cmd.Process.Kill() })
	if err := c.in.Encode("round"); err != nil {
		late.Stop()
		return r, err
	}
	err = c.out.Decode(&r)
	if !late.Stop() && err != nil {
		err = fmt.Errorf("killed, since a round had taken %v", limit)
	}
	return r, err
}

func (c *child) close() {
	c.stop()
	c.cmd.Wait()
}
