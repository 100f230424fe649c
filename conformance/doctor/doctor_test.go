package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// call runs the command in this process.
func call(t *testing.T, args ...string) (status int, out, err string) {
	t.Helper()
	return callWith(t, &doctor{}, args...)
}

func callWith(t *testing.T, d *doctor, args ...string) (status int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	d.out, d.err = &o, &e
	status = d.run(t.Context(), args)
	return status, o.String(), e.String()
}

var schemes atomic.Int64

// scheme registers a scheme for one test. All of its buckets have the same memory, and
// are wrapped with the hooks.
func scheme(hooks files.Hooks) (name string) {
	name = fmt.Sprintf("doctor-%d", schemes.Add(1))
	hooks.CloseInner = true
	driver.Register(files.Scheme{
		Name:     name,
		Package:  "cloudfiles.dev/conformance/doctor",
		Example:  name + "://",
		AnyParam: true,
		Open: func(context.Context, *url.URL) (files.Bucket, error) {
			return files.Wrap(mem.Open(name), hooks), nil
		},
	})
	return name
}

// around returns hooks whose Around is f.
func around(f func(ctx context.Context, c *files.Call,
	next func(context.Context) error) error) files.Hooks {
	return files.Hooks{Around: f}
}

// fileURL returns the URL of a folder, without syncs.
func fileURL(dir string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir), RawQuery: "sync=none"}).String()
}

