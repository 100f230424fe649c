package promfiles_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/observe"
	"cloudfiles.dev/files/observe/promfiles"
	"cloudfiles.dev/files/retry"
)

func metrics(t *testing.T, b files.Bucket) (files.Bucket, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	m, err := promfiles.New(reg)
	if err != nil {
		t.Fatal(err)
	}
	b, err = observe.New(b, &observe.Options{Observers: []observe.Observer{m}, Names: true})
	if err != nil {
		t.Fatal(err)
	}
	return b, reg
}

// sum adds up the series of a metric that have the labels.
func sum(t *testing.T, reg *prometheus.Registry, name string, labels ...string) (total float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			var have []string
			for _, l := range m.GetLabel() {
				have = append(have, l.GetName()+"="+l.GetValue())
			}
			if slices.ContainsFunc(labels, func(l string) bool {
				return !slices.Contains(have, l)
			}) {
				continue
			}
			total += m.GetCounter().GetValue() + m.GetGauge().GetValue() +
				float64(m.GetHistogram().GetSampleCount())
		}
	}
	return total
}

// TestMetrics: each metric counts what METRICS.md says, bytes while they pass, and a get
// until its body is closed.
func TestMetrics(t *testing.T) {
	ctx := t.Context()
	fails := 1
	b, reg := metrics(t, retry.Wrap(files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if fails--; fails >= 0 {
				return driver.Errorf(files.ErrUnavailable, "busy")
			}
			return next(ctx)
		},
	}), &retry.Policy{Delay: time.Microsecond}))
	want := func(n float64, name string, labels ...string) {
		t.Helper()
		if got := sum(t, reg, name, labels...); got != n {
			t.Errorf("%s%v is %v, want %v", name, labels, got, n)
		}
	}
	if _, err := files.PutString(ctx, b, "a", "0123456789", nil); err != nil {
		t.Fatal(err)
	}
	want(1, "cloudfiles_operations_total", "backend=mem", "operation=put", "outcome=OK")
	want(1, "cloudfiles_retries_total", "operation=put")
	want(10, "cloudfiles_bytes_total", "direction=write")
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadN(4); err != nil {
		t.Fatal(err)
	}
	want(4, "cloudfiles_bytes_total", "direction=read")
	want(1, "cloudfiles_operations_in_flight", "operation=get")
	want(0, "cloudfiles_operations_total", "operation=get")
	r.Close()
	r.Close()
	want(0, "cloudfiles_operations_in_flight")
	want(1, "cloudfiles_operations_total", "operation=get")
	want(1, "cloudfiles_operation_duration_seconds", "operation=get")
	want(1, "cloudfiles_first_byte_seconds")
	want(0, "cloudfiles_failures_total")
	ended, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
	defer cancel()
	if _, err := b.Stat(ended, "a", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	want(1, "cloudfiles_failures_total", "operation=stat", "kind=DeadlineExceeded")
}

// TestAnswersAreNoFailures: ErrNotExist, ErrExist, ErrPrecondition, ErrNotModified and
// cancellation, of calls and of bodies, leave the failures unchanged; deadlines, of both,
// raise them.
func TestAnswersAreNoFailures(t *testing.T) {
	b, reg := metrics(t, mem.New(nil))
	ctx := t.Context()
	info, err := files.PutString(ctx, b, "a", "text", nil)
	if err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	put := func(c files.Condition) error {
		_, err := files.PutString(ctx, b, "a", "x", &files.PutOptions{If: c})
		return err
	}
	body := func(why error) error {
		ctx, end := context.WithCancelCause(ctx)
		defer end(nil)
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		end(why)
		_, err = r.ReadAll()
		return err
	}
	for range 10 {
		_, missing := b.Get(ctx, "none", nil)
		_, same := b.Get(ctx, "a", &files.GetOptions{IfNotVersion: info.Version})
		_, stopped := b.Stat(canceled, "a", nil)
		for want, err := range map[error]error{
			files.ErrNotExist:     missing,
			files.ErrNotModified:  same,
			files.ErrExist:        put(files.IfAbsent()),
			files.ErrPrecondition: put(files.IfVersion("another")),
			context.Canceled:      errors.Join(stopped, body(context.Canceled)),
		} {
			if !errors.Is(err, want) {
				t.Fatalf("%v, want %v", err, want)
			}
		}
	}
	if n := sum(t, reg, "cloudfiles_failures_total"); n != 0 {
		t.Errorf("%v failures, want none", n)
	}
	if err := body(context.DeadlineExceeded); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if n := sum(t, reg, "cloudfiles_failures_total", "kind=DeadlineExceeded"); n != 1 {
		t.Errorf("%v failures after a deadline, want one", n)
	}
}

