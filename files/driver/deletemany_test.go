package driver_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// batches is a backend that deletes some names in a request, and notes each request.
type batches struct {
	*mapdriver.Backend
	most    int
	asked   [][]string
	results func(names []string) []error
}

func (b *batches) MaxDeleteMany() int { return b.most }

func (b *batches) DeleteMany(_ context.Context, names []string) []error {
	b.asked = append(b.asked, slices.Clone(names))
	return b.results(names)
}

func deleteMany(ctx context.Context, back driver.Backend, names ...string) []error {
	return driver.New(back).(driver.BucketManyDeleter).DeleteMany(ctx, names)
}

// eachIs compares the errors, which must name operation and file, with those expected.
func eachIs(t *testing.T, names []string, errs []error, want ...error) {
	t.Helper()
	if len(errs) != len(want) {
		t.Fatalf("%d results, want %d", len(errs), len(want))
	}
	for i, err := range errs {
		if want[i] == nil && err == nil {
			continue
		}
		e, ok := errors.AsType[*files.Error](err)
		if !errors.Is(err, want[i]) || !ok || e.Op != files.OpDelete || e.Name != names[i] {
			t.Errorf("%q: %v, want %v", names[i], err, want[i])
		}
	}
}

// TestDeleteManyInBatches: a request has no more names than the backend takes and none
// that is illegal, and each result is that of its name (D3).
func TestDeleteManyInBatches(t *testing.T) {
	back := &batches{Backend: mapdriver.New(), most: 2}
	back.results = func(names []string) []error {
		errs := make([]error, len(names))
		if i := slices.Index(names, "c"); i >= 0 {
			errs[i] = files.ErrPermission
		}
		return errs
	}
	names := []string{"a", "/b", "b", "c", "d", "e"}
	eachIs(t, names, deleteMany(t.Context(), back, names...),
		nil, files.ErrInvalidName, nil, files.ErrPermission, nil, nil)
	var sizes []int
	for _, batch := range back.asked {
		sizes = append(sizes, len(batch))
	}
	if got := strings.Join(slices.Concat(back.asked...), ""); got != "abcde" ||
		!slices.Equal(sizes, []int{2, 2, 1}) {
		t.Errorf("the requests were %q, want a b, c d and e", back.asked)
	}
	back.most, back.asked = 0, nil // a wrong limit still deletes
	eachIs(t, []string{"a", "b"}, deleteMany(t.Context(), back, "a", "b"), nil, nil)
	if len(back.asked) != 2 {
		t.Errorf("the requests were %q, want one for each name", back.asked)
	}
	back.asked = nil
	if errs := deleteMany(t.Context(), back); len(errs) != 0 || len(back.asked) != 0 {
		t.Errorf("no names: %v, and the requests were %q", errs, back.asked)
	}
}

// TestDeleteManyUnmatched: if a request's results can't be matched with its names, each
// of these has an error, and the other requests' names don't (D3).
func TestDeleteManyUnmatched(t *testing.T) {
	for _, n := range []int{0, 1, 3} {
		back := &batches{Backend: mapdriver.New(), most: 2}
		back.results = func(names []string) []error {
			if names[0] == "a" {
				return make([]error, n)
			}
			return make([]error, len(names))
		}
		names := []string{"a", "b", "c", "d"}
		eachIs(t, names, deleteMany(t.Context(), back, names...),
			files.ErrUnavailable, files.ErrUnavailable, nil, nil)
	}
}

// TestDeleteManyEnds: after the end of the context no request is made, and every name
// that wasn't in one has an error. So has each name of a call that is wrong as a whole.
func TestDeleteManyEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	back := &batches{Backend: mapdriver.New(), most: 2}
	back.results = func(names []string) []error {
		cancel()
		return make([]error, len(names))
	}
	names := []string{"a", "b", "c", "", "d", "e"}
	eachIs(t, names, deleteMany(ctx, back, names...), nil, nil, context.Canceled,
		files.ErrInvalidName, context.Canceled, context.Canceled)
	if len(back.asked) != 1 {
		t.Errorf("the requests were %q, want none after the end", back.asked)
	}
	back.asked = nil
	//lint:ignore SA1012 a nil context is what is tested
	eachIs(t, names[:2], deleteMany(nil, back, names[:2]...), files.ErrInvalid, files.ErrInvalid)
	b := driver.New(back)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	errs := b.(driver.BucketManyDeleter).DeleteMany(t.Context(), names[:2])
	eachIs(t, names[:2], errs, files.ErrClosed, files.ErrClosed)
	if len(back.asked) != 0 {
		t.Errorf("the requests were %q, want none", back.asked)
	}
}

// TestDeleteManyByName: a backend that can't delete many at a time deletes one by one.
func TestDeleteManyByName(t *testing.T) {
	back := mapdriver.New()
	b := driver.New(back)
	for _, name := range []string{"a", "b", "kept"} {
		if _, err := files.PutString(t.Context(), b, name, name, nil); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"b", "none", "a/", "a"}
	eachIs(t, names, deleteMany(t.Context(), back, names...), nil, nil, files.ErrInvalidName, nil)
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil || e.Name != "kept" {
			t.Errorf("there is %q, %v", e.Name, err)
		}
	}
}

// TestEachName: the results are in the order of the names, and a nil context or function
// is an error for each.
func TestEachName(t *testing.T) {
	var names []string
	for i := range 40 {
		names = append(names, strings.Repeat("x", i+1))
	}
	odd := errors.New("odd")
	f := func(_ context.Context, name string) error {
		if len(name)%2 == 1 {
			return odd
		}
		return nil
	}
	for i, err := range driver.EachName(t.Context(), names, f) {
		if want := len(names[i])%2 == 1; (err != nil) != want {
			t.Errorf("the result for the name of %d bytes is %v", len(names[i]), err)
		}
	}
	//lint:ignore SA1012 a nil context is what is tested
	for _, errs := range [][]error{driver.EachName(nil, names, f),
		driver.EachName(t.Context(), names, nil)} {
		if len(errs) != len(names) || slices.ContainsFunc(errs, func(err error) bool {
			return !errors.Is(err, files.ErrInvalid)
		}) {
			t.Errorf("%v, want ErrInvalid for each name", errs)
		}
	}
}
