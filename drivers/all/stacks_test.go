package all

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
	"cloudfiles.dev/files/compress"
	"cloudfiles.dev/files/crypt"
	"cloudfiles.dev/files/hedge"
	"cloudfiles.dev/files/limit"
	"cloudfiles.dev/files/mirror"
	"cloudfiles.dev/files/mount"
	"cloudfiles.dev/files/observe"
	"cloudfiles.dev/files/overlay"
	"cloudfiles.dev/files/retry"
	"cloudfiles.dev/files/timeout"
)

// stackLayer is a layer of the stacks.
type stackLayer struct {
	name string
	wrap func(b files.Bucket) (files.Bucket, error)
	// features changes the features of the bucket below to those that the layer claims
	// on purpose; nil changes none.
	features func(below files.Features) files.Features
	// restricts: As doesn't pass this layer, although it changes neither names nor
	// features.
	restricts bool
	// changes: the layer doesn't only observe.
	changes bool
	// once: the layer isn't used above itself.
	once bool
}

// stackLayers has each layer of the library, in its usual configuration.
var stackLayers = []stackLayer{
	{name: "sub", changes: true, wrap: func(b files.Bucket) (files.Bucket, error) {
		return files.Sub(b, "tenants/a b")
	}},
	{
		name:      "readonly",
		changes:   true,
		restricts: true,
		wrap:      func(b files.Bucket) (files.Bucket, error) { return files.ReadOnly(b), nil },
		features: func(f files.Features) files.Features {
			f.ReadOnly, f.SignPut, f.SignDelete, f.SignContentType = true, false, false, false
			f.SignSize, f.SignIfAbsent = false, false
			f.IfAbsent, f.IfVersion, f.DeleteIfVersion, f.ServerCopy = false, false, false, false
			return f
		},
	},
	{name: "observe", wrap: func(b files.Bucket) (files.Bucket, error) {
		return observe.New(b, &observe.Options{
			Observers: []observe.Observer{observe.Log(slog.New(slog.DiscardHandler))},
		})
	}},
	{name: "retry", wrap: func(b files.Bucket) (files.Bucket, error) {
		return retry.Wrap(b, &retry.Policy{
			Delay:    time.Millisecond,
			MaxDelay: time.Millisecond,
		}), nil
	}},
	{name: "limit", wrap: func(b files.Bucket) (files.Bucket, error) {
		return limit.New(b, &limit.Options{
			All:    limit.Limits{Calls: 64, BytesPerSecond: 1 << 40},
			Writes: limit.Limits{PerSecond: 1e9},
		})
	}},
	{name: "timeout", wrap: func(b files.Bucket) (files.Bucket, error) {
		return timeout.New(b, timeout.Silence(10*time.Minute))
	}},
	{name: "cache", wrap: func(b files.Bucket) (files.Bucket, error) {
		return cache.New(b, mem.New(nil), nil)
	}},
	{name: "hedge", wrap: func(b files.Bucket) (files.Bucket, error) {
		return hedge.New(b, &hedge.Options{
			// Nothing is hedged: a late request would be counted by a case that looks at
			// what arrives below. Package conformance has the suite over a bucket that is
			// hedged all the time.
			Delay: time.Hour,
		})
	}},
	{
		name:      "mount",
		changes:   true,
		restricts: true,
		wrap: ordered(func(b files.Bucket) (files.Bucket, error) {
			return mount.New(map[string]files.Bucket{"": b, "~mounted/here": beside()})
		}),
		features: func(f files.Features) files.Features {
			if !f.Ordered {
				return f
			}
			f.SignGet, f.ForeignKeys = false, false // the other has none
			f.SignHead, f.SignResponse = false, false
			if f.ReadOnly { // as the other: both count
				f.Durable, f.VersionPerPut, f.IfAbsent, f.IfVersion = false, false, false, false
				f.DeleteIfVersion, f.ServerCopy, f.SignPut = false, false, false
				f.SignDelete, f.SignContentType = false, false
				f.SignSize, f.SignIfAbsent = false, false
			}
			return f
		},
	},
	{
		name:      "overlay",
		changes:   true,
		restricts: true,
		wrap: ordered(func(b files.Bucket) (files.Bucket, error) {
			return overlay.New([]files.Bucket{b, beside()}, nil)
		}),
		features: func(f files.Features) files.Features {
			if !f.Ordered {
				return f
			}
			f.SignGet, f.SignDelete, f.ForeignKeys, f.ServerCopy = false, false, false, false
			f.SignHead, f.SignResponse, f.SignIfAbsent = false, false, false
			f.IfVersion = f.IfVersion && f.IfAbsent
			return f
		},
	},
	{
		name:    "crypt",
		changes: true,
		wrap:    encrypted,
		features: func(f files.Features) files.Features {
			return transformed(f, encrypted)
		},
	},
	{
		name:    "compress",
		changes: true,
		once:    true, // it reserves a key of the metadata
		wrap:    compressed,
		features: func(f files.Features) files.Features {
			if !f.Attributes {
				return f
			}
			return transformed(f, compressed)
		},
	},
	{
		name:      "mirror",
		changes:   true,
		restricts: true,
		wrap: func(b files.Bucket) (files.Bucket, error) {
			return mirror.New(b, mem.New(nil))
		},
		features: func(f files.Features) files.Features {
			f.ServerCopy, f.SignPut, f.SignDelete, f.SignContentType = false, false, false, false
			f.SignSize, f.SignIfAbsent = false, false
			f.ForeignKeys, f.Durable = false, false
			return f
		},
	},
}

