package filestest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// childEnv makes TestChild do something, in a process of its own, because it ends badly.
const childEnv = "CLOUDFILES_FILESTEST_CHILD"

// runChild runs TestChild in a process of its own, twice, and returns what it printed.
func runChild(t *testing.T, what string, count int) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestChild$", "-test.v",
		fmt.Sprintf("-test.count=%d", count), "-test.timeout=5m")
	cmd.Env = append(os.Environ(), childEnv+"="+what)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		t.Fatalf("the child: %v\n%s", err, out)
	}
	return string(out)
}

// TestEndings: a panic, a FailNow wherever it is called, forgotten things in a test and
// in a bubble, and sweeps that try nothing fail the test that they belong to, and hang
// or panic no other; in real tests, and the same when they are run twice.
func TestEndings(t *testing.T) {
	out := runChild(t, "endings", 2)
	for name, want := range map[string]string{
		"goroutine":      "",
		"in_a_rule":      "",
		"writer":         `a Writer was neither committed nor closed`,
		"reader":         `a Reader was not closed: "a"`,
		"bubble":         `a Writer was neither committed nor closed`,
		"unspent":        "was applied 0 of 1 times",
		"sweep_nothing":  "makes no call that can fail with",
		"sweep_parallel": "the function calls t.Parallel",
		"sweep_fails":    "--- FAIL: TestChild/sweep_fails/call=2",
	} {
		failed := "--- FAIL: TestChild/" + name + " "
		if n := strings.Count(out, failed); n != 2 {
			t.Errorf("%s failed %d times of 2", name, n)
		}
		if want != "" && !strings.Contains(out, want) {
			t.Errorf("%s: it wasn't said that %s", name, want)
		}
	}
	for _, name := range []string{
		"closed_in_Cleanup", "parallel_subtests", "late", "sweep_skips", "sweep_kind",
	} {
		if n := strings.Count(out, "--- PASS: TestChild/"+name+" "); n != 2 {
			t.Errorf("%s passed %d times of 2", name, n)
		}
	}
	if strings.Contains(out, "panic:") || strings.Contains(out, "deadlock") || t.Failed() {
		t.Errorf("the child's output:\n%s", out)
	}
}

// TestPanicInATest: the panic is what is shown, with what the test has left open, and it
// doesn't hang.
func TestPanicInATest(t *testing.T) {
	out := runChild(t, "panic", 1)
	for _, part := range []string{"panic: planted", `a Reader was not closed: "a"`} {
		if !strings.Contains(out, part) {
			t.Errorf("it isn't said that %s:\n%s", part, out)
		}
	}
	if strings.Contains(out, "timed out") {
		t.Errorf("it hangs:\n%s", out)
	}
}

// TestChild does nothing, except in the processes of the tests above.
func TestChild(t *testing.T) {
	switch os.Getenv(childEnv) {
	case "panic":
		b := leaving(t)
		b.On(files.OpStat, "").Do(func(context.Context, *files.Call,
			func(context.Context) error) error {
			panic("planted")
		})
		b.Stat(t.Context(), "a", nil)
	case "endings":
		for name, f := range endings {
			t.Run(name, f)
		}
	}
}

