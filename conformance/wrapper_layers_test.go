package conformance_test

import (
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/hedge"
	"cloudfiles.dev/files/limit"
	"cloudfiles.dev/files/timeout"
)

func withLimit(b files.Bucket) files.Bucket {
	return made(limit.New(b, &limit.Options{
		All:    limit.Limits{Calls: 64, BytesPerSecond: 1 << 40},
		Writes: limit.Limits{PerSecond: 1e9},
	}))
}

func withTimeout(b files.Bucket) files.Bucket {
	return made(timeout.New(b, &timeout.Options{
		Call:      time.Hour,
		FirstByte: 10 * time.Minute,
		Idle:      10 * time.Minute,
		Page:      10 * time.Minute,
	}))
}

// withHedge makes no second request: a case that checks the calls to the inner bucket
// would count a late one.
func withHedge(b files.Bucket) files.Bucket {
	return made(hedge.New(b, &hedge.Options{Delay: time.Hour}))
}

// withHedgeAlways makes every call that takes more than no time twice.
func withHedgeAlways(b files.Bucket) files.Bucket {
	return made(hedge.New(b, &hedge.Options{Delay: 1, Share: 1, Burst: 1 << 20}))
}

func made(b files.Bucket, err error) files.Bucket {
	if err != nil {
		panic(err)
	}
	return b
}

// TestWrapperLayers runs the stack of these three that the documentation recommends.
func TestWrapperLayers(t *testing.T) {
	conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
		return withHedge(withLimit(withTimeout(b)))
	}, &conformance.WrapperOptions{Observes: true, Only: rerun.Light(t)})
}

// TestWrapperHedgedAlways leaves out the cases that count what arrives below.
func TestWrapperHedgedAlways(t *testing.T) {
	longtest.Only(t, "the suite once more; the package has tests of two requests")
	conformance.RunWrapper(t, withHedgeAlways, &conformance.WrapperOptions{
		Observes: true,
		Only:     func(id string) bool { return !strings.Contains(id, "/wrapper-") },
	})
}

func TestWrapperEachLayer(t *testing.T) {
	longtest.Only(t, "TestWrapperLayers has the three together")
	for name, wrap := range map[string]func(files.Bucket) files.Bucket{
		"limit":   withLimit,
		"timeout": withTimeout,
		"hedge":   withHedge,
	} {
		t.Run(name, func(t *testing.T) {
			conformance.RunWrapper(t, wrap, &conformance.WrapperOptions{Observes: true})
		})
	}
}
