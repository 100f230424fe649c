package conformance_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// brokenWrappers are wrappers with one typical fault each, the case that must catch it,
// and the kind of inner bucket.
var brokenWrappers = []struct {
	fault, over string
	caught      []string
	o           *conformance.WrapperOptions
	wrap        func(files.Bucket) files.Bucket
}{
	{
		fault: "embeds Bucket and loses its abilities",
		over:  "everything",
		caught: []string{
			"C1/wrapper-server-copy", "C1/wrapper-same-file", "W1/wrapper-signs",
			"D3/wrapper-delete-many", "N5/wrapper-as",
		},
		o:    &conformance.WrapperOptions{Owns: true},
		wrap: func(b files.Bucket) files.Bucket { return &embedding{b} },
	},
	{
		fault:  "is read-only and leaks a signed PUT",
		over:   "everything",
		caught: []string{"W1/wrapper-signs", "E2/wrapper-read-only"},
		o:      &conformance.WrapperOptions{Features: readOnlyFeatures},
		wrap:   func(b files.Bucket) files.Bucket { return &signer{b} },
	},
	{
		fault:  "leaves the inner name in errors",
		over:   "everything",
		caught: []string{"E1/wrapper-names"},
		wrap:   func(b files.Bucket) files.Bucket { return &renaming{b, "tenant/"} },
	},
	{
		fault:  "reaches files beside its directory",
		over:   "everything",
		caught: []string{"N5/wrapper-contained"},
		wrap: hooks(files.Hooks{Names: &files.NameMap{
			Extra: len("tenant/"),
			In:    func(name string) string { return "tenant/" + name },
			Out: func(inner string) (string, bool) {
				rest, ok := strings.CutPrefix(inner, "tenant") // tenant-x begins with it too
				return strings.TrimPrefix(rest, "/"), ok
			},
			List: func(dir string, o *files.ListOptions) string {
				if dir != "" {
					return "tenant/" + dir
				}
				o.Prefix = "tenant"
				return ""
			},
		}}),
	},
	{
		fault:  "counts the limit itself, and loses the error of what can't be read",
		over:   "everything",
		caught: []string{"L9/wrapper-unreadable"},
		wrap: hooks(files.Hooks{List: func(
			ctx context.Context, c *files.Call, o files.ListOptions,
			next func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
		) iter.Seq2[files.Entry, error] {
			return func(yield func(files.Entry, error) bool) {
				limit, n := o.Limit, 0
				o.Limit = 0
				for e, err := range next(ctx, o) {
					if n++; !yield(e, err) || n == limit {
						return
					}
				}
			}
		}}),
	},
	{
		fault:  "claims what it refuses",
		over:   "everything",
		caught: []string{"X3/wrapper-features", "P8/creates-once"},
		wrap: hooks(files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Put != nil && c.Put.If.Absent() {
					return files.ErrUnsupported
				}
				return next(ctx)
			},
			Features: func(f files.Features) files.Features { f.Durable = true; return f },
		}),
	},
	{
		fault:  "claims what the inner bucket doesn't",
		over:   "no-conditions",
		caught: []string{"X3/wrapper-features", "P8/creates-once", "P9/stale", "D2/stale"},
		wrap: hooks(files.Hooks{Features: func(f files.Features) files.Features {
			f.IfAbsent, f.IfVersion, f.DeleteIfVersion, f.ReadConditions = true, true, true, true
			return f
		}}),
	},
	{
		fault:  "does what it doesn't claim",
		over:   "everything",
		caught: []string{"E2/wrapper-refuses", "P8/creates-once", "P9/stale", "D2/stale"},
		o:      &conformance.WrapperOptions{Owns: true, Features: modestFeatures},
		wrap:   reporting(func(f *files.Features) { *f = modestFeatures(*f) }),
	},
	{
		fault:  "is read-only and claims to write",
		over:   "everything",
		caught: []string{"X3/wrapper-features"},
		o:      &conformance.WrapperOptions{Features: readOnlyFeatures},
		wrap: hooks(files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op.Writes() {
					return files.ErrPermission
				}
				return next(ctx)
			},
		}),
	},
	{
		fault:  "leaves the inner listing open when the loop's body panics",
		over:   "everything",
		caught: []string{"X2/wrapper-ends"},
		wrap:   func(b files.Bucket) files.Bucket { return &pulling{b} },
	},
	{
		fault:  "reads ahead as much as the length that is reported",
		over:   "everything",
		caught: []string{"G2/wrapper-lengths"},
		wrap:   func(b files.Bucket) files.Bucket { return &trustingReads{b} },
	},
	{
		fault:  "claims to observe only, and hides what can be rewound",
		over:   "everything",
		caught: []string{"P10/wrapper-observes"},
		o:      &conformance.WrapperOptions{Observes: true},
		wrap: hooks(files.Hooks{
			Observes: true,
			Content: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
				return through{r}
			},
		}),
	},
	{
		fault:  "claims to observe only, and stores other bytes",
		over:   "everything",
		caught: []string{"W1/wrapper-signs", "P10/wrapper-observes"},
		o:      &conformance.WrapperOptions{Observes: true},
		wrap: hooks(files.Hooks{
			Observes: true,
			Content: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
				return &flipping{r.(io.ReadSeeker)}
			},
		}),
	},
	{
		fault:  "claims to observe only, and reads other bytes",
		over:   "everything",
		caught: []string{"G3/all-pairs"},
		o:      &conformance.WrapperOptions{Observes: true},
		wrap: hooks(files.Hooks{
			Observes: true,
			Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
				return flippingReads{r}
			},
		}),
	},
	{
		fault:  "closes its parent",
		over:   "everything",
		caught: []string{"X3/wrapper-close"},
		wrap:   hooks(files.Hooks{CloseInner: true}),
	},
	{
		fault:  "leaves open what it owns",
		over:   "everything",
		caught: []string{"X3/wrapper-close"},
		o:      &conformance.WrapperOptions{Owns: true},
		wrap:   hooks(files.Hooks{}),
	},
	{
		fault: "drops options",
		over:  "everything",
		caught: []string{
			"P8/creates-once", "P7/round-trip", "P10/size", "G3/all-pairs", "G8/not-modified",
			"L2/shallow", "D2/stale",
		},
		wrap: func(b files.Bucket) files.Bucket { return &forgetful{b} },
	},
	{
		fault:  "drops options that the inner bucket refuses",
		over:   "no-conditions",
		caught: []string{"P8/creates-once", "D2/stale"},
		wrap:   func(b files.Bucket) files.Bucket { return &forgetful{b} },
	},
	{
		fault:  "swallows the body's Close",
		over:   "everything",
		caught: []string{"G7/wrapper-body-closed"},
		wrap:   func(b files.Bucket) files.Bucket { return &counting{b} },
	},
	{
		fault:  "lets ranges bypass its hook",
		over:   "everything",
		caught: []string{"G3/all-pairs"},
		wrap:   func(b files.Bucket) files.Bucket { return &wholeOnly{b} },
	},
	{
		fault:  "lets signed URLs bypass its hook",
		over:   "everything",
		caught: []string{"W1/wrapper-signs"},
		wrap:   func(b files.Bucket) files.Bucket { return &leaky{wholeOnly{b}} },
	},
	{
		fault:  "returns the inner client from a directory",
		over:   "everything",
		caught: []string{"N5/wrapper-as"},
		wrap: func(b files.Bucket) files.Bucket {
			s, err := files.Sub(b, "tenant")
			if err != nil {
				panic(err)
			}
			return &transparent{s, b}
		},
	},
	{
		fault:  "loses the context",
		over:   "everything",
		caught: []string{"X2/wrapper-context", "X2/cancelled-before"},
		wrap:   hooks(files.Hooks{Around: timeless}),
	},
	{
		fault:  "hides the cause",
		over:   "everything",
		caught: []string{"E1/wrapper-causes"},
		wrap: hooks(files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if err := next(ctx); err != nil {
					return errors.New("it failed")
				}
				return nil
			},
		}),
	},
	{
		fault:  "checks nothing",
		over:   "everything",
		caught: []string{"U3/wrapper-check"},
		wrap:   func(b files.Bucket) files.Bucket { return &contented{b} },
	},
	{
		fault:  "goes on over a closed inner bucket",
		over:   "everything",
		caught: []string{"X3/wrapper-closed-below"},
		wrap: hooks(files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if err := next(ctx); !errors.Is(err, files.ErrClosed) {
					return err
				}
				return files.ErrUnavailable
			},
		}),
	},
	{
		fault:  "copies onto the inner name",
		over:   "everything",
		caught: []string{"C1/wrapper-between"},
		wrap: func(b files.Bucket) files.Bucket {
			s, err := files.Sub(b, "tenant")
			if err != nil {
				panic(err)
			}
			return &misplaced{s.(subBucket), b}
		},
	},
}

