package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// instance is a server that runs.
type instance struct {
	ready Ready
	dir   string // the folder of its data, which is removed at the end
	died  chan error
	// main are the processes without which the server is dead; nodes are the processes
	// that may be stopped while it runs.
	main, nodes []*process
	// makeBucket makes another bucket and returns its URL.
	makeBucket func(ctx context.Context, name string) (url string, err error)
	// setNode stops, kills or starts a node. It is nil if the server has no nodes.
	setNode func(ctx context.Context, do string, p *process) error

	release  func()
	stopOnce sync.Once
	stopErr  error
}

// start builds the server if it is missing, and starts it. The build prints to log.
func start(ctx context.Context, name, bucket string, log io.Writer) (*instance, error) {
	s, err := byName(name)
	if err != nil {
		return nil, err
	}
	program, err := install(ctx, s, log)
	if err != nil {
		return nil, err
	}
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	i := &instance{died: make(chan error, 1), ready: Ready{
		Name:    s.name,
		Version: s.version(),
		Service: s.service,
		Bucket:  bucket,
		Env:     map[string]string{},
	}}
	i.ready.AccessKey = cmp.Or(os.Getenv("CLOUDFILES_SERVERS_ACCESS_KEY"), secret(10))
	i.ready.SecretKey = cmp.Or(os.Getenv("CLOUDFILES_SERVERS_SECRET_KEY"), secret(20))
	if i.dir, i.release, err = newRunDir(ctx, cache, s.name); err != nil {
		return nil, err
	}
	if i.ready.Logs, err = newLogDir(cache, s.name); err != nil {
		return nil, errors.Join(err, i.stop())
	}
	if err := s.start(ctx, program, i); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, errors.Join(fmt.Errorf("%s %s did not start: %w", s.name, s.version(), err),
			i.stop())
	}
	for _, p := range i.main {
		go func() {
			<-p.done
			select {
			case i.died <- p.failure():
			default: // one is enough
			}
		}()
	}
	return i, nil
}

// secret returns 2n random hexadecimal digits.
func secret(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// process returns a process of the instance, which is not started yet.
func (i *instance) process(name string, argv ...string) *process {
	return &process{
		name: name,
		argv: argv,
		dir:  i.dir,
		log:  filepath.Join(i.ready.Logs, name+".log"),
	}
}

// do carries out a command.
func (i *instance) do(ctx context.Context, c Command) Answer {
	fail := func(err error) Answer { return Answer{Error: err.Error(), Nodes: i.nodeList()} }
	switch c.Do {
	case "bucket":
		u, err := i.makeBucket(ctx, c.Name)
		if err != nil {
			return fail(fmt.Errorf("bucket %q: %w", c.Name, err))
		}
		return Answer{URL: u, Nodes: i.nodeList()}
	case "stop", "kill", "start":
		n := slices.IndexFunc(i.nodes, func(p *process) bool { return p.name == c.Name })
		if n < 0 {
			return fail(fmt.Errorf("%s has no node %q", i.ready.Name, c.Name))
		}
		if err := i.setNode(ctx, c.Do, i.nodes[n]); err != nil {
			return fail(fmt.Errorf("%s %s: %w", c.Do, c.Name, err))
		}
		return Answer{Nodes: i.nodeList()}
	default:
		return fail(fmt.Errorf("%q is not a command; use bucket, stop, kill or start", c.Do))
	}
}

func (i *instance) nodeList() []Node {
	var list []Node
	for _, p := range i.nodes {
		n := Node{Name: p.name}
		if p.running() {
			n.PID = p.cmd.Process.Pid
		}
		list = append(list, n)
	}
	return list
}

// stop ends every process, the one that was started last first, and removes the folder.
func (i *instance) stop() error {
	i.stopOnce.Do(func() {
		var all []error
		for _, p := range slices.Backward(append(slices.Clone(i.nodes), i.main...)) {
			all = append(all, p.stop())
		}
		all = append(all, os.RemoveAll(i.dir))
		if i.release != nil {
			i.release()
		}
		i.stopErr = errors.Join(all...)
	})
	return i.stopErr
}
