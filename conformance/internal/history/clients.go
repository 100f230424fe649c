package history

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// The linearizability check has linearRounds rounds. In a round each of linearClients
// clients makes linearSteps operations.
const (
	linearClients = 8
	linearSteps   = 60
	linearRounds  = 4 // times Harness.Soak
)

// shared is the state that the clients of a round share.
type shared struct {
	t     suite.T
	b     files.Bucket
	f     files.Features
	names []string
	clock atomic.Int64
	// versions has the value of each name and version, which never changes (V1).
	versions sync.Map
}

type nameVersion struct {
	name    string
	version files.Version
}

// client is one of the concurrent clients of a round.
type client struct {
	*shared
	rnd   uint64
	id    int
	count int
	known map[string]seenVersion
	log   map[string][]Op
}

type seenVersion struct {
	value   int
	version files.Version
}

func (c *client) next(n int) int {
	c.rnd = check.Mix(c.rnd)
	return int(c.rnd >> 8 % uint64(n))
}

// value returns a value that is unique to the client and the call. The content is made
// from it.
func (c *client) value() int {
	c.count++
	return c.id*1000 + c.count
}

// valueText returns a content that repeats the value, so that a torn read is found. The
// lengths of values differ, so that a torn size is found too.
func valueText(v int) string { return strings.Repeat(fmt.Sprintf("%d.", v), 50+v%7) }

func valueOf(s string) (int, bool) {
	var v int
	if _, err := fmt.Sscanf(s, "%d.", &v); err != nil {
		return 0, false
	}
	return v, s == valueText(v)
}

// valueKey is the metadata key whose value repeats the content's value.
const valueKey = "value"

// learn records to which value a version belongs, and fails the case if content,
// metadata, size or version are not of one put.
func (c *client) learn(how, name string, v int, info files.Info, attributes bool) {
	if got := info.Metadata[valueKey]; attributes && c.f.Attributes && got != strconv.Itoa(v) {
		c.t.Errorf("%s of %s has the content of put %d with the metadata of put %s (P1)", how, name,
			v, got)
	}
	if size := int64(len(valueText(v))); info.Size != size {
		c.t.Errorf("%s of %s reports size %d for put %d, want %d (P1)",
			how, name, info.Size, v, size)
	}
	if info.Version == "" {
		return
	}
	if other, ok := c.versions.LoadOrStore(nameVersion{name, info.Version}, v); ok && other != v {
		c.t.Errorf("%s of %s reports the version %q for put %d, but put %v has that version (V1)",
			how, name, info.Version, v, other)
	}
	c.known[name] = seenVersion{v, info.Version}
}

// note ends the operation and adds it to the history. It leaves out a read without a
// result.
func (c *client) note(name string, o Op, err, lost error) {
	o.Return, o.OK = c.clock.Add(1), err == nil
	switch {
	case err == nil || lost != nil && errors.Is(err, lost):
	case errors.Is(err, context.Canceled), errors.Is(err, files.ErrUncertain):
		if o.Return = Forever; o.reads() {
			return
		}
	default:
		c.t.Errorf("%s of %s during other calls: %v", o.Kind, name, err)
		return
	}
	c.log[name] = append(c.log[name], o)
}

func (c *client) step() {
	name := c.names[c.next(len(c.names))]
	known := c.known[name]
	o := Op{Call: c.clock.Add(1)}
	switch k := c.next(20); {
	case k < 4:
		o.Kind = OpPut
		c.put(name, o, files.Condition{}, nil)
	case k < 7 && c.f.IfAbsent:
		o.Kind = OpCreate
		c.put(name, o, files.IfAbsent(), files.ErrExist)
	case k < 10 && c.f.IfVersion && known.version != "":
		o.Kind, o.Expect = OpSwap, known.value
		c.put(name, o, files.IfVersion(known.version), files.ErrPrecondition)
	case k < 11 && c.f.DeleteIfVersion && known.version != "":
		o.Kind, o.Expect = OpDrop, known.value
		c.note(name, o,
			c.b.Delete(c.t.Context(), name, &files.DeleteOptions{IfVersion: known.version}),
			files.ErrPrecondition)
	case k < 13:
		o.Kind = OpDelete
		c.note(name, o, c.b.Delete(c.t.Context(), name, nil), nil)
	case k < 15:
		c.stat(name, o)
	case k < 16:
		c.list(o)
	default:
		c.get(name, o)
	}
}

// put writes a new value. Sometimes it cancels the context while the content is read.
func (c *client) put(name string, o Op, cond files.Condition, lost error) {
	o.Value = c.value()
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	content := &yielding{text: valueText(o.Value)}
	if c.next(16) == 0 {
		content.half = cancel
	}
	opts := &files.PutOptions{If: cond}
	if c.f.Attributes {
		opts.Metadata = map[string]string{valueKey: strconv.Itoa(o.Value)}
	}
	info, err := c.b.Put(ctx, name, content, opts)
	c.note(name, o, err, lost)
	if err == nil {
		c.learn("Put", name, o.Value, info, true)
	}
}

