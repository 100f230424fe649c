package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
)

// row has the results of one peer for one work.
type row struct {
	work     work
	peer     peer
	server   string
	rounds   []result
	requests int64 // of one round; 0 if they weren't counted
	err      string
}

// speed returns the median of the rounds' speeds, in bytes or calls per second.
func (r row) speed() float64 {
	return r.median(func(m result) float64 { return m.Amount / m.Seconds })
}

// cpu returns the median CPU time in seconds for a GiB, or for 1,000 calls.
func (r row) cpu() float64 {
	unit := 1000.0
	if r.work.bytes {
		unit = gib
	}
	return r.median(func(m result) float64 { return m.CPU / m.Amount * unit })
}

func (r row) peak() float64 { return r.median(func(m result) float64 { return float64(m.Peak) }) }

func (r row) median(of func(result) float64) float64 {
	var all []float64
	for _, m := range r.rounds {
		all = append(all, of(m))
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// measure does the works, one after another, on one server for each service, by this
// library and by the peers whose name matches only. If a work fails or ctx ends, it
// returns the rows of the works before it too.
func measure(ctx context.Context, todo []work, only *regexp.Regexp, s scale, rounds int,
	s3 string) ([]row, error) {
	targets := map[string]target{}
	for _, w := range todo {
		if _, ok := targets[w.server()]; ok {
			continue
		}
		t, stop, err := startTarget(w.server(), s3)
		if err != nil {
			return nil, err
		}
		defer stop()
		targets[w.server()] = t
	}
	var all []row
	prepared := map[string]bool{}
	for i, w := range todo {
		fmt.Fprintf(os.Stderr, "%d of %d: %s\n", i+1, len(todo), w.id())
		t := targets[w.server()]
		key := w.server() + "/" + w.group + "/" + w.name
		if w.prepare != nil && !prepared[key] {
			prepared[key] = true
			if err := prepare(ctx, w, t, s); err != nil {
				return all, fmt.Errorf("%s: prepare: %w", w.id(), err)
			}
		}
		rows, err := measureWork(ctx, w, only, t, s, rounds)
		if err != nil {
			return all, fmt.Errorf("%s: %w", w.id(), err)
		}
		all = append(all, rows...)
	}
	return all, nil
}

// These are the keys of servers in memory.
const (
	gcsInMemory = "gcs in memory"
	s3InMemory  = "s3 in memory"
)

// server returns the key of the work's server.
func (w work) server() string {
	if w.memory {
		return w.service + " in memory"
	}
	return w.service
}

func startTarget(service, s3 string) (target, func(), error) {
	switch service {
	case gcsInMemory:
		return startGCSMemory()
	case s3InMemory:
		return startS3Names()
	}
	name := map[string]string{
		"s3":    s3,
		"gcs":   "fake-gcs-server",
		"azure": "azurite",
	}[service]
	if name == "" {
		dir, err := os.MkdirTemp("", "compare-disk-")
		return target{
			Service: service,
			Name:    "disk",
			Bucket:  dir,
			URL:     "file://" + dir,
		}, func() { os.RemoveAll(dir) }, err
	}
	srv, err := startServer(name)
	if err != nil {
		return target{}, nil, err
	}
	return srv.target, srv.close, nil
}

// prepare creates the files that the work reads, with this library.
func prepare(ctx context.Context, w work, t target, s scale) error {
	for k, v := range t.Env {
		if err := os.Setenv(k, v); err != nil {
			return err
		}
	}
	c, err := openUs(ctx, t)
	if err != nil {
		return err
	}
	defer c.(us).b.Close()
	return w.prepare(ctx, c, s)
}

// measureWork starts a process for each peer. In turns the peers do a round that isn't
// measured, and then the measured rounds. Another round goes through a proxy that counts
// its requests.
func measureWork(ctx context.Context, w work, only *regexp.Regexp, t target, s scale,
	rounds int) ([]row, error) {
	var l link
	for _, known := range links {
		if known.name == w.link {
			l = known
		}
	}
	through := t
	if t.Endpoint != "" {
		r, err := newRelay(t.host(), l)
		if err != nil {
			return nil, err
		}
		defer r.close()
		through = t.at(r.addr)
	}
	of := slices.DeleteFunc(peersOf(t.Service), func(p peer) bool {
		return !p.isUs() && !only.MatchString(p.name)
	})
	rows := make([]row, len(of))
	children := make([]*child, len(of))
	for i, p := range of {
		rows[i] = row{
			work:   w,
			peer:   p,
			server: t.Name + " " + t.Version,
		}
		c, err := startChild(task{
			Peer:   p.name,
			Work:   w.id(),
			Target: through,
			Scale:  s,
		})
		if err != nil {
			return nil, err
		}
		defer c.close()
		children[i] = c
	}
	for n := range rounds + 1 {
		for i := range rows {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if rows[i].err != "" {
				continue
			}
			r, err := children[i].round(roundLimit)
			switch {
			case err != nil:
				rows[i].err = "no result: " + err.Error()
			case r.Unable:
				rows[i].err = "–"
			case r.Error != "":
				rows[i].err = r.Error
			case n > 0:
				rows[i].rounds = append(rows[i].rounds, r)
			}
		}
	}
	for i := range rows {
		if rows[i].err == "" && t.Endpoint != "" && l.rate == 0 {
			rows[i].requests = countRequests(w, of[i], t, s)
		}
	}
	return slices.DeleteFunc(rows, func(r row) bool { return r.err == "–" }), nil
}

// countRequests counts the requests of a second round, because the first one may fetch
// things that are then cached. It returns 0 if the peer doesn't work with the proxy.
func countRequests(w work, p peer, t target, s scale) int64 {
	proxy, err := newCounter(t.host())
	if err != nil {
		return 0
	}
	defer proxy.close()
	c, err := startChild(task{
		Peer:   p.name,
		Work:   w.id(),
		Target: t.at(proxy.addr),
		Scale:  s,
	})
	if err != nil {
		return 0
	}
	defer c.close()
	if r, err := c.round(roundLimit); err != nil || r.Error != "" {
		return 0
	}
	before := proxy.requests.Load()
	if r, err := c.round(roundLimit); err != nil || r.Error != "" {
		return 0
	}
	return proxy.requests.Load() - before
}