// tree returns the contents of a folder, except the driver's control folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.Name() == ".cloudfiles.attrs":
			return fs.SkipDir
		case e.IsDir():
			all[path] = "folder"
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		all[path] = fmt.Sprintf("%v %v %q", info.Mode(), info.ModTime(), content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// userFolder makes a folder that has a user's files.
func userFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"mine.txt":                        "mine",
		"a":                               "a",
		"d/b":                             "",
		"d/e/x.bin":                       "\x00\xff",
		"cloudfiles-conformance-mine/1/a": "an older run's?",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func unchanged(t *testing.T, dir string, before map[string]string) {
	t.Helper()
	if now := tree(t, dir); !maps.Equal(now, before) {
		t.Errorf("the folder has\n%q, before the run it had\n%q", slices.Sorted(maps.Keys(now)),
			slices.Sorted(maps.Keys(before)))
	}
}

// TestMemory checks a run on memory, and both reports.
func TestMemory(t *testing.T) {
	files := t.TempDir()
	j, m := filepath.Join(files, "r.json"), filepath.Join(files, "r.md")
	status, out, errs := call(t, "-url", "mem://", "-short", "-seed", "5", "-report", j, "-md", m)
	if status != statusOK || errs != "" || !strings.Contains(out,
		"The bucket keeps the contract: ") || !strings.Contains(out,
		"Seed 5.") || strings.Contains(out, "\x1b") || strings.Contains(out, "\r") {
		t.Errorf("status %d\n%s\n%s", status, out, errs)
	}
	f, err := os.Open(j)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := conformance.ReadReport(f)
	if err != nil || !r.OK() || !r.Short || r.Seed != 5 || r.Name != "mem://" ||
		len(r.Cases) < 200 {
		t.Errorf("the report in JSON is %+v, %v", r, err)
	}
	if c, err := os.ReadFile(m); err != nil || !strings.HasPrefix(string(c),
		"# Conformance of mem://\n") {
		t.Errorf("the report in Markdown is %.100q, %v", c, err)
	}
}

// TestFolder checks that a run leaves the user's files unchanged, and leaves no files.
func TestFolder(t *testing.T) {
	dir := userFolder(t)
	before := tree(t, dir)
	status, out, errs := call(t, "-url", fileURL(dir), "-run", "^(N[35]|P[89]|L[1-3]|D3|U2)/", "-v")
	if status != statusOK || errs != "" || !strings.Contains(out,
		"ok    P9/update") || !strings.Contains(out,
		"ok    a second handle") || !strings.Contains(out, "ok    U2/prefix") {
		t.Errorf("status %d\n%s\n%s", status, out, errs)
	}
	unchanged(t, dir, before)
}

// TestBroken checks the output for a store that ignores conditions.
func TestBroken(t *testing.T) {
	name := scheme(around(func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error {
		if c.Op == files.OpPut && c.Put != nil {
			o := *c.Put
			o.If = files.Condition{}
			c.Put = &o
		}
		return next(ctx)
	}))
	d := &doctor{live: true, color: true}
	status, out, errs := callWith(t, d, "-url", name+"://", "-run", "^(P8|P9|S1)/")
	if status != statusBroken {
		t.Errorf("status %d, %s", status, errs)
	}
	for _, want := range []string{
		"the store ignores If-None-Match",
		"the store ignores If-Match",
		"update the store",
		"\x1b[31mFAIL\x1b[0m  P8/race breaks rule P8:\n      ",
		"why it matters: ",
		"The bucket breaks the contract",
		"\r\x1b[K",
		" cases, ",
		"Failed: ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output doesn't have %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "FAIL\x1b[0m  S1/") {
		t.Errorf("a case failed that doesn't depend on conditions:\n%s", out)
	}
}

// TestRefused checks the advice if an operation is not permitted, and that the probe's
// file is removed if that is permitted.
func TestRefused(t *testing.T) {
	for _, op := range []files.Op{
		files.OpList, files.OpPut, files.OpGet, files.OpStat, files.OpDelete,
	} {
		t.Run(string(op), func(t *testing.T) {
			name := scheme(around(func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op == op || op == files.OpDelete && c.Op == files.OpDeleteMany {
					return driver.Errorf(files.ErrPermission, "")
				}
				return next(ctx)
			}))
			status, out, errs := call(t, "-url", name+"://")
			if status != statusUsage || !strings.Contains(errs,
				"the cases can't run: files: "+string(op)) || !strings.Contains(errs,
				"the permission is missing") || strings.Contains(out, "cases") {
				t.Errorf("status %d\n%s\n%s", status, out, errs)
			}
			n := 0
			for range mem.Open(name).List(t.Context(), "", nil) {
				n++
			}
			if reported := strings.Contains(errs,
				"files may be left in the bucket below "+
					conformance.StorePrefix); reported != (n > 0) ||
				n > 0 != (op == files.OpDelete) {
				t.Errorf("%d files are left, reported: %v\n%s", n, reported, errs)
			}
		})
	}
}

// TestPreflightWarnsOfClockSkew checks the warning for a store whose clock is behind.
func TestPreflightWarnsOfClockSkew(t *testing.T) {
	skewed := scheme(around(func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error {
		err := next(ctx)
		c.Info.ModTime = c.Info.ModTime.Add(-time.Hour)
		return err
	}))
	_, out, _ := call(t, "-url", skewed+"://", "-run", "^S1/is-get$")
	// Memory's times are truncated to seconds, so it may be a second less.
	warned := strings.Contains(out,
		"the store's clock is -1h0m0s off") || strings.Contains(out,
		"the store's clock is -59m59s off")
	if !warned || !strings.Contains(out, "NTP") {
		t.Errorf("no warning of a store whose clock is behind:\n%s", out)
	}
	now := time.Now()
	for _, c := range []struct {
		at   time.Time
		want time.Duration
	}{
		{time.Time{}, 0},
		{now, 0},
		{now.Truncate(time.Second), 0},
		{now.Add(time.Minute), time.Minute - time.Second},
		{now.Add(-time.Minute), time.Second - time.Minute},
	} {
		if got := skew(c.at, now, now.Add(time.Second), time.Second); got != c.want {
			t.Errorf("skew of %v = %v, want %v", c.at.Sub(now), got, c.want)
		}
	}
}

// TestNoSecrets checks that neither the output nor the reports show secrets of the URL.
func TestNoSecrets(t *testing.T) {
	name := scheme(around(func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error {
		if c.Op == files.OpStat {
			return driver.WithCause(files.ErrUnavailable,
				fmt.Errorf("GET https://user:hunter2@host/"), "the server is busy")
		}
		return next(ctx)
	}))
	dir := t.TempDir()
	j, m := filepath.Join(dir, "r.json"), filepath.Join(dir, "r.md")
	raw := name + "://user:hunter2@host?access_token=hunter2"
	for _, args := range [][]string{
		{"-url", raw, "-v"},
		{"-url", raw + "&key=x"},
		{"-url", "mem://?access_token=hunter2"},
	} {
		_, out, errs := call(t, args...)
		if out+errs == "" || strings.Contains(out+errs, "hunter2") {
			t.Errorf("the output is empty or shows the secret:\n%s\n%s", out, errs)
		}
	}
	sound := scheme(files.Hooks{})
	status, out, errs := call(t, "-url", sound+"://user:hunter2@host?access_token=hunter2", "-v",
		"-run", "^(S1|U1)/", "-report", j, "-md", m)
	text := out + errs
	for _, path := range []string{j, m} {
		c, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(c), sound+"://…@host") {
			t.Errorf("%s has no redacted URL: %v, %.200s", path, err, c)
		}
		text += string(c)
	}
	if strings.Contains(text, "hunter2") {
		t.Errorf("status %d, the secret is shown:\n%s", status, text)
	}
}

// TestList checks that -list prints every case and every rule.
func TestList(t *testing.T) {
	status, out, _ := call(t, "-list")
	if status != statusOK {
		t.Errorf("status %d", status)
	}
	for _, c := range conformance.Cases() {
		if !strings.Contains(out, "\n  "+c.ID()+" ") || !strings.Contains(out, c.Why) {
			t.Errorf("-list doesn't have %s", c.ID())
		}
	}
	for _, r := range conformance.Rules() {
		if !strings.Contains("\n"+out, "\n"+r.ID+": ") {
			t.Errorf("-list doesn't have the rule %s", r.ID)
		}
	}
	if _, out, _ := call(t, "-list", "-run",
		"^P8/"); !strings.Contains(out, "P8/race") || strings.Contains(out, "P9/") {
		t.Errorf("-list -run prints %s, want only P8", out)
	}
}

