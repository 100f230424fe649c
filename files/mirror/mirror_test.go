package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/mirror"
)

// TestConformance runs the suite over each kind of memory bucket, mirrored to memory.
func TestConformance(t *testing.T) {
	conformance.RunWrapper(t, func(below files.Bucket) files.Bucket {
		b, err := mirror.New(below, mem.New(nil))
		if err != nil {
			panic(err)
		}
		return b
	}, &conformance.WrapperOptions{
		Restricts: true,
		Features: func(f files.Features) files.Features {
			f.ServerCopy, f.SignPut, f.SignDelete, f.SignContentType = false, false, false, false
			f.ForeignKeys, f.Durable = false, false
			return f
		},
	})
}

func of(t *testing.T, first, second files.Bucket) files.Bucket {
	t.Helper()
	b, err := mirror.New(first, second)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

// contents returns all contents and attributes.
func contents(t *testing.T, b files.Bucket) map[string]string {
	t.Helper()
	all := map[string]string{}
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		info, err := b.Stat(t.Context(), e.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := files.ReadString(t.Context(), b, e.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name] = fmt.Sprint(text, " ", info.Attributes)
	}
	return all
}

func equal(t *testing.T, a, b files.Bucket) {
	t.Helper()
	if first, second := contents(t, a), contents(t, b); !maps.Equal(first, second) {
		t.Errorf("the first has %v\nthe second has %v", first, second)
	}
	for d, err := range mirror.Diff(t.Context(), a, b) {
		t.Errorf("Diff yields %v, %v, want nothing", d, err)
	}
}

// member is a bucket whose calls of certain operations fail while it is down.
type member struct {
	files.Bucket
	down atomic.Pointer[error]
}

func newMember(b files.Bucket) *member {
	m := &member{}
	m.Bucket = files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if err := m.down.Load(); err != nil && *err != nil {
				return *err
			}
			return next(ctx)
		},
	})
	return m
}

func (m *member) fail(err error) { m.down.Store(&err) }

func TestNewRefuses(t *testing.T) {
	b := mem.New(nil)
	sub, err := files.Sub(b, "x")
	if err != nil {
		t.Fatal(err)
	}
	for what, m := range map[string][2]files.Bucket{
		"no first":             {nil, b},
		"no second":            {b, nil},
		"one bucket twice":     {b, b},
		"a bucket and a part":  {b, sub},
		"a bucket of one type": {b, (*member)(nil)},
	} {
		if _, err := mirror.New(m[0], m[1]); files.KindOf(err) != files.ErrInvalid {
			t.Errorf("%s: %v, want ErrInvalid", what, err)
		}
	}
	_, err = mirror.New(b, files.ReadOnly(mem.New(nil)))
	is(t, err, files.ErrUnsupported)
}

// TestWritesReachBothMembers: every kind of write reaches both members with its
// attributes, whether its content can seek or not.
func TestWritesReachBothMembers(t *testing.T) {
	first, second := mem.New(nil), mem.New(nil)
	var seeks atomic.Int64
	count := files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if _, ok := c.Content.(io.Seeker); ok && c.Put.Size != nil {
				seeks.Add(1)
			}
			return next(ctx)
		},
	}
	b := of(t, files.Wrap(first, count), files.Wrap(second, count))
	size := int64(3)
	in := strings.NewReader("...abc")
	in.Seek(3, io.SeekStart)
	if _, err := b.Put(t.Context(), "seeks", in, &files.PutOptions{Size: &size}); err != nil {
		t.Fatal(err)
	}
	if seeks.Load() != 2 {
		t.Errorf("content that can seek reached %d members", seeks.Load())
	}
	_, err := b.Put(t.Context(), "streams", io.MultiReader(strings.NewReader("stream")),
		&files.PutOptions{Attributes: files.Attributes{
			ContentType:  "text/x",
			CacheControl: "no-store",
			Metadata:     map[string]string{"k": "v"},
		}})
	is(t, err, nil)
	equal(t, first, second)
	_, err = files.UpdateAttributes(t.Context(), b, "seeks", func(a *files.Attributes) error {
		a.Metadata = map[string]string{"new": "1"}
		return nil
	}, nil)
	is(t, err, nil)
	equal(t, first, second)
	_, err = files.Move(t.Context(), b, "moved", b, "streams", nil)
	is(t, err, nil)
	_, err = files.Copy(t.Context(), b, "copied", b, "seeks", nil)
	is(t, err, nil)
	equal(t, first, second)
	if got := slices.Sorted(maps.Keys(contents(t, second))); !slices.Equal(got,
		[]string{"copied", "moved", "seeks"}) {
		t.Errorf("the second has %q", got)
	}
	is(t, b.Delete(t.Context(), "copied", nil), nil)
	equal(t, first, second)
	_, err = files.DeleteAll(t.Context(), b)
	is(t, err, nil)
	equal(t, first, second)
	if len(contents(t, second)) != 0 {
		t.Error("the second still has files")
	}
}

