package model

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// onSteps returns a function that runs sequences on new buckets of open, and the names
// and sizes that the buckets accept.
func onSteps(tb testing.TB,
	open func(t suite.T) files.Bucket) (run func([]step) *difference, names []string, sizes []int) {
	t := suite.NewRecorder(tb.Context())
	tb.Cleanup(t.RunCleanups)
	s, err := suite.Begin(tb.Context(), suite.Harness{New: open}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	h := s.NewH(t, false)
	names, sizes = usable(t, h)
	return func(steps []step) *difference {
		d := runSteps(t, h, steps, nil)
		if err := t.Err(); err != nil {
			tb.Fatal(err)
		}
		return d
	}, names, sizes
}

// onLocal opens a new folder, without sync.
func onLocal(t suite.T) files.Bucket {
	b, err := local.Open(t.TempDir(), &local.Options{NoSync: true})
	if err != nil {
		t.Fatalf("local.Open: %v", err)
	}
	return b
}

func onMem(suite.T) files.Bucket { return mem.New(nil) }

// TestRapidFindsNoDifference runs the same operations by package rapid, which shrinks
// in another way.
func TestRapidFindsNoDifference(t *testing.T) {
	for what, open := range map[string]func(suite.T) files.Bucket{
		"memory":     onMem,
		"local disk": onLocal,
	} {
		t.Run(what, func(t *testing.T) {
			run, names, sizes := onSteps(t, open)
			rapid.Check(t, func(r *rapid.T) {
				steps := generate(func(n int) int {
					return rapid.IntRange(0, n-1).Draw(r, "choice")
				}, names, sizes)
				if d := run(steps); d != nil {
					r.Fatalf("%s", d.What)
				}
			})
		})
	}
}

// TestRapidFinds checks that rapid finds a fault by the same comparison. Otherwise
// TestRapidFindsNoDifference would prove nothing.
func TestRapidFinds(t *testing.T) {
	run, names, sizes := onSteps(t, func(suite.T) files.Bucket {
		return files.Wrap(mem.New(nil), files.Hooks{
			CloseInner: true,
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op == files.OpList && c.List != nil {
					c.List.StartAfter = ""
				}
				return next(ctx)
			},
		})
	})
	var what string
	for seed := 0; seed < 2000 && what == ""; seed++ {
		steps := rapid.Custom(func(r *rapid.T) []step {
			return generate(func(n int) int {
				return rapid.IntRange(0, n-1).Draw(r, "choice")
			}, names, sizes)
		}).Example(seed)
		if d := run(steps); d != nil {
			what = d.What
		}
	}
	if !strings.Contains(what, "List(") {
		t.Errorf("for a bucket that ignores StartAfter rapid found %q, want a List", what)
	}
}

// TestShrinkKeepsToNames: a bucket refuses "a" beside "a/b", so a sequence that fails is
// made simpler with the names that it takes; with others, another failure would be found.
func TestShrinkKeepsToNames(t *testing.T) {
	names := []string{"b", "a-/b", "a.txt"}
	steps := []step{
		{do: doPut, name: "a.txt"},
		{do: doPut, name: "a-/b"},
		{do: doGet, name: "a-/b"},
	}
	s := shrink(steps, &difference{step: 3}, names, func(steps []step) *difference {
		for i, st := range steps {
			if !slices.Contains(names, st.name) {
				t.Errorf("step %d has the name %q, which the bucket refuses", i+1, st.name)
			}
			if st.do == doGet {
				return &difference{step: i + 1}
			}
		}
		return nil
	}, func() bool { return true })
	if len(s.steps) != 1 || s.steps[0].name != "b" {
		t.Errorf("got %v, want one Get of b", s.steps)
	}
}

// FuzzSequence runs sequences whose choices are the bytes of the input.
func FuzzSequence(f *testing.F) {
	run, names, sizes := onSteps(f, onMem)
	f.Add([]byte{})
	f.Add([]byte(
		"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13"))
	f.Fuzz(func(t *testing.T, data []byte) {
		steps := generate(func(n int) int { // each byte is a choice; after the last all are 0
			if len(data) == 0 {
				return 0
			}
			c := int(data[0]) % n
			data = data[1:]
			return c
		}, names, sizes)
		if d := run(steps); d != nil {
			t.Errorf("the bucket and the model differ: %s\n%v", d.What, steps)
		}
	})
}