func (c *client) get(name string, o Op) {
	o.Kind = OpGet
	p, info, err := check.Read(c.t.Context(), c.b, name, nil)
	if errors.Is(err, files.ErrChanged) {
		return // there is no result
	}
	if err == nil {
		v, ok := valueOf(string(p))
		if !ok {
			c.t.Errorf("during other calls, %s has the content %.60q, of %d bytes, which "+
				"no client put", name, p, len(p))
			return
		}
		o.Value = v
		c.learn("Get", name, v, info, true)
	}
	c.note(name, o, err, files.ErrNotExist)
}

// stat reads the value from the metadata. Without metadata it only reports whether the
// file exists.
func (c *client) stat(name string, o Op) {
	o.Kind = OpSeen
	info, err := c.b.Stat(c.t.Context(), name, nil)
	if v, conv := strconv.Atoi(info.Metadata[valueKey]); err == nil && conv == nil {
		o.Kind, o.Value = OpGet, v
		c.learn("Stat", name, v, info, false)
	}
	c.note(name, o, err, files.ErrNotExist)
}

// list records for each name whether the listing has it. Each name's state may be of any
// moment of the call.
func (c *client) list(o Op) {
	o.Kind = OpSeen
	var seen []string
	for e, err := range c.b.List(c.t.Context(), "", nil) {
		if err != nil {
			c.t.Errorf("List during other calls: %v", err)
			return
		}
		seen = append(seen, e.Name)
	}
	for _, name := range c.names {
		var err error
		if !slices.Contains(seen, name) {
			err = files.ErrNotExist
		}
		c.note(name, o, err, files.ErrNotExist)
	}
}

// yielding is a reader of a text in pieces. It lets other goroutines run between them.
type yielding struct {
	text string
	pos  int
	half func() // if not nil, called once when half of the text is read
}

func (y *yielding) Read(p []byte) (int, error) {
	runtime.Gosched()
	if y.pos == len(y.text) {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 100)], y.text[y.pos:])
	if y.pos += n; y.half != nil && y.pos*2 > len(y.text) {
		y.half()
		y.half = nil
	}
	return n, nil
}

// Record runs a round and returns the history of each name.
func Record(t suite.T, h *suite.H, round int, seed uint64) map[string][]Op {
	common := &shared{t: t, b: h.Bucket, f: h.F}
	for _, name := range []string{"x", "d/y", "d/z.txt"} {
		common.names = append(common.names, fmt.Sprintf("%d/%s", round, name))
	}
	all := make([]*client, linearClients)
	check.Race(linearClients, func(i int) {
		id := i + 1
		c := &client{
			shared: common,
			rnd:    check.Mix(seed) + uint64(round*linearClients+id),
			id:     id,
			known:  map[string]seenVersion{},
			log:    map[string][]Op{},
		}
		all[i] = c
		for range linearSteps {
			c.step()
		}
	})
	histories := map[string][]Op{}
	for _, name := range common.names {
		for _, c := range all {
			histories[name] = append(histories[name], c.log[name]...)
		}
	}
	return histories
}

// Linearizable is the case X1/linearizable.
func Linearizable(t suite.T, h *suite.H) {
	rounds := linearRounds * h.Harness.SoakFactor()
	if h.Runner.Short {
		rounds = (rounds + 1) / 2
	}
	within := h.Harness.Within(t)
	checked, open, bad := 0, 0, 0
	for round := range rounds {
		if bad >= 3 {
			break // enough failures
		}
		if round > 0 && !within(50) {
			t.Logf("%d of %d rounds ran in the case's time", round, rounds)
			break
		}
		for name, history := range Record(t, h, round, h.Seed) {
			switch Check(history) {
			case Legal:
				checked++
			case Inconclusive:
				open++
			case Illegal:
				if bad++; bad <= 3 { // because Reduce takes time
					t.Errorf("no order of the %d operations on %q explains their results "+
						"(call–return, operation, value, success; irrelevant operations are left "+
						"out):\n%s", len(history), name, Text(Reduce(history, func() bool {
						return within(70)
					})))
				}
			}
			check.Remove(t, h, name)
		}
	}
	t.Logf("%d histories of %d clients with %d operations each are linearizable, %d are not, "+
		"and %d "+
		"were too large to tell; %s=%d", checked, linearClients, linearSteps, bad, open,
		suite.SeedVariable, h.Seed)
	if bad == 0 && open > checked/10 {
		t.Skipf("inconclusive: %d of %d histories were too large to tell whether they are "+
			"linearizable", open, open+checked)
	}
}
