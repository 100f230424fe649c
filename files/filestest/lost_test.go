package filestest_test

import (
	"context"
	"errors"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
	"cloudfiles.dev/files/retry"
)

// writes are the ways to write "a". The response of each can be lost.
var writes = map[string]struct {
	op files.Op
	do func(ctx context.Context, b files.Bucket) error
}{
	"Put": {files.OpPut, func(ctx context.Context, b files.Bucket) error {
		_, err := files.PutString(ctx, b, "a", "new", nil)
		return err
	}},
	"Commit": {files.OpPut, func(ctx context.Context, b files.Bucket) error {
		w := files.NewWriter(ctx, b, "a", nil)
		defer w.Close()
		if _, err := w.Write([]byte("new")); err != nil {
			return err
		}
		_, err := w.Commit()
		return err
	}},
	"Copy": {files.OpCopy, func(ctx context.Context, b files.Bucket) error {
		_, err := files.Copy(ctx, b, "a", b, "from", nil)
		return err
	}},
	"Delete": {files.OpDelete, func(ctx context.Context, b files.Bucket) error {
		return b.Delete(ctx, "a", nil)
	}},
	"DeleteMany": {files.OpDeleteMany, func(ctx context.Context, b files.Bucket) error {
		_, err := files.DeleteMany(ctx, b, func(yield func(string) bool) { yield("a") })
		return err
	}},
}

// TestLostAnswerOfEachWrite: one line loses the response of each write, and a Get shows
// whether it was done, on the fake and around a bucket.
func TestLostAnswerOfEachWrite(t *testing.T) {
	for what, w := range writes {
		for _, outcome := range []filestest.Outcome{filestest.Stored, filestest.NotStored} {
			fake := filestest.New(t)
			for _, b := range []scripted{
				fake, filestest.Around(t, filestest.New(t), nil),
			} {
				b.FillTree(t, filestest.Tree{"a": "old", "from": "new"})
				b.On(w.op, "a").LoseAnswer(outcome)
				if err := w.do(t.Context(), b); !errors.Is(err, files.ErrUncertain) {
					t.Errorf("%s: %v, want ErrUncertain", what, err)
				}
				want := "old"
				if outcome == filestest.Stored {
					want = "new"
				}
				got, err := files.ReadString(t.Context(), b, "a", nil)
				if errors.Is(err, files.ErrNotExist) &&
					(w.op == files.OpDelete || w.op == files.OpDeleteMany) {
					got, err = "new", nil // it is gone, as was asked for
				}
				if err != nil || got != want {
					t.Errorf("%s, outcome %d: Get reads %q, %v", what, outcome, got, err)
				}
			}
		}
	}
}

// scripted is what the fake and Around have in common here.
type scripted interface {
	files.Bucket
	FillTree(t testing.TB, tree filestest.Tree)
	On(op files.Op, pattern string) *filestest.Rule
}

// TestRepeatAfterLostAnswer: a layer that repeats a Put, which was done and whose response
// was lost, meets its own first try, and says that it is uncertain; if the first try
// didn't arrive, the second one is an ordinary success.
func TestRepeatAfterLostAnswer(t *testing.T) {
	for _, stored := range []bool{true, false} {
		b := filestest.New(t)
		b.On(files.OpPut, "a").Nth(1).Do(func(ctx context.Context, _ *files.Call,
			next func(context.Context) error) error {
			if stored {
				if err := next(ctx); err != nil {
					return err
				}
			}
			return files.ErrUnavailable
		})
		_, err := files.PutString(t.Context(), retry.Wrap(b, &retry.Policy{Delay: 1}), "a", "x",
			&files.PutOptions{If: files.IfAbsent()})
		if stored != errors.Is(err, files.ErrUncertain) || !stored && err != nil {
			t.Errorf("stored %v: %v", stored, err)
		}
		b.WantCalls(t, files.OpPut, "a", 2)
		b.WantCreated(t, "a")
	}
}

// TestInjectedErrors: an injected error is one of the driver's: of its type, with the
// operation and the name that the caller gave, for every operation.
func TestInjectedErrors(t *testing.T) {
	ctx := t.Context()
	for op, c := range map[files.Op]struct {
		name string
		do   func(b files.Bucket) error
	}{
		files.OpPut: {"a", func(b files.Bucket) error {
			return putWith(t, b, files.PutOptions{})
		}},
		files.OpGet: {"a", func(b files.Bucket) error {
			return getWith(t, b, "a", files.GetOptions{})
		}},
		files.OpCopy: {"a to copy", func(b files.Bucket) error {
			return copyWith(t, b, files.CopyOptions{})
		}},
		files.OpStat: {"a", func(b files.Bucket) error {
			_, err := b.Stat(ctx, "a", nil)
			return err
		}},
		files.OpList: {"a", func(b files.Bucket) error {
			for _, err := range b.List(ctx, "a", nil) {
				return err
			}
			return nil
		}},
		files.OpDelete: {"a", func(b files.Bucket) error { return b.Delete(ctx, "a", nil) }},
		files.OpDeleteMany: {"a", func(b files.Bucket) error {
			_, err := files.DeleteMany(ctx, b, func(yield func(string) bool) { yield("a") })
			return err
		}},
		files.OpCheck: {"", func(b files.Bucket) error { return files.Check(ctx, b) }},
		files.OpSignGet: {"a", func(b files.Bucket) error {
			_, err := files.SignURL(ctx, b, "a", nil)
			return err
		}},
	} {
		for _, kind := range []error{files.ErrUnavailable, files.ErrPermission} {
			b := filestest.New(t)
			b.FillTree(t, filestest.Tree{"a": "x"})
			b.On(op, "").Fail(kind)
			err := c.do(b)
			var e *files.Error
			if !errors.As(err, &e) || files.KindOf(err) != kind || e.Name != c.name {
				t.Errorf("%s with %v: %#v", op, kind, err)
				continue
			}
			if e.Op != op && !(op == files.OpDeleteMany && e.Op == files.OpDelete) {
				t.Errorf("%s with %v: the error is of %s", op, kind, e.Op)
			}
			if marked := retry.Attempts(err) > 0; marked != (kind == files.ErrUnavailable) {
				t.Errorf("%s with %v: marked %v", op, kind, marked)
			}
			b.Want(t, filestest.Tree{"a": "x"})
		}
	}
}
