package testserver

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	_ "cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestStartIsShared: the tests of one process share a server, and each Store is a new
// one.
func TestStartIsShared(t *testing.T) {
	t.Setenv("CLOUDFILES_TEST_GCS_URL", "")
	one, two := Start(t, FakeGCS), Start(t, FakeGCS)
	if one != two {
		t.Errorf("two calls of Start returned two servers, %s and %s", one.Endpoint, two.Endpoint)
	}
	if got, want := os.Getenv("STORAGE_EMULATOR_HOST"), strings.TrimPrefix(one.Endpoint,
		"http://"); got != want {
		t.Errorf("STORAGE_EMULATOR_HOST is %q, want %q", got, want)
	}
	a, b := one.Store(t), one.Store(t)
	if a == b || a == one.URL {
		t.Errorf("the stores are %s and %s, of the bucket %s, want anything but %q and anything "+
			"but %q", a, b, one.URL, b, one.URL)
	}
	for _, u := range []string{a, one.URL} {
		resp, err := http.Get(one.Endpoint + "/storage/v1/b/" + strings.TrimPrefix(u, "gs://"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("the bucket of %s: HTTP status %d, want 200", u, resp.StatusCode)
		}
	}
	if _, err := one.control.do("stop", "nothing"); err == nil {
		t.Error("a missing node was stopped")
	}
}

// fakeT records how a test would end.
type fakeT struct {
	*testing.T
	ended string
}

func (f *fakeT) Fatalf(format string, args ...any) { f.end("fatal: ", format, args) }
func (f *fakeT) Skipf(format string, args ...any)  { f.end("skip: ", format, args) }

func (f *fakeT) end(how, format string, args []any) {
	f.ended = how + fmt.Sprintf(format, args...)
	panic(f)
}

// call runs a function that may end the test.
func (f *fakeT) call(run func()) (ended string) {
	defer func() {
		if r := recover(); r != nil && r != any(f) {
			panic(r)
		}
		ended = f.ended
	}()
	run()
	return ""
}

// TestMissing: if the server can't be installed, the test is skipped with the reason,
// and in CI it fails.
func TestMissing(t *testing.T) {
	t.Setenv("CLOUDFILES_TEST_S3_URL", "")
	t.Chdir(t.TempDir()) // without the module
	const name = "versitygw"
	mu.Lock()
	before := all[name]
	delete(all, name)
	mu.Unlock()
	defer func() {
		mu.Lock()
		all[name] = before
		mu.Unlock()
	}()
	for ci, want := range map[string]string{
		"":      "skip: ",
		"false": "skip: ",
		"0":     "skip: ",
		"true":  "fatal: ",
		"1":     "fatal: ",
		"yes":   "fatal: ",
	} {
		t.Setenv("CI", ci)
		f := &fakeT{T: t}
		got := f.call(func() { Start(f, name) })
		if !strings.HasPrefix(got,
			want) || !strings.Contains(got, "conformance/servers is not here") {
			t.Errorf("CI=%q: the test ended with %q, want %q and the reason", ci, got, want)
		}
	}
}

func TestUnknownServer(t *testing.T) {
	f := &fakeT{T: t}
	if got := f.call(func() {
		Start(f, "swift")
	}); !strings.HasPrefix(got, "fatal: ") || !strings.Contains(got, `"swift"`) {
		t.Errorf("the test ended with %q, want a text that begins with %q and a text with %q", got,
			"fatal: ", `"swift"`)
	}
}

// TestUserBucket: tests use a user's bucket under prefixes, which are emptied after the
// test. The other files in it stay.
func TestUserBucket(t *testing.T) {
	const own = "mem://testserver?prefix=mine/"
	t.Setenv("CLOUDFILES_TEST_S3_URL", own)
	ctx := t.Context()
	whole, err := files.Open(ctx, "mem://testserver")
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	for _, name := range []string{"mine/kept", "kept"} {
		if _, err := files.PutString(ctx, whole, name, "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("use", func(t *testing.T) {
		s := Start(t, Versitygw)
		if !s.User || s.URL != own || s.Bucket != "testserver" || s.Endpoint != "" {
			t.Errorf("the server is %+v, want User true, URL %q, Bucket %q and Endpoint %q", s, own,
				"testserver", "")
		}
		for range 2 {
			b, err := files.Open(ctx, s.Store(t))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if _, err := files.PutString(ctx, b, "file", "x",
				&files.PutOptions{If: files.IfAbsent()}); err != nil {
				t.Errorf("PutString(file) = %v, want nil", err)
			}
		}
		if got := names(t,
			whole); len(got) != 4 || !strings.HasPrefix(got[1], "mine/cloudfiles-test-") {
			t.Errorf("meanwhile the bucket holds %q, want a length of 4 and a text that begins "+
				"with %q", got, "mine/cloudfiles-test-")
		}
		f := &fakeT{T: t}
		if got := f.call(func() { s.NewBucket(f, "other") }); !strings.HasPrefix(got, "skip: ") {
			t.Errorf("a bucket in the user's account: the test ended with %q, want a text that "+
				"begins with %q", got, "skip: ")
		}
	})
	if got := names(t, whole); !slices.Equal(got, []string{"kept", "mine/kept"}) {
		t.Errorf("afterwards the bucket holds %q, want %q", got, []string{"kept", "mine/kept"})
	}
}

// names lists the names in the bucket.
func names(t *testing.T, b files.Bucket) []string {
	t.Helper()
	var list []string
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e.Name)
	}
	return list
}
