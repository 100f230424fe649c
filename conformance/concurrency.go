package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/files"
)

var concurrencyCases = []Case{
	{Rule: "X1", Name: "linearizable", Why: "once one client has seen the new file, no client may see the old one", Needs: needs(versions, atomicPuts), Run: linearizable},
	{Rule: "X1", Name: "everything-at-once", Why: "one bucket serves all of a program's goroutines", Needs: needs(atomicPuts), Run: everythingAtOnce},
	{Rule: "X1", Name: "same-reader-many", Why: "many downloads of one file do not disturb each other", Run: manyReaders},
	{Rule: "X1", Name: "distinct-names", Why: "writers of different files never see each other", Run: distinctNames},
}

// client is one of several that work on a few names.
type client struct {
	h     *H
	t     T
	clock *atomic.Int64
	rnd   uint64
	id    int
	count int
	known map[string]seenVersion
	log   map[string][]op
}

type seenVersion struct {
	value   int
	version files.Version
}

func (c *client) next(n int) int {
	c.rnd = mix(c.rnd)
	return int(c.rnd % uint64(n))
}

// value is unique to the client and the call; the content is made of it.
func (c *client) value() int {
	c.count++
	return c.id*1000 + c.count
}

func (c *client) step(names []string) {
	name := names[c.next(len(names))]
	o := op{call: c.clock.Add(1)}
	ctx := c.t.Context()
	ended := func(err error, lost error) bool {
		o.ok = err == nil
		if err != nil && !errors.Is(err, lost) {
			c.t.Errorf("beside others on %s: %v", name, err)
			return false
		}
		return true
	}
	write := func(cond files.Condition, lost error) bool {
		o.value = c.value()
		_, err := c.h.Put(ctx, name, strings.NewReader(valueText(o.value)), &files.PutOptions{If: cond})
		return ended(err, lost)
	}
	good := true
	switch k := c.next(10); {
	case k < 2:
		o.kind = opPut
		good = write(files.Condition{}, nil)
	case k < 4 && c.h.F.IfAbsent:
		o.kind = opCreate
		good = write(files.IfAbsent(), files.ErrExist)
	case k < 6 && c.h.F.IfVersion && c.known[name].version != "":
		o.kind, o.expect = opSwap, c.known[name].value
		good = write(files.IfVersion(c.known[name].version), files.ErrPrecondition)
	case k < 7:
		o.kind = opDelete
		good = ended(c.h.Delete(ctx, name, nil), nil)
	default:
		p, info, err := read(ctx, c.h, name, nil)
		if errors.Is(err, files.ErrChanged) {
			return // nothing was learnt
		}
		o.kind = opGet
		if good = ended(err, files.ErrNotExist); o.ok {
			v, ok := valueOf(string(p))
			if !ok {
				c.t.Errorf("beside others, %s has the content %.60q, which nobody put", name, p)
			}
			o.value = v
			c.known[name] = seenVersion{v, info.Version}
		}
	}
	o.ret = c.clock.Add(1)
	if good {
		c.log[name] = append(c.log[name], o)
	}
}

// valueText repeats the value, so that a torn read shows.
func valueText(v int) string { return strings.Repeat(fmt.Sprintf("%d.", v), 50) }

func valueOf(s string) (int, bool) {
	var v int
	if _, err := fmt.Sscanf(s, "%d.", &v); err != nil {
		return 0, false
	}
	return v, s == valueText(v)
}

func linearizable(t T, h *H) {
	const clients, steps = 6, 24
	names := []string{"x", "d/y", "d/z.txt"}
	for round := range 12 {
		var clock atomic.Int64
		all := make([]*client, clients)
		race(clients, func(i int) {
			c := &client{h: h, t: t, clock: &clock, rnd: uint64(round*100 + i), id: round*100 + i + 1, known: map[string]seenVersion{}, log: map[string][]op{}}
			all[i] = c
			for range steps {
				c.step(names)
			}
		})
		for _, name := range names {
			var history []op
			for _, c := range all {
				history = append(history, c.log[name]...)
			}
			switch checkHistory(history) {
			case illegal:
				t.Errorf("round %d: no order of the %d operations on %q explains what the clients saw:\n%s", round, len(history), name, historyText(history))
			case unknown:
				t.Logf("round %d: %d operations on %q: the check was given up, inconclusive", round, len(history), name)
			}
			remove(t, h, name)
		}
	}
}

func everythingAtOnce(t T, h *H) {
	names := []string{"a", "b/c", "b/d", "e/f/g", "h"}
	allowed := []error{files.ErrNotExist, files.ErrPrecondition, files.ErrExist, files.ErrChanged}
	parallel(6, func(w int) {
		rnd := uint64(w)
		for range 25 {
			rnd = mix(rnd)
			name := names[rnd%uint64(len(names))]
			all := append(methods(t, h.Bucket, name), listing(h.Bucket, "", nil), listing(h.Bucket, "b", &files.ListOptions{Shallow: true}))
			m := all[rnd>>8%uint64(len(all))]
			if err := m.call(t.Context()); err != nil && !isAny(err, allowed...) {
				t.Errorf("%s beside everything else: %v", m.name, err)
			}
		}
	})
	if _, err := files.DeleteAll(t.Context(), h.Bucket); err != nil {
		t.Errorf("DeleteAll: %v", err)
	}
	wantOnly(t, h)
	h.Clean(t, "everything at once")
}

func manyReaders(t T, h *H) {
	c := content(1, 300_000)
	put(t, h, "a", c, nil)
	parallel(8, func(i int) {
		for range 3 {
			wantContent(t, h, "a", c)
			wantRange(t, h, "a", c, files.Bytes(int64(i*1000), 5000))
		}
	})
}

func distinctNames(t T, h *H) {
	var mu sync.Mutex
	var names []string
	parallel(8, func(w int) {
		for i := range 10 {
			name := fmt.Sprintf("d%d/%d-%d", i%3, w, i)
			c := content(w*100+i, 50+w*1000)
			if _, err := h.Put(t.Context(), name, stream(c), nil); err != nil {
				t.Errorf("Put: %v", err)
				continue
			}
			wantContent(t, h, name, c)
			mu.Lock()
			names = append(names, name)
			mu.Unlock()
		}
	})
	slices.Sort(names)
	wantOnly(t, h, names...)
}