// modestFeatures leave out whatever a call can ask for.
func modestFeatures(f files.Features) files.Features {
	f.IfAbsent, f.IfVersion, f.DeleteIfVersion, f.ReadConditions = false, false, false, false
	f.Attributes, f.ForeignKeys, f.ServerCopy = false, false, false
	f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = false, false, false, false
	f.Versions, f.VersionPerPut, f.PutReturnsVersion, f.Digests = false, false, false, false
	f.MaxSize, f.MaxName, f.TimeResolution = 8<<20, 800, time.Second
	return f
}

// subBucket is the result of Sub, with the methods that a copy needs.
type subBucket interface {
	files.Bucket
	driver.BucketCopier
	driver.BucketCopySource
	driver.BucketLocator
}

// misplaced omits its directory in copies.
type misplaced struct {
	subBucket
	whole files.Bucket
}

func (m *misplaced) CopyFrom(ctx context.Context, dst string, src files.Bucket, name string,
	o *files.CopyOptions) (files.Info, error) {
	return m.whole.(driver.BucketCopier).CopyFrom(ctx, dst, src, name, o)
}

// TestBrokenWrappers: RunWrapper's cases can fail.
func TestBrokenWrappers(t *testing.T) {
	all := map[string]conformance.Case{}
	for _, c := range append(conformance.Cases(), conformance.WrapperCases()...) {
		all[c.ID()] = c
	}
	catches := map[string]int{}
	for _, b := range brokenWrappers {
		h := conformance.WrapperHarnesses(b.wrap, b.o)[b.over]
		h.Limit = time.Minute
		for _, id := range b.caught {
			catches[id]++
			t.Run(b.fault+"/"+id, func(t *testing.T) {
				t.Parallel()
				c, ok := all[id]
				if !ok {
					t.Fatalf("there is no case %s", id)
				}
				r := conformance.RunCase(t.Context(), h, c)
				if r.Outcome != conformance.Failed || strings.Contains(r.Text(),
					"did not end within") {
					t.Errorf("%s, %s, want a failure: %v", r.Outcome, r.Reason, r.Failures)
				}
				t.Log(r.Text())
			})
		}
	}
	for _, c := range conformance.WrapperCases() {
		if catches[c.ID()] == 0 {
			t.Errorf("no broken wrapper is caught by %s", c.ID())
		}
	}
}

func TestEssentialCasesExist(t *testing.T) {
	for _, id := range conformance.Essential() {
		caseOf(t, id)
	}
}