// TestSecondFails: the error says which member failed, the first keeps its file, and
// repeating the Put makes both equal, whatever its condition.
func TestSecondFails(t *testing.T) {
	for _, kind := range []error{
		files.ErrUnavailable, files.ErrUncertain, files.ErrTooLarge, files.ErrPermission,
	} {
		for _, conditional := range []bool{false, true} {
			first, second := mem.New(nil), newMember(mem.New(nil))
			b := of(t, first, second)
			put := func() error {
				o := &files.PutOptions{}
				if conditional {
					o.If = files.IfAbsent()
				}
				_, err := files.PutString(t.Context(), b, "a", "content", o)
				return err
			}
			second.fail(driver.Errorf(kind, "down"))
			err := put()
			me, ok := errors.AsType[*mirror.MemberError](err)
			if !ok || me.Member != 1 || !strings.Contains(err.Error(), "second member") {
				t.Fatalf("%v: the error %v doesn't say which member failed", kind, err)
			}
			again := kind == files.ErrUnavailable || kind == files.ErrUncertain
			if hidden := conditional && again; errors.Is(err, kind) == hidden {
				t.Errorf("conditional %v: %v is %v", conditional, err, kind)
			}
			var all []string
			second.fail(nil)
			for d, err := range mirror.Diff(t.Context(), first, second) {
				all = append(all, fmt.Sprint(d, err))
			}
			if !slices.Equal(all, []string{"missing a <nil>"}) {
				t.Errorf("the differences are %q", all)
			}
			if err := put(); conditional != errors.Is(err, files.ErrExist) ||
				!conditional && err != nil {
				t.Errorf("again: %v", err)
			}
			equal(t, first, second)
		}
	}
}

// TestUpdate: an Update that fails in the second is an error, and a Delete can be
// repeated too.
func TestUpdate(t *testing.T) {
	first, second := mem.New(nil), newMember(mem.New(nil))
	b := of(t, first, second)
	second.fail(driver.Errorf(files.ErrUnavailable, "down"))
	_, err := files.Update(t.Context(), b, "n", func([]byte) ([]byte, error) {
		return []byte("1"), nil
	}, nil)
	if _, ok := errors.AsType[*mirror.MemberError](err); !ok {
		t.Errorf("Update: %v", err)
	}
	is(t, b.Delete(t.Context(), "n", nil), files.ErrUnavailable)
	second.fail(nil)
	if _, err := second.Put(t.Context(), "n", strings.NewReader("old"), nil); err != nil {
		t.Fatal(err)
	}
	is(t, b.Delete(t.Context(), "n", nil), nil)
	equal(t, first, second)
}

// TestFirstFails: if the first fails, nothing is written, and the second gets no call.
func TestFirstFails(t *testing.T) {
	first, second := newMember(mem.New(nil)), mem.New(nil)
	b := of(t, first, second)
	if _, err := files.PutString(t.Context(), b, "a", "old", nil); err != nil {
		t.Fatal(err)
	}
	first.fail(driver.Errorf(files.ErrUnavailable, "down"))
	_, err := files.PutString(t.Context(), b, "a", "new", nil)
	is(t, err, files.ErrUnavailable)
	if me, ok := errors.AsType[*mirror.MemberError](err); !ok || me.Member != 0 ||
		!strings.Contains(err.Error(), "first member") {
		t.Errorf("the error %v doesn't say which member failed", err)
	}
	_, err = files.ReadString(t.Context(), b, "a", nil)
	is(t, err, files.ErrUnavailable)
	is(t, b.Delete(t.Context(), "a", nil), files.ErrUnavailable)
	first.fail(nil)
	equal(t, first, second)
	is(t, files.Check(t.Context(), b), nil)
	first.fail(driver.Errorf(files.ErrNoBucket, "gone"))
	is(t, files.Check(t.Context(), b), files.ErrNoBucket)
}

