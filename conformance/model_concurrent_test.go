package conformance_test

import (
	"context"
	"io"
	"runtime"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// concurrentFaults show only if clients work at the same time. Those of the suite's
// tables are named by their fault.
var concurrentFaults = []broken{
	{fault: "decides IfAbsent before the upload"},
	{fault: "decides IfVersion before the upload"}, // a lost update
	{fault: "reads old content for a while"},
	{fault: "stores content and metadata one after the other",
		faulty: faulty{
			put: func(_ context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				content, err := io.ReadAll(req.Content)
				if err != nil {
					return files.Info{}, err
				}
				info, err := m.store(req.Name, req, content)
				if err != nil {
					return info, err
				}
				runtime.Gosched()
				m.mu.Lock()
				defer m.mu.Unlock()
				if f, ok := m.files[req.Name]; ok {
					f.info.Attributes = req.Attributes
					m.files[req.Name] = f
				}
				return info, nil
			},
		}},
	{fault: "restores a file that was deleted while it was read",
		faulty: faulty{
			open: func(ctx context.Context, req driver.OpenRequest,
				m *mapBackend) (driver.Object, error) {
				m.mu.Lock()
				f, had := m.files[req.Key.Name]
				m.mu.Unlock()
				runtime.Gosched()
				m.mu.Lock()
				if _, has := m.files[req.Key.Name]; had && !has {
					m.files[req.Key.Name] = f
				}
				m.mu.Unlock()
				return m.Open(ctx, req)
			},
		}},
	{fault: "applies a delete twice",
		faulty: faulty{del: func(k driver.Key, v files.Version, m *mapBackend) error {
			if err := m.Delete(context.Background(), k, v); err != nil {
				return err
			}
			runtime.Gosched()
			return m.Delete(context.Background(), k, "")
		}}},
}

// TestLinearizableFindsFaults: the case finds faults that only concurrent
// clients can find, and that Porcupine agrees on the histories.
func TestLinearizableFindsFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("long: an illegal history is looked at in every order")
	}
	for _, b := range concurrentFaults {
		for _, known := range allBroken() {
			if known.fault == b.fault {
				b = known
			}
		}
		t.Run(b.fault, func(t *testing.T) {
			t.Parallel()
			h := b.harness()
			h.Soak = 25 // whether calls overlap is chance
			r := conformance.RunCase(t.Context(), h, caseOf(t, "X1/linearizable"))
			if text := r.Text(); r.Outcome != conformance.Failed || !strings.Contains(text,
				"no order of the") && !strings.Contains(text, "(P1)") {
				t.Fatalf("%s: %s, want a failure", r.Outcome, text)
			}
			_, illegals, differ, _ := bothVerdicts(t.Context(), b.harness(), 4)
			for _, d := range differ {
				t.Errorf("the checkers differ: %s", d)
			}
			t.Logf("%d illegal histories of 12; %.400s", illegals, r.Text())
		})
	}
}