// TestUsage checks the exit status and the error text for wrong arguments.
func TestUsage(t *testing.T) {
	t.Setenv("CLOUDFILES_URL", "")
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"", statusUsage, "unset"},
		{"-url /data", statusUsage, "file:///data"},
		{"-url nosuch://x", statusUsage, `"nosuch"`},
		{"-url file:///nonexistent/folder", statusUsage, "create_dir=1"},
		{"-url mem://?key=a", statusUsage, "leave it out"},
		{"-url mem:// extra", statusUsage, `"extra"`},
		{"-url mem:// -parallel 0", statusUsage, "-parallel"},
		{"-url mem:// -run [", statusUsage, "pattern"},
		{"-url mem:// -run ^P99/", statusUsage, "no case"},
		{"-list -run [", statusUsage, "-run"},
		{"-nosuchflag", statusUsage, "-nosuchflag"},
		{"-h", statusOK, "-parallel"},
		{"-url mem:// -timeout 1ns", statusBroken, "did not end within 1ns"},
		{"-url mem:// -run ^S1/ -report /nonexistent/r.json", statusBroken, "r.json"},
		{
			"-url s3://bucket?region=us-east-1&use_path_style=true&rate_limiter_capacity=1" +
				"&endpoint=http://127.0.0.1:1",
			statusUsage, "nothing listens there",
		},
	} {
		status, out, errs := call(t, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(errs,
			c.says) || strings.Contains(out+errs, "hunter2") {
			t.Errorf("doctor %s: status %d, %s%s, want %d and %q", c.args, status, out, errs,
				c.status, c.says)
		}
	}
}

// TestTimeout checks that -timeout ends a run whose bucket hangs, and that no file is
// left.
func TestTimeout(t *testing.T) {
	name := scheme(around(func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error {
		if c.Op == files.OpCopy {
			<-ctx.Done()
			return ctx.Err()
		}
		return next(ctx)
	}))
	status, out, errs := call(t, "-url", name+"://", "-run", "^(C1|S1)/", "-timeout", "300ms",
		"-parallel", "1")
	if status != statusBroken || !strings.Contains(errs,
		"did not end within 300ms") || !strings.Contains(out, "was interrupted") {
		t.Errorf("status %d\n%s\n%s", status, out, errs)
	}
	for e := range mem.Open(name).List(t.Context(), "", nil) {
		t.Errorf("%s is left", e.Name)
	}
}

// hidesBelow registers a store whose listing leaves out all names below a file, like
// MinIO's. Files whose names contain lock can't be deleted, unless lock is empty.
func hidesBelow(lock string) (name string) {
	var m files.Bucket
	name = scheme(files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			refused := c.Op == files.OpDeleteMany ||
				c.Op == files.OpDelete && strings.Contains(c.Name, lock)
			if lock != "" && refused {
				return driver.Errorf(files.ErrPermission, "a lock holds it")
			}
			return next(ctx)
		},
		Entry: func(_ *files.Call, e files.Entry) bool {
			for i := range len(e.Name) - 1 {
				ok, _ := files.Exists(context.Background(), m, e.Name[:i])
				if ok && e.Name[i] == '/' {
					return false
				}
			}
			return true
		},
	})
	m = mem.Open(name)
	return name
}

// TestHiddenIsCleaned checks that a run removes its files by name, or names them in the
// output, if a listing hides them.
func TestHiddenIsCleaned(t *testing.T) {
	name := hidesBelow("")
	status, out, errs := call(t, "-url", name+"://", "-run", "^(N3|L1|C1|D3|U2)/")
	if status != statusBroken || strings.Contains(out+errs, "left behind") {
		t.Errorf("status %d\n%s\n%s", status, out, errs)
	}
	for e, err := range mem.Open(name).List(t.Context(), "", nil) {
		t.Errorf("%s is left, %v", e.Name, err)
	}

	name = hidesBelow("/a/b")
	status, out, errs = call(t, "-url", name+"://", "-run", "^N3/")
	if status != statusBroken || !strings.Contains(errs,
		"left behind below "+conformance.StorePrefix) {
		t.Errorf("status %d\n%s\n%s", status, out, errs)
	}
	n := 0
	for e, err := range mem.Open(name).List(t.Context(), "", nil) {
		if n++; err != nil || !strings.Contains(errs, fmt.Sprintf("%q", e.Name)) {
			t.Errorf("%s is left, %v, and not reported:\n%s", e.Name, err, errs)
		}
	}
	if n == 0 || !strings.Contains(errs, fmt.Sprintf("%d file", n)) {
		t.Errorf("%d files are left:\n%s", n, errs)
	}
}

// TestColors checks what counts as a terminal, and when it gets colours.
func TestColors(t *testing.T) {
	f, err := os.Open(os.DevNull) // a character device, like a terminal
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	if !colorful(f) || !terminal(f) {
		t.Error("a terminal gets no colours")
	}
	t.Setenv("NO_COLOR", "1")
	if colorful(f) || !terminal(f) {
		t.Error("with NO_COLOR a terminal gets colours, or doesn't count as a terminal")
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if terminal(f) {
		t.Error("a dumb terminal counts as a terminal")
	}
	plain, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	t.Setenv("TERM", "xterm")
	if terminal(plain) || colorful(plain) {
		t.Error("a file counts as a terminal")
	}
}
