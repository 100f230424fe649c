package faultrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"cloudfiles.dev/conformance/internal/stacks"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
)

// MaxIdle is the number of idle connections to a host that buckets keep: at least this
// many (X3), and at most this many after Leaks, which never uses more at the same time.
const MaxIdle = 64

const (
	leakRounds = 3
	// leakLimit bounds the time of all uses together, so that a use that hangs ends.
	leakLimit = 2 * time.Minute
	// leakWait is how long Leaks waits for resources that are being released. A driver may
	// clean up for 10 seconds (driver.CleanupContext).
	leakWait = 30 * time.Second
)

// LeakConfig configures Leaks. Open and Proxy are required.
type LeakConfig struct {
	// Open opens an empty bucket of the driver, whose endpoint is the proxy, with few
	// attempts and short delays between them.
	Open func() files.Bucket
	// Proxy is in front of a server. Leaks closes it.
	Proxy *proxy.Proxy
	// Large is a size in bytes that the driver uploads in parts. 0 is 1 MiB, whether
	// in parts or not.
	Large int
	// Leftovers lists the unfinished uploads, as in Config; nil skips the check.
	Leftovers func() []Upload
}

// Leaks checks X2 and X3: a driver holds no resources at the end, even if operations
// ended early or failed. It uses a bucket in some sixty ways: bodies that are closed
// early, cancelled, timed out and resumed; puts, small and in parts, that succeed, fail
// and are abandoned; listings that are not finished. It closes the bucket, and fails the
// test if the proxy then has more than MaxIdle open connections. It closes the proxy,
// which ends idle connections only, and fails the test if a goroutine, a descriptor (if
// /proc lists them) or an upload that the driver could have ended is left.
func Leaks(t T, c LeakConfig) {
	t.Helper()
	leaks(t, c, leakWait)
}

// leaks is Leaks with the given time to wait for cleanup.
func leaks(t T, c LeakConfig, wait time.Duration) {
	t.Helper()
	settles := func(ok func() bool) bool { return settles(wait, ok) }
	p := c.Proxy
	before := descriptors()
	value := fmt.Sprintf("leaks %x", rand.Uint64())
	uses := 0
	ctx, cancel := context.WithTimeout(t.Context(), leakLimit)
	defer cancel()
	pprof.Do(ctx, pprof.Labels("faultrun", value), func(ctx context.Context) {
		b := c.Open()
		defer b.Close()
		l := &leaky{
			t:     t,
			ctx:   ctx,
			proxy: p,
			b:     b,
			small: []byte("content"),
			large: bytes.Repeat([]byte("large content, "), or(c.Large, 1<<20)/15+1),
		}
		for range leakRounds {
			uses += l.useAll()
		}
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if _, err := b.Stat(ctx, "small", nil); !errors.Is(err, files.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
	most := p.OpenConns()
	if !settles(func() bool { return p.OpenConns() <= MaxIdle }) {
		t.Errorf("%d connections are open after %d uses, want at most %d idle ones", p.OpenConns(),
			uses, MaxIdle)
	}
	p.Close()
	if !settles(func() bool { _, n := stacks.Labelled(value); return n == 0 }) {
		left, n := stacks.Labelled(value)
		t.Errorf("%d uses leave %d goroutines:\n%s", uses, n, left)
	}
	var left []string
	if !settles(func() bool { left = newer(before, descriptors()); return len(left) == 0 }) {
		t.Errorf("%d uses leave %d descriptors: %v", uses, len(left), left)
	}
	if c.Leftovers != nil {
		for _, u := range notForgiven(p.Records(), c.Leftovers()) {
			t.Errorf("%d uses leave the unfinished upload %s of %q, which the driver knew and "+
				"could have ended", uses, u.ID, u.Key)
		}
	}
	t.Logf("%d uses; %d connections were open at their end, and %d descriptors before", uses, most,
		len(before))
}

// settles waits until ok returns true, at most for the given time.
func settles(wait time.Duration, ok func() bool) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(wait); !ok(); <-tick.C {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// descriptors returns the process's open descriptors, by number and the kernel's name,
// which is unique for each socket. It returns nil if the system doesn't list them.
func descriptors() map[string]bool {
	const dir = "/proc/self/fd/"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	open := map[string]bool{}
	for _, e := range entries {
		// Readlink fails for the descriptor of the directory itself, which is closed.
		if to, err := os.Readlink(dir + e.Name()); err == nil {
			open[e.Name()+" "+to] = true
		}
	}
	return open
}

// newer returns the descriptors that are open now and were not before.
func newer(before, now map[string]bool) (list []string) {
	for d := range now {
		if !before[d] && !strings.Contains(d, "anon_inode:") { // opened by the runtime
			list = append(list, d)
		}
	}
	return list
}

// Connections checks X3: buckets with the same settings share a transport that keeps at
// least MaxIdle idle connections to a host. Each call of open opens the same bucket of
// the driver, whose endpoint is the proxy, in front of a server.
func Connections(t T, p *proxy.Proxy, open func() files.Bucket) {
	t.Helper()
	buckets := []files.Bucket{open(), open()}
	for _, b := range buckets {
		defer b.Close()
	}
	if _, err := files.PutString(t.Context(), buckets[0], "shared", "content", nil); err != nil {
		t.Fatalf("Put: %v", err)
	}
	first, _ := p.Conns()
	var made []int64
	for i := range 10 {
		before, _ := p.Conns()
		if err := atOnce(t.Context(), p, buckets[i%2], MaxIdle); err != nil {
			t.Fatalf("%d reads at once: %v", MaxIdle, err)
		}
		after, _ := p.Conns()
		made = append(made, after-before)
		if i > 0 && after == before {
			break
		}
	}
	last, _ := p.Conns()
	if n := len(made) - 1; made[n] != 0 {
		t.Errorf("%d reads at once, over and over, on two buckets in turn, made %v new "+
			"connections: fewer are kept", MaxIdle, made)
	}
	if most := int64(MaxIdle + MaxIdle/2); last-first >= most {
		t.Errorf("%d reads at once, on two buckets in turn, made %v new connections, want fewer "+
			"than %d: they are not shared", MaxIdle, made, most)
	}
	t.Logf("%d reads at once, on two buckets in turn, made %v new connections", MaxIdle, made)
}

// atOnce reads n times, with all n requests in flight at once.
func atOnce(ctx context.Context, p *proxy.Proxy, b files.Bucket, n int) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	remove := p.Add(proxy.Rule{Fault: meeting(n)})
	defer remove()
	results := make(chan error, n)
	for range n {
		go func() {
			_, err := files.ReadAll(ctx, b, "shared", nil)
			results <- err
		}()
	}
	var errs []error
	for range n {
		errs = append(errs, <-results)
	}
	return errors.Join(errs...)
}