// TestNamesMakeNoSeries: ten thousand names leave the number of series unchanged.
func TestNamesMakeNoSeries(t *testing.T) {
	b, reg := metrics(t, mem.New(nil))
	series := func(from, to int) int {
		for i := from; i < to; i++ {
			name := fmt.Sprintf("tenant-%d/file", i)
			if _, err := files.PutString(t.Context(), b, name, "x", nil); err != nil {
				t.Fatal(err)
			}
			b.Stat(t.Context(), name+"/missing", nil)
		}
		n, err := testutil.GatherAndCount(reg)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if few, many := series(0, 1), series(1, 10_000); few != many || few == 0 {
		t.Errorf("%d series became %d", few, many)
	}
}

func TestNew(t *testing.T) {
	if _, err := promfiles.New(nil); !errors.Is(err, files.ErrInvalid) {
		t.Error(err)
	}
	reg := prometheus.NewRegistry()
	if _, err := promfiles.New(&refusing{reg, 5}); !errors.Is(err, files.ErrInvalid) {
		t.Error(err)
	}
	if _, err := promfiles.New(reg); err != nil {
		t.Errorf("the failed New left something: %v", err)
	}
	if _, err := promfiles.New(reg); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("a second time: %v, want ErrInvalid", err)
	}
}

// refusing takes some collectors only.
type refusing struct {
	*prometheus.Registry
	takes int
}

func (r *refusing) Register(c prometheus.Collector) error {
	if r.takes--; r.takes < 0 {
		return errors.New("no more")
	}
	return r.Registry.Register(c)
}

// described are the names of the metrics, with the labels of each.
func described(t *testing.T) map[string]string {
	t.Helper()
	b, reg := metrics(t, failing{mem.New(nil)})
	for range 2 {
		files.PutString(t.Context(), b, "a", "x", nil)
		files.ReadString(t.Context(), b, "a", nil)
	}
	b.Delete(t.Context(), "a", nil)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range families {
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		all[f.GetName()] = strings.Join(labels, " ")
	}
	if len(all) != 7 {
		t.Fatalf("the registry has %v", all)
	}
	return all
}

// failing can't delete, after a retry.
type failing struct{ files.Bucket }

func (f failing) Delete(ctx context.Context, _ string, _ *files.DeleteOptions) error {
	return (&retry.Policy{Attempts: 2, Delay: 1}).Do(ctx, func(context.Context, int) error {
		return files.ErrUnavailable
	})
}

// TestDashboard: each metric and label that the dashboard asks for exists, and it asks
// for each metric.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title      string
		Templating struct{ List []struct{ Query string } }
		Panels     []struct {
			Title, Description string
			Targets            []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	all := described(t)
	asked := map[string]bool{}
	metric := regexp.MustCompile(`cloudfiles_[a-z_]+`)
	label := regexp.MustCompile(`\{\{([a-z]+)\}\}`)
	check := func(expr string) (labels string) {
		found := metric.FindAllString(expr, -1)
		if len(found) == 0 {
			t.Errorf("%q asks for nothing of ours", expr)
		}
		for _, name := range found {
			name = strings.TrimSuffix(name, "_bucket")
			if labels = all[name]; labels == "" {
				t.Errorf("%q: there is no metric %s", expr, name)
			}
			asked[name] = true
		}
		return labels
	}
	for _, v := range board.Templating.List {
		if strings.HasPrefix(v.Query, "label_values") {
			check(v.Query)
		}
	}
	for _, p := range board.Panels {
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("panel %q has no title, description or query", p.Title)
		}
		for _, target := range p.Targets {
			labels := check(target.Expr)
			for _, l := range label.FindAllStringSubmatch(target.LegendFormat, -1) {
				if !strings.Contains(labels, l[1]) || !strings.Contains(target.Expr, l[1]) {
					t.Errorf("%q: the legend has the label %s, which the query doesn't keep",
						target.Expr, l[1])
				}
			}
		}
	}
	for name := range all {
		if !asked[name] {
			t.Errorf("the dashboard doesn't show %s", name)
		}
	}
}

// TestPage: METRICS.md has each metric with its labels, and no other.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../METRICS.md")
	if err != nil {
		t.Fatal(err)
	}
	all := described(t)
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, " | ")
		name := regexp.MustCompile("`(cloudfiles_[a-z_]+)`").FindStringSubmatch(cells[0])
		if name == nil {
			continue
		}
		labels, ok := all[name[1]]
		for label := range strings.FieldsSeq(labels) {
			if !strings.Contains(cells[3], label) {
				t.Errorf("METRICS.md: %s has the label %s", name[1], label)
			}
		}
		if !ok || len(cells) != 5 || len(cells[4]) < 20 {
			t.Errorf("METRICS.md: there is no metric %s, or it isn't explained", name[1])
		}
		delete(all, name[1])
	}
	for name := range all {
		t.Errorf("METRICS.md doesn't have %s", name)
	}
}

// TestAllocations: a Get costs no allocation beside the two of package observe.
func TestAllocations(t *testing.T) {
	store := mem.New(nil)
	if _, err := files.PutBytes(t.Context(), store, "a", make([]byte, 1024), nil); err != nil {
		t.Fatal(err)
	}
	observed, _ := metrics(t, store)
	ctx := context.Background()
	count := func(b files.Bucket) float64 {
		buf := make([]byte, 1024)
		return testing.AllocsPerRun(100, func() {
			r, err := b.Get(ctx, "a", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Read(buf)
			r.Close()
		})
	}
	if bare, more := count(store), count(observed); more > bare+2 {
		t.Errorf("a Get made %v allocations, want at most 2 more than the bare bucket's %v", more,
			bare)
	}
}
