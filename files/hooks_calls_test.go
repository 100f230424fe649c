package files_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestCallsHaveTheOptions: Around gets the options of each operation as the caller gave
// them.
func TestCallsHaveTheOptions(t *testing.T) {
	var (
		putting  = &files.PutOptions{}
		getting  = &files.GetOptions{}
		looking  = &files.StatOptions{}
		listing  = &files.ListOptions{}
		deleting = &files.DeleteOptions{}
		copying  = &files.CopyOptions{}
		signed   = &files.SignOptions{Method: "DELETE"}
	)
	var call *files.Call
	note := func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
		call = c
		return next(ctx)
	}
	store := mem.New(nil)
	b, signer := around(store, note), around(full(t), note)
	content := strings.NewReader("text")
	names := []string{"x", "y"}
	pass := func(context.Context, files.Bucket, string) error { return nil }
	for _, c := range []struct {
		op  files.Op
		do  func() error
		has func() bool
	}{
		{
			files.OpPut,
			func() error { _, err := b.Put(ctx, "a", content, putting); return err },
			func() bool { return call.Put == putting && call.Content == content },
		},
		{
			files.OpGet,
			func() error {
				r, err := b.Get(ctx, "a", getting)
				r.Close()
				return err
			},
			func() bool { return call.Get == getting },
		},
		{
			files.OpStat,
			func() error { _, err := b.Stat(ctx, "a", looking); return err },
			func() bool { return call.Stat == looking },
		},
		{
			files.OpList,
			func() error {
				for _, err := range b.List(ctx, "", listing) {
					if err != nil {
						return err
					}
				}
				return nil
			},
			func() bool { return call.List == listing },
		},
		{
			files.OpCopy,
			func() error {
				_, err := b.(optional).CopyFrom(ctx, "c", b, "a", copying)
				return err
			},
			func() bool {
				return call.Copy == copying && call.Source == b && call.SourceName == "a" &&
					call.Name == "c"
			},
		},
		{
			files.OpDelete,
			func() error { return b.Delete(ctx, "a", deleting) },
			func() bool { return call.Delete == deleting },
		},
		{
			files.OpDeleteMany,
			func() error { return errors.Join(b.(optional).DeleteMany(ctx, names)...) },
			func() bool { return slices.Equal(call.Names, names) && len(call.Errors) == 2 },
		},
		{
			files.OpSignDelete,
			func() error { _, err := files.SignURL(ctx, signer, "a", signed); return err },
			func() bool { return call.Sign != nil && call.Sign.Method == "DELETE" },
		},
		{
			files.OpSignPut,
			func() error { return signer.(optional).WithSignPost(ctx, "a", pass) },
			func() bool { return call.Sign != nil && call.Sign.Method == "PUT" },
		},
	} {
		call = nil
		if err := c.do(); err != nil || call == nil || call.Op != c.op || !c.has() {
			t.Errorf("%s: %v, with the call %+v", c.op, err, call)
		}
	}
}

// TestCallsHaveTheInfo: Around and Done get the Info that the caller gets, also of a body
// that Around opened by itself. Around can't change that of a Get.
func TestCallsHaveTheInfo(t *testing.T) {
	store := mem.New(nil)
	o := &files.PutOptions{}
	o.Metadata = map[string]string{"k": "v"}
	var done files.Info
	var own *files.Reader
	b := files.Wrap(store, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if own != nil {
				c.Opened = own
				return nil
			}
			err := next(ctx)
			if c.Op == files.OpGet {
				if c.Info.Name != "a" || c.Info.Size != 4 || c.Info.Metadata["k"] != "v" {
					t.Errorf("Around gets %+v", c.Info)
				}
				c.Info.Metadata["k"] = "the hook's"
				c.Info.Size = 7
			}
			return err
		},
		Done: func(_ context.Context, c *files.Call, _ int64, _ error) { done = c.Info },
	})
	check := func(what string, got files.Info, err error) {
		t.Helper()
		if err != nil || got.Name != "a" || got.Size != 4 || got.Metadata["k"] != "v" {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
		if done.Name != got.Name || done.Version != got.Version {
			t.Errorf("%s: Done gets %+v", what, done)
		}
		done = files.Info{}
	}
	info, err := b.Put(ctx, "a", strings.NewReader("text"), o)
	check("Put", info, err)
	info, err = b.Stat(ctx, "a", nil)
	check("Stat", info, err)
	r, err := b.Get(ctx, "a", nil)
	r.Close()
	check("Get", r.Info(), err)
	own = driver.NewReader(ctx, driver.ReaderConfig{
		Info: files.Info{
			Entry:      files.Entry{Name: "other", Size: 4, Version: "own"},
			Attributes: files.Attributes{Metadata: map[string]string{"k": "v"}},
		},
		Length: 4,
		Body:   io.NopCloser(strings.NewReader("text")),
	})
	r, err = b.Get(ctx, "a", nil)
	r.Close()
	check("Get of its own", r.Info(), err)
}

// TestDeleteManyNames: each error of DeleteMany has the caller's name, whatever fails, and
// without a context no hook is called.
func TestDeleteManyNames(t *testing.T) {
	fails := around(mem.New(nil),
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpDeleteMany || c.Op == files.OpDelete {
				return errBroken
			}
			return next(ctx)
		})
	sub, err := files.Sub(fails, "d")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	b := files.Wrap(sub, files.Hooks{
		Begin: func(ctx context.Context, _ *files.Call) (context.Context, error) {
			calls++
			return ctx, nil
		},
	})
	names := []string{"a", "a/b"}
	for i, err := range b.(optional).DeleteMany(ctx, names) {
		e, ok := errors.AsType[*files.Error](err)
		if !ok || e.Name != names[i] || e.Op != files.OpDelete || !errors.Is(err, errBroken) ||
			strings.Contains(err.Error(), "d/") {
			t.Errorf("the error of %s is %v", names[i], err)
		}
	}
	calls = 0
	for i, err := range b.(optional).DeleteMany(noContext, names) {
		if is(t, err, files.ErrInvalid); calls != 0 {
			t.Errorf("%s: %d calls without a context, want none", names[i], calls)
		}
	}
}

// closesOnce is a bucket whose Close fails, and counts.
type closesOnce struct {
	files.Bucket
	err error
	n   int
}

func (c *closesOnce) Close() error { c.n++; return c.err }

// TestCloseOfAnOwner: Close closes the bucket below, once, only if the wrapper owns it, and
// returns the first error: that of OnClose or else that of the bucket below.
func TestCloseOfAnOwner(t *testing.T) {
	hooked := errors.New("the hook's")
	for _, c := range []struct {
		owns        bool
		hook, below error
		want        error
		n           int
	}{
		{false, nil, errBroken, nil, 0},
		{false, hooked, errBroken, hooked, 0},
		{true, nil, nil, nil, 1},
		{true, nil, errBroken, errBroken, 1},
		{true, hooked, nil, hooked, 1},
		{true, hooked, errBroken, hooked, 1},
	} {
		below := &closesOnce{Bucket: mem.New(nil), err: c.below}
		b := files.Wrap(below, files.Hooks{
			CloseInner: c.owns,
			OnClose:    func() error { return c.hook },
		})
		err := b.Close()
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || below.n != c.n {
			t.Errorf("%+v: Close = %v, and that below was called %d times", c, err, below.n)
		}
		if err := b.Close(); err != nil || below.n != c.n {
			t.Errorf("%+v: the second Close = %v", c, err)
		}
	}
}
