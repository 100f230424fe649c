package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"time"
)

const (
	portTries = 5
	// startTime is how long a server may take until it responds.
	startTime = 2 * time.Minute
	// pollTime is the time between two checks.
	pollTime = 20 * time.Millisecond
)

// freePort returns a TCP port that was free a moment ago. Tests replace it.
var freePort = func() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// taken matches what the servers print if another process took the port first.
var taken = regexp.MustCompile(
	`(?i)address already in use|specified port is already in use|EADDRINUSE|` +
		`only one usage of each socket address`)

// startOnPort starts a process on a free port and waits until check returns nil. If
// another process takes the port first, it tries another port.
func startOnPort(ctx context.Context, create func(addr string) *process,
	check func(ctx context.Context, addr string) error) (*process, string, error) {
	var err error
	for range portTries {
		port, e := freePort()
		if e != nil {
			return nil, "", e
		}
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		p := create(addr)
		if err = p.start(); err != nil {
			return nil, "", err
		}
		if err = poll(ctx, startTime, p, func(ctx context.Context) error {
			return check(ctx, addr)
		}); err == nil {
			return p, addr, nil
		}
		if e := p.kill(); e != nil {
			return nil, "", errors.Join(err, e)
		}
		if !taken.MatchString(tailOf(p.log)) {
			return nil, "", err
		}
	}
	return nil, "", fmt.Errorf("another process took each of %d ports: %w", portTries, err)
}

// poll calls check until it returns nil, the process (which may be nil) has ended, or the
// time is over.
func poll(ctx context.Context, limit time.Duration, p *process,
	check func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var ended chan struct{}
	if p != nil {
		ended = p.done
		checking, stop := context.WithCancel(ctx)
		ctx = checking
		defer stop()
		go func() { // another process that took the port may never respond
			select {
			case <-ended:
				stop()
			case <-checking.Done():
			}
		}()
	}
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for {
		one, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := check(one)
		cancel()
		if err == nil && (p == nil || p.running()) { // otherwise another process responded
			return nil
		}
		select {
		case <-ended:
			return p.failure()
		default:
		}
		select {
		case <-ended:
		case <-tick.C:
		case <-ctx.Done():
			if p == nil {
				return fmt.Errorf("not ready in %v: %w", limit, err)
			}
			return fmt.Errorf("%s is not ready in %v: %w; the end of its log:\n%s", p.name, limit,
				err, lastLines(tailOf(p.log)))
		}
	}
}