// leaving returns a fake of which a Reader and a Writer are open.
func leaving(t *testing.T) *filestest.Bucket {
	b := filestest.New(t)
	b.FillTree(t, filestest.Tree{"a": "text"})
	if _, err := b.Get(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := files.NewWriter(t.Context(), b, "lost", nil).Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	return b
}

var endings = map[string]func(t *testing.T){
	"goroutine": func(t *testing.T) {
		b := filestest.New(t)
		done := make(chan struct{})
		fail := t.FailNow // a test must not call it on another goroutine, and some do
		go func() {
			defer close(done)
			put(t, b, "a", "x")
			fail()
		}()
		<-done
		put(t, b, "b", "x")
	},
	"in a rule": func(t *testing.T) {
		b := filestest.New(t)
		b.On(files.OpPut, "").Do(func(context.Context, *files.Call,
			func(context.Context) error) error {
			t.FailNow() // on a goroutine of the Writer's
			return nil
		})
		w := files.NewWriter(t.Context(), b, "a", nil)
		if _, err := w.Commit(); err == nil {
			panic("Commit succeeded")
		}
	},
	"writer": func(t *testing.T) { leaving(t) },
	"reader": func(t *testing.T) { leaving(t) },
	"bubble": func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { leaving(t) })
	},
	"unspent": func(t *testing.T) {
		filestest.New(t).On(files.OpPut, "").Fail(files.ErrUnavailable)
	},
	"sweep nothing": func(t *testing.T) {
		filestest.Sweep(t, files.ErrUnavailable, func(*testing.T, *filestest.Bucket) {})
	},
	"sweep parallel": func(t *testing.T) {
		filestest.Sweep(t, files.ErrUnavailable, func(t *testing.T, b *filestest.Bucket) {
			t.Parallel()
			b.Stat(t.Context(), "a", nil)
		})
	},
	"sweep fails": func(t *testing.T) {
		filestest.Sweep(t, files.ErrUnavailable, func(t *testing.T, b *filestest.Bucket) {
			b.Stat(t.Context(), "a", nil)
			put(t, b, "a", "x") // fails the test, so there is no third run
		})
	},
	"sweep skips": func(t *testing.T) {
		filestest.Sweep(t, files.ErrUnavailable, func(t *testing.T, b *filestest.Bucket) {
			t.Skip("it was asked for")
		})
	},
	// Only the write can be uncertain, so it is call 1 and the only one.
	"sweep kind": func(t *testing.T) {
		var got []bool
		filestest.Sweep(t, files.ErrUncertain, func(t *testing.T, b *filestest.Bucket) {
			b.Stat(t.Context(), "a", nil)
			_, err := files.PutString(t.Context(), b, "a", "x", nil)
			got = append(got, errors.Is(err, files.ErrUncertain))
		})
		if fmt.Sprint(got) != "[true false]" {
			t.Errorf("uncertain: %v", got)
		}
	},
	"closed in Cleanup": func(t *testing.T) {
		b := filestest.New(t)
		b.FillTree(t, filestest.Tree{"a": "text"})
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		w := files.NewWriter(t.Context(), b, "b", nil)
		if _, err := w.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			r.Close()
			w.Close()
			b.Want(t, filestest.Tree{"a": "text"}) // t.Context is over
			b.WantUnchanged(t)
		})
	},
	"parallel subtests": func(t *testing.T) {
		b := filestest.New(t)
		b.FillTree(t, filestest.Tree{"a": "text"})
		b.On(files.OpStat, "a").Times(8).Fail(files.ErrUnavailable)
		for range 8 {
			r, err := b.Get(t.Context(), "a", nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Run("sub", func(t *testing.T) {
				t.Parallel() // goes on after the parent's function has returned
				b.Stat(t.Context(), "a", nil)
				r.Close()
			})
		}
	},
	// What is used after its test ended gets an error, and panics no other test.
	"late": func(t *testing.T) {
		var b *filestest.Bucket
		var link files.SignedURL
		t.Run("before", func(t *testing.T) {
			b = filestest.New(t)
			link = sign(t, b, "a", files.SignOptions{})
		})
		_, err := files.PutString(t.Context(), b, "a", "x", nil)
		var e *files.Error
		if !errors.As(err, &e) || e.Kind != files.ErrClosed ||
			!strings.Contains(e.Detail, "TestChild/late/before") {
			t.Errorf("Put: %#v", err)
		}
		for _, err := range b.List(t.Context(), "", nil) {
			if !errors.Is(err, files.ErrClosed) {
				t.Errorf("List: %v, want ErrClosed", err)
			}
		}
		if code, _ := send(t, b.Client(), link, "", nil); code < 500 {
			t.Errorf("GET: %d", code)
		}
		b.On(files.OpPut, "[").Fail(files.ErrNotExist)
		b.Client()
		b.Snapshot()
		b.WantUnchanged(t)
	},
}