func encrypted(b files.Bucket) (files.Bucket, error) {
	return crypt.New(b, &crypt.Options{
		Keys: []crypt.Key{{ID: "1", Secret: crypt.Secret("a secret of 32 bytes, for a test")}},
	})
}

// compressed leaves out compression over a bucket without attributes, which it refuses.
func compressed(b files.Bucket) (files.Bucket, error) {
	if !b.Features().Attributes {
		return files.Wrap(b, files.Hooks{}), nil
	}
	return compress.New(b, nil)
}

// transformed masks what a layer that stores other bytes can't have. The largest sizes
// are those that the layer says, which the tests of its package compare with its format.
func transformed(f files.Features,
	wrap func(files.Bucket) (files.Bucket, error)) files.Features {
	b, err := wrap(files.Wrap(mem.New(nil), files.Hooks{
		Features: func(files.Features) files.Features { return f },
	}))
	if err != nil {
		panic(err)
	}
	own := b.Features()
	f.MaxSize, f.MaxUnknownSize = own.MaxSize, own.MaxUnknownSize
	f.ServerCopy, f.Digests, f.ForeignKeys = false, false, false
	f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = false, false, false, false
	return f
}

// beside returns an empty bucket for reading, to be joined with another bucket.
func beside() files.Bucket {
	return files.ReadOnly(mem.New(&mem.Options{TimeResolution: time.Nanosecond}))
}

// ordered leaves out a layer that refuses a bucket whose listings have no order.
func ordered(wrap func(files.Bucket) (files.Bucket, error)) func(files.Bucket) (files.Bucket,
	error) {
	return func(b files.Bucket) (files.Bucket, error) {
		if !b.Features().Ordered {
			return files.Wrap(b, files.Hooks{Restrict: true}), nil
		}
		return wrap(b)
	}
}

// stackCases are the cases that run on stacks. Each layer's package runs all cases on
// the layer, so these are the cases that one layer can break for another.
var stackCases = []string{
	"X3/wrapper-features", "X3/wrapper-close", "C1/wrapper-server-copy", "C1/wrapper-between",
	"C1/wrapper-same-file", "W1/wrapper-signs", "W1/options",
	"D3/wrapper-delete-many", "E1/wrapper-names",
	"E1/wrapper-causes", "E2/wrapper-read-only", "E2/wrapper-refuses", "N5/wrapper-contained",
	"N5/wrapper-as", "G7/wrapper-body-closed", "L9/wrapper-unreadable", "X2/wrapper-context",
	"P10/wrapper-observes",
	"P8/creates-once", "P9/stale", "D2/stale", "G3/all-pairs", "G8/not-modified",
	"P7/round-trip", "L2/shallow", "L3/limit", "L5/is-stat", "S1/is-get", "C1/attributes",
}