// TestFirstDecidesConditions: the first alone decides conditions, whatever the second
// has.
func TestFirstDecidesConditions(t *testing.T) {
	first, second := mem.New(nil), mem.New(nil)
	b := of(t, first, second)
	if _, err := files.PutString(t.Context(), second, "a", "other", nil); err != nil {
		t.Fatal(err)
	}
	info, err := files.PutString(t.Context(), b, "a", "1", &files.PutOptions{If: files.IfAbsent()})
	is(t, err, nil)
	equal(t, first, second)
	_, err = files.PutString(t.Context(), b, "a", "2",
		&files.PutOptions{If: files.IfVersion(info.Version + "x")})
	is(t, err, files.ErrPrecondition)
	_, err = files.PutString(t.Context(), b, "a", "2",
		&files.PutOptions{If: files.IfVersion(info.Version)})
	is(t, err, nil)
	equal(t, first, second)
}

// TestRaces: of concurrent Puts with IfAbsent through two mirrors one succeeds, and
// both members end with the same file.
func TestRaces(t *testing.T) {
	first, second := mem.New(&mem.Options{VersionPerPut: true}), mem.New(nil)
	a, b := of(t, first, second), of(t, first, second)
	var wins atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		b := []files.Bucket{a, b}[i%2]
		wg.Go(func() {
			_, err := files.PutString(t.Context(), b, "once", fmt.Sprint(i),
				&files.PutOptions{If: files.IfAbsent()})
			if err == nil {
				wins.Add(1)
			} else if !errors.Is(err, files.ErrExist) {
				t.Error(err)
			}
			for n := range 20 {
				switch (i + n) % 5 {
				case 4:
					err = b.Delete(t.Context(), "many", nil)
				case 3:
					_, err = files.DeleteMany(t.Context(), b, slices.Values([]string{"many", "x"}))
				default:
					_, err = files.PutString(t.Context(), b, "many", fmt.Sprint(i, n), nil)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d Puts succeeded, want 1", wins.Load())
	}
	equal(t, first, second)
}

// TestRepair: Diff finds differences of every kind, and Repair removes them.
func TestRepair(t *testing.T) {
	first, second := mem.New(nil), mem.New(nil)
	for _, name := range []string{"a", "b/c", "d", "same", "type"} {
		for _, b := range []files.Bucket{first, second} {
			if _, err := files.PutString(t.Context(), b, name, "of "+name, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	first.Delete(t.Context(), "a", nil)
	second.Delete(t.Context(), "b/c", nil)
	files.PutString(t.Context(), second, "d", "OF d", nil)
	files.PutString(t.Context(), second, "type", "of type", &files.PutOptions{
		Attributes: files.Attributes{ContentType: "text/x"},
	})
	// A member without digests: contents are compared.
	bare := files.Wrap(second, files.Hooks{Features: func(f files.Features) files.Features {
		f.Digests = false
		return f
	}})
	for _, second := range []files.Bucket{second, bare} {
		var all []string
		for d, err := range mirror.Diff(t.Context(), first, second) {
			all = append(all, fmt.Sprint(d, err))
		}
		want := []string{"extra a <nil>", "missing b/c <nil>", "differs d <nil>",
			"differs type <nil>"}
		if !slices.Equal(all, want) {
			t.Errorf("the differences are %q, want %q", all, want)
		}
	}
	n, err := mirror.Repair(t.Context(), first, second)
	if n != 4 || err != nil {
		t.Errorf("%d names were repaired, %v", n, err)
	}
	equal(t, first, second)
	for _, err := range mirror.Diff(t.Context(), nil, second) {
		is(t, err, files.ErrInvalid)
	}
}
