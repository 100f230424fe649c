package files_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

// TestLayers: Layers returns a bucket's layers from the outside in, and shows which of
// them retries.
func TestLayers(t *testing.T) {
	sub, err := files.Sub(mem.New(nil), "notes/day 1")
	if err != nil {
		t.Fatal(err)
	}
	opened, err := files.Open(ctx, "mem://?prefix=a/b-&key=c")
	if err != nil {
		t.Fatal(err)
	}
	d, err := files.DefaultMux().Describe("mem://?prefix=a/b-&key=c")
	if want := []string{"key=…", "prefix=a%2Fb-", "mem"}; err != nil ||
		!slices.Equal(d.Layers, want) {
		t.Errorf("Describe: %q, %v, want %q", d.Layers, err, want)
	}
	for _, c := range []struct {
		b    files.Bucket
		want []string
	}{
		{nil, nil},
		{mem.New(nil), []string{"mem"}},
		{
			files.ReadOnly(retry.Wrap(sub, &retry.Policy{Attempts: 3})),
			[]string{"readonly", "retry 3 attempts", "sub notes/day 1/", "mem"},
		},
		{retry.Wrap(mem.New(nil), nil), []string{"retry 5 attempts", "mem"}},
		{opened, []string{"key", "prefix a/b-", "mem"}},
		{files.Wrap(mem.New(nil), files.Hooks{}), []string{"wrapper", "mem"}},
		{
			files.Wrap(mem.New(nil), files.Hooks{Layer: "two\nlines \x1b[31m"}),
			[]string{`two\nlines \x1b[31m`, "mem"},
		},
		{files.ReadOnly(signing{mem.New(nil)}), []string{"readonly", "files_test.signing"}},
		{files.Wrap(nil, files.Hooks{Layer: "above nothing"}),
			[]string{"above nothing", "files.refusing"}},
	} {
		if got := files.Layers(c.b); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestObserves: a wrapper with Observes keeps copies inside the store, signed URLs and
// As; without Observes it has none of them.
func TestObserves(t *testing.T) {
	for _, observes := range []bool{true, false} {
		var stored, read int
		b := files.Wrap(signing{mem.New(nil)}, files.Hooks{
			Observes: observes,
			Content: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
				stored++
				return r
			},
			Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
				read++
				return r
			},
		})
		put(t, b, "a", "text")
		has(t, b, "a", "text")
		if stored != 1 || read != 1 {
			t.Errorf("Observes %v: %d Puts and %d Gets were seen, want 1 and 1",
				observes, stored, read)
		}
		f := b.Features()
		if f.ServerCopy && !observes || f.SignGet != observes || f.SignPut != observes ||
			f.SignDelete != observes {
			t.Errorf("Observes %v: %+v", observes, f)
		}
		_, err := files.SignURL(ctx, b, "a", &files.SignOptions{})
		if (err == nil) != observes || err != nil && !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("Observes %v: SignURL: %v", observes, err)
		}
		if ok := reachesBelow(b); ok != observes {
			t.Errorf("Observes %v: As: %v, want %v", observes, ok, observes)
		}
	}
	// A Transform changes bytes, whatever Observes says.
	b := files.Wrap(signing{mem.New(nil)}, files.Hooks{
		Observes:  true,
		Transform: &files.Transform{},
	})
	if f := b.Features(); f.SignGet || f.ServerCopy {
		t.Errorf("over a Transform: %+v", f)
	}
	if reachesBelow(b) {
		t.Error("over a Transform: As reaches below")
	}
}

// reachesBelow reports whether As reaches what is below a wrapper.
func reachesBelow(b files.Bucket) bool {
	var below files.Bucket
	return b.(driver.BucketAser).As(&below) && below != nil
}

// TestObservedCopies: copies to and from a wrapper with Observes stay inside the store,
// and their content isn't read.
func TestObservedCopies(t *testing.T) {
	looked := 0
	look := func(_ context.Context, _ *files.Call, r io.Reader) io.Reader { looked++; return r }
	store := mem.New(nil)
	b := files.Wrap(store, files.Hooks{Observes: true, Content: look, Body: look})
	put(t, store, "a", "text")
	for _, c := range []struct{ dst, src files.Bucket }{{b, b}, {b, store}, {store, b}} {
		if _, err := files.Copy(ctx, c.dst, "b", c.src, "a", nil); err != nil {
			t.Error(err)
		}
		has(t, store, "b", "text")
	}
	if looked != 0 || !b.Features().ServerCopy {
		t.Errorf("%d contents passed", looked)
	}
}