// stackLongCases take longer. They are run on random stacks too, and not on pairs.
var stackLongCases = []string{"P10/digest-wrong", "P3/info-is-stat", "G6/damage"}

// TestStacks: in a stack of layers every optional feature is kept or masked on purpose,
// and every rule holds. It runs a sample of pairs and of random stacks, or with the
// long tests every pair and fifty stacks.
func TestStacks(t *testing.T) {
	var stacks [][]stackLayer
	for _, outer := range stackLayers {
		for _, inner := range stackLayers {
			if stack := []stackLayer{outer, inner}; inner.fits(stack[:1]) {
				stacks = append(stacks, stack)
			}
		}
	}
	random := rand.New(rand.NewPCG(13, 2))
	random.Shuffle(len(stacks), func(i, j int) { stacks[i], stacks[j] = stacks[j], stacks[i] })
	stacks = stacks[:longtest.N(t, min(3, len(stacks)), len(stacks))]
	for range longtest.N(t, 2, 50) {
		n := 3 + random.IntN(4)
		var stack []stackLayer
		for len(stack) < n {
			if l := stackLayers[random.IntN(len(stackLayers))]; l.fits(stack) {
				stack = append(stack, l)
			}
		}
		stacks = append(stacks, stack)
	}
	for i, stack := range stacks {
		t.Run(fmt.Sprintf("%d %s", i, nameOf(stack)), func(t *testing.T) {
			t.Parallel()
			conformance.RunWrapper(t, wrapStack(t, stack, false), optionsOf(t, stack))
		})
	}
}

// fits reports whether the layer may be used below the layers of the stack.
func (l stackLayer) fits(stack []stackLayer) bool {
	return !l.once || !slices.ContainsFunc(stack, func(o stackLayer) bool {
		return o.name == l.name
	})
}

func nameOf(stack []stackLayer) string {
	var names []string
	for _, l := range stack {
		names = append(names, l.name)
	}
	return strings.Join(names, "+")
}

// wrapStack returns a function that makes the stack, whose first layer is the
// outermost; writing leaves out read-only layers.
func wrapStack(t *testing.T, stack []stackLayer, writing bool) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket {
		for _, l := range slices.Backward(stack) {
			if writing && l.features != nil && l.features(files.Features{}).ReadOnly {
				continue
			}
			outer, err := l.wrap(b)
			if err != nil {
				t.Errorf("%s: %v, want nil", l.name, err)
				return nil
			}
			b = outer
		}
		return b
	}
}

// optionsOf returns the options of all layers together.
func optionsOf(t *testing.T, stack []stackLayer) *conformance.WrapperOptions {
	o := &conformance.WrapperOptions{
		Observes: true,
		Only: func(id string) bool {
			return slices.Contains(stackCases, id) ||
				len(stack) > 2 && slices.Contains(stackLongCases, id)
		},
		Beside: wrapStack(t, stack, true),
		Features: func(f files.Features) files.Features {
			for _, l := range slices.Backward(stack) {
				if l.features != nil {
					f = l.features(f)
				}
			}
			return f
		},
	}
	for _, l := range stack {
		o.Restricts = o.Restricts || l.restricts
		o.Observes = o.Observes && !l.changes
	}
	return o
}

// TestStackCasesExist: each of stackCases is a case of the suite.
func TestStackCasesExist(t *testing.T) {
	for _, id := range slices.Concat(stackCases, stackLongCases) {
		exists := slices.ContainsFunc(conformance.Cases(), func(c conformance.Case) bool {
			return c.ID() == id
		})
		if !exists && !strings.Contains(id, "/wrapper-") {
			t.Errorf("there is no case %s", id)
		}
	}
}
