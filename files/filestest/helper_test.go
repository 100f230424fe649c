package filestest_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/files"
)

// observed is a testing.TB that records the failures that it is given.
type observed struct {
	testing.TB
	mu       sync.Mutex
	errors   []string
	logs     []string
	cleanups []func()
}

func observe(t *testing.T) *observed { return &observed{TB: t} }

func (o *observed) Errorf(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.errors = append(o.errors, fmt.Sprintf(format, args...))
}

func (o *observed) Logf(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.logs = append(o.logs, fmt.Sprintf(format, args...))
}

func (o *observed) Fatalf(format string, args ...any) {
	o.Errorf(format, args...)
	runtime.Goexit()
}

func (o *observed) Failed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.errors) > 0
}

func (o *observed) Cleanup(f func()) { o.cleanups = append(o.cleanups, f) }

func (o *observed) Name() string { return "TestObserved" }

// end does what package testing does at the end of a test.
func (o *observed) end() {
	for len(o.cleanups) > 0 {
		last := len(o.cleanups) - 1
		f := o.cleanups[last]
		o.cleanups = o.cleanups[:last]
		f()
	}
}

// want checks that exactly these errors were reported, each by a part of its text.
func (o *observed) want(t *testing.T, parts ...string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.errors) != len(parts) {
		t.Fatalf("%d errors, want %d:\n%s", len(o.errors), len(parts), strings.Join(o.errors, "\n"))
	}
	for i, part := range parts {
		if !strings.Contains(o.errors[i], part) {
			t.Errorf("the error lacks %q:\n%s", part, o.errors[i])
		}
	}
}

func put(t *testing.T, b files.Bucket, name, content string) {
	t.Helper()
	if _, err := files.PutString(t.Context(), b, name, content, nil); err != nil {
		t.Fatal(err)
	}
}
