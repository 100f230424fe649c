package filestest_test

import (
	"context"
	"reflect"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestAroundChanges: what is created, replaced and deleted through a wrapped bucket is
// told apart, once it is known what was there.
func TestAroundChanges(t *testing.T) {
	ctx := t.Context()
	real := mem.New(nil)
	for _, name := range []string{"kept", "old", "replaced", "many"} {
		put(t, real, name, "1")
	}
	o := observe(t)
	b := filestest.Around(o, real, nil)
	b.WantUnchanged(o)
	o.want(t, "call Mark or Fill first")
	o.errors = nil
	b.Mark(t)
	b.WantUnchanged(t)
	put(t, b, "new", "2")
	put(t, b, "replaced", "1")
	put(t, b, "short", "3")
	put(t, real, "foreign", "not through the wrapper")
	if _, err := files.Copy(ctx, b, "copy", b, "kept", nil); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"short", "old", "never"} {
		if err := b.Delete(ctx, name, nil); err != nil {
			t.Error(err)
		}
	}
	b.DeleteMany(ctx, []string{"many", "never"})
	b.On(files.OpPut, "lost").LoseAnswer(filestest.Stored)
	b.On(files.OpPut, "not").LoseAnswer(filestest.NotStored)
	b.On(files.OpDelete, "kept").Fail(files.ErrUnavailable)
	for _, name := range []string{"lost", "not"} {
		if _, err := files.PutString(ctx, b, name, "x", nil); err == nil {
			t.Errorf("%q was put", name)
		}
	}
	if err := b.Delete(ctx, "kept", nil); err == nil {
		t.Error("it was deleted")
	}
	b.WantChanges(o, filestest.Changes{
		Created:  []string{"new", "copy", "lost"},
		Replaced: []string{"replaced"},
		Deleted:  []string{"old", "many"},
	})
	o.want(t)
	b.WantCreated(o, "other")
	o.want(t, `"other" was not created`)
	b.FillTree(t, filestest.Tree{"filled": "x"})
	b.WantUnchanged(t)
	if err := b.Delete(ctx, "foreign", nil); err != nil {
		t.Error(err)
	}
	b.WantDeleted(t, "foreign")
}

// TestAroundUncertain: after a response that the bucket itself has lost, a Stat decides
// what can be decided, and the failure says what can't.
func TestAroundUncertain(t *testing.T) {
	ctx := t.Context()
	real := mem.New(nil)
	put(t, real, "there", "1")
	put(t, real, "gone", "1")
	uncertain := files.Wrap(real, files.Hooks{Around: func(ctx context.Context, call *files.Call,
		next func(context.Context) error) error {
		if err := next(ctx); err != nil || !call.Op.Writes() {
			return err
		}
		return files.ErrUncertain
	}})
	o := observe(t)
	b := filestest.Around(o, uncertain, nil)
	b.Mark(t)
	files.PutString(ctx, b, "new", "1", nil)
	b.Delete(ctx, "gone", nil)
	b.WantChanges(o, filestest.Changes{Created: []string{"new"}, Deleted: []string{"gone"}})
	o.want(t)
	files.PutString(ctx, b, "there", "2", nil)
	b.WantChanges(o, filestest.Changes{Created: []string{"new"}, Deleted: []string{"gone"}})
	o.want(t, `"there" was perhaps replaced`)
}

// TestEveryAbility: the fake and Around have every method of a wrapper of package files,
// and so every optional ability that there is.
func TestEveryAbility(t *testing.T) {
	wrapper := reflect.TypeOf(files.Wrap(mem.New(nil), files.Hooks{}))
	n := 0
	for m := range wrapper.Methods() {
		n++
		for _, typ := range []reflect.Type{
			reflect.TypeFor[*filestest.Bucket](), reflect.TypeFor[*filestest.Wrapped](),
		} {
			if got, ok := typ.MethodByName(m.Name); !ok {
				t.Errorf("%s has no %s", typ, m.Name)
			} else if got.Type.NumIn() != m.Type.NumIn() || got.Type.NumOut() != m.Type.NumOut() {
				t.Errorf("%s: %s is %s, want %s", typ, m.Name, got.Type, m.Type)
			}
		}
	}
	if n < 18 {
		t.Errorf("a wrapper has %d methods", n)
	}
}
