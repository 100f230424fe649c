package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func sh(t *testing.T, timeout time.Duration, script string) outcome {
	return run(t, &process{timeout: timeout}, script)
}

// run runs a script as a test program.
func run(t *testing.T, p *process, script string) outcome {
	adopt()
	p.program, p.args = "/bin/sh", []string{"-c", script}
	p.dir, p.scratch = t.TempDir(), filepath.Join(t.TempDir(), "scratch")
	o, err := p.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p.scratch); !os.IsNotExist(err) {
		t.Errorf("the scratch folder remains: %v", err)
	}
	return o
}

// stopped runs a script that doesn't end, and whose first line names TestA. On a loaded
// machine the time that it is given may be over before that line, so there is more then.
func stopped(t *testing.T, limited func(limit time.Duration) *process, script string) outcome {
	for limit := time.Second; ; limit *= 4 {
		o := run(t, limited(limit), script)
		if o.by != "timeout in " || limit > time.Minute {
			return o
		}
	}
}

// An hour's sleep ends at once, also of a process that left its group, and nothing
// remains.
func TestNothingIsLeft(t *testing.T) {
	hour := strconv.Itoa(3600 + os.Getpid()) // no other process sleeps as long
	script := `echo "=== RUN   TestA"; mkdir -p $TMPDIR/x; touch $TMPDIR/x/y; chmod 0 $TMPDIR/x
		setsid sleep ` + hour + ` & sleep ` + hour + ` & `
	if o := sh(t, time.Hour, script+`echo "    --- FAIL: TestA/b (0.1s)"; wait`); !o.failed ||
		o.by != "TestA/b" {
		t.Errorf("a test that fails: %+v", o)
	}
	lasts := func(limit time.Duration) *process { return &process{timeout: limit} }
	if o := stopped(t, lasts, script+"wait"); !o.failed || o.by != "timeout in TestA" {
		t.Errorf("a test that lasts: %+v", o)
	}
	hangs := func(limit time.Duration) *process {
		return &process{timeout: time.Hour, idle: limit}
	}
	if o := stopped(t, hangs, script+"wait"); !o.failed || o.by != "timeout in TestA" {
		t.Errorf("a test that hangs: %+v", o)
	}
	spin := &process{timeout: time.Hour, spin: time.Second / 2}
	if o := run(t, spin, script+"while :; do :; done"); !o.failed || o.by != "timeout in TestA" {
		t.Errorf("a test that spins: %+v", o)
	}
	if o := sh(t, time.Hour, script+"exit 0"); o.failed {
		t.Errorf("a test that passes: %+v", o)
	}
	if o := sh(t, time.Hour, script+"exit 3"); !o.failed || o.by != "exit status 3 in TestA" {
		t.Errorf("a test that exits: %+v", o)
	}
	cmdlines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range cmdlines {
		if b, _ := os.ReadFile(path); strings.HasPrefix(string(b), "sleep\x00"+hour+"\x00") {
			t.Errorf("a process remains: %s", path)
		}
	}
}

func TestReadJudged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	for text, want := range map[string]string{
		"a #1\n\tspeed: x\n\ty\n":                   "",
		"# words\n\na #1\n\tspeed: x\n":             "",
		"a #1\n":                                    "has no reason",
		"a #1\nb #1\n\tspeed: x\n":                  "has no reason",
		"\tspeed: x\n":                              "a reason without a mutant",
		"a #1\n\tbecause\n":                         "a reason begins with one of",
		"a #1\n\tspeed: x\na #1\n\tequivalent: y\n": "judged twice",
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		judged, err := readJudged(path)
		if want == "" && (err != nil || !strings.HasPrefix(judged["a #1"], "speed: x")) {
			t.Errorf("%q: %v, %v", text, judged, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v does not say %q", text, err, want)
		}
	}
	if judged, err := readJudged(path + "x"); err != nil || len(judged) > 0 {
		t.Errorf("no list: %v, %v", judged, err)
	}
}
