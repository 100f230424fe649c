package otelfiles_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/observe"
	"cloudfiles.dev/files/observe/otelfiles"
	"cloudfiles.dev/files/retry"
)

// telemetry is an SDK in memory.
type telemetry struct {
	*otelfiles.Telemetry
	spans   *tracetest.SpanRecorder
	metrics *sdkmetric.ManualReader
	tracer  trace.Tracer
}

func newTelemetry(t *testing.T) *telemetry {
	t.Helper()
	s := &telemetry{spans: tracetest.NewSpanRecorder(), metrics: sdkmetric.NewManualReader()}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(s.spans))
	s.tracer = tracers.Tracer("test")
	var err error
	s.Telemetry, err = otelfiles.New(&otelfiles.Options{
		TracerProvider: tracers,
		MeterProvider:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.metrics)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *telemetry) watch(t *testing.T, b files.Bucket, names bool) files.Bucket {
	t.Helper()
	b, err := observe.New(b, &observe.Options{
		Observers: []observe.Observer{s.Telemetry},
		Names:     names,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// value returns the sum of an instrument's points that have the attributes; of a
// histogram, of their counts.
func (s *telemetry) value(t *testing.T, name string, attrs ...attribute.KeyValue) (total float64) {
	t.Helper()
	has := func(set attribute.Set) bool {
		for _, a := range attrs {
			if v, ok := set.Value(a.Key); !ok || v != a.Value {
				return false
			}
		}
		return true
	}
	for _, m := range s.instruments(t) {
		if m.Name != name {
			continue
		}
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				if has(p.Attributes) {
					total += float64(p.Value)
				}
			}
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				if has(p.Attributes) {
					total += float64(p.Count)
				}
			}
		default:
			t.Fatalf("%s is a %T", name, data)
		}
	}
	return total
}

func (s *telemetry) instruments(t *testing.T) (all []metricdata.Metrics) {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := s.metrics.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	for _, scope := range data.ScopeMetrics {
		all = append(all, scope.Metrics...)
	}
	return all
}

func attrsOf(s sdktrace.ReadOnlySpan) map[attribute.Key]string {
	all := map[attribute.Key]string{}
	for _, a := range s.Attributes() {
		all[a.Key] = a.Value.String()
	}
	return all
}

// TestSpan: a Get's span begins with the call and ends once, at Close; what happens
// below is its child; bytes count up meanwhile.
func TestSpan(t *testing.T) {
	s := newTelemetry(t)
	var below trace.SpanContext
	b := s.watch(t, files.Wrap(mem.New(nil), files.Hooks{
		Begin: func(ctx context.Context, _ *files.Call) (context.Context, error) {
			below = trace.SpanContextFromContext(ctx)
			return ctx, nil
		},
	}), false)
	ctx, parent := s.tracer.Start(t.Context(), "the program's")
	if _, err := files.PutString(ctx, b, "a", "0123456789", nil); err != nil {
		t.Fatal(err)
	}
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadN(4); err != nil {
		t.Fatal(err)
	}
	read := attribute.String("cloudfiles.io.direction", "read")
	if n := s.value(t, "cloudfiles.io", read); n != 4 {
		t.Errorf("%v bytes while the body is open, want 4", n)
	}
	if n := len(s.spans.Ended()); n != 1 {
		t.Errorf("%d spans have ended, want the Put's", n)
	}
	if n := s.value(t, "cloudfiles.operation.active"); n != 1 {
		t.Errorf("%v operations are active", n)
	}
	r.Close()
	r.Close()
	spans := s.spans.Ended()
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	get := spans[1]
	attrs := attrsOf(get)
	if get.Name() != "files get" || get.SpanKind() != trace.SpanKindClient ||
		get.Parent().SpanID() != parent.SpanContext().SpanID() ||
		below.SpanID() != get.SpanContext().SpanID() || get.Status().Code != codes.Unset ||
		attrs["cloudfiles.operation"] != "get" || attrs["cloudfiles.backend"] != "mem" ||
		attrs["cloudfiles.outcome"] != "OK" || attrs["cloudfiles.bytes"] != "4" ||
		attrs["cloudfiles.time_to_first_byte"] == "" || attrs["cloudfiles.name"] != "" {
		t.Errorf("the span is %s, %v, below %v, %v, %v",
			get.Name(), get.SpanKind(), get.Parent(), get.Status(), attrs)
	}
	if n := s.value(t, "cloudfiles.operation.active"); n != 0 {
		t.Errorf("%v operations are active", n)
	}
	if n := s.value(t, "cloudfiles.operation.duration"); n != 2 {
		t.Errorf("%v durations", n)
	}
}

// TestFailures: an expected error leaves the status unset; a failure has its kind, and
// its text only with Options.Names.
func TestFailures(t *testing.T) {
	for _, names := range []bool{false, true} {
		s := newTelemetry(t)
		b := s.watch(t, mem.New(nil), names)
		late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
		defer cancel()
		if _, err := b.Stat(t.Context(), "to/anna", nil); !errors.Is(err, files.ErrNotExist) {
			t.Fatal(err)
		}
		if _, err := b.Stat(late, "to/anna", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		spans := s.spans.Ended()
		answer, failure := attrsOf(spans[0]), attrsOf(spans[1])
		if spans[0].Status().Code != codes.Unset || answer["cloudfiles.outcome"] != "NotExist" ||
			answer["error.type"] != "" {
			t.Errorf("the span of a missing file has %v, %v, want no status and no error.type",
				spans[0].Status(), answer)
		}
		if spans[1].Status().Code != codes.Error || failure["error.type"] != "DeadlineExceeded" {
			t.Errorf("the span of a timeout has %v, %v, want the status Error",
				spans[1].Status(), failure)
		}
		shown := strings.Contains(spans[1].Status().Description, "anna")
		if shown != names || (failure["cloudfiles.name"] == "to/anna") != names {
			t.Errorf("names %v: %v %v", names, spans[1].Status(), failure)
		}
		if n := s.value(t, "cloudfiles.operation.failures"); n != 1 {
			t.Errorf("%v failures", n)
		}
		for _, m := range s.instruments(t) { // names never become series
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
				for _, p := range sum.DataPoints {
					if strings.Contains(p.Attributes.Encoded(attribute.DefaultEncoder()), "anna") {
						t.Errorf("%s has a name", m.Name)
					}
				}
			}
		}
	}
}

// TestTwoObserversEndTheirOwnSpans: each of two observers of one bucket ends its own
// span.
func TestTwoObserversEndTheirOwnSpans(t *testing.T) {
	one, two := newTelemetry(t), newTelemetry(t)
	b, err := observe.New(mem.New(nil), &observe.Options{
		Observers: []observe.Observer{one.Telemetry, two.Telemetry},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Stat(t.Context(), "a", nil)
	if len(one.spans.Ended()) != 1 || len(two.spans.Ended()) != 1 {
		t.Errorf("%d and %d spans", len(one.spans.Ended()), len(two.spans.Ended()))
	}
}

func TestNew(t *testing.T) {
	o, err := otelfiles.New(nil) // the global providers do nothing
	if err != nil {
		t.Fatal(err)
	}
	b, err := observe.New(mem.New(nil), &observe.Options{Observers: []observe.Observer{o}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.PutString(t.Context(), b, "a", "x", nil); err != nil {
		t.Error(err)
	}
	if got := strings.Join(files.Layers(b), ", "); got != "observe opentelemetry, mem" {
		t.Errorf(`the layers are %q, want "observe opentelemetry, mem"`, got)
	}
	if _, err := otelfiles.New(&otelfiles.Options{
		MeterProvider: refusing{sdkmetric.NewMeterProvider()},
	}); !errors.Is(err, files.ErrInvalid) {
		t.Error(err)
	}
}

// refusing is a provider whose meters refuse counters.
type refusing struct{ *sdkmetric.MeterProvider }

func (r refusing) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	return refusingMeter{r.MeterProvider.Meter(name, opts...)}
}

type refusingMeter struct{ metric.Meter }

func (refusingMeter) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter,
	error) {
	return nil, errors.New("no counters")
}

// TestPage: METRICS.md explains each instrument, and no other.
func TestPage(t *testing.T) {
	s := newTelemetry(t)
	b := s.watch(t, files.Wrap(mem.New(nil), files.Hooks{Around: func(ctx context.Context,
		c *files.Call, next func(context.Context) error) error {
		return (&retry.Policy{Attempts: 2, Delay: 1}).Do(ctx,
			func(ctx context.Context, attempt int) error {
				if attempt == 1 || c.Op == files.OpDelete {
					return files.ErrUnavailable
				}
				return next(ctx)
			})
	}}), false)
	files.PutString(t.Context(), b, "a", "x", nil)
	files.ReadString(t.Context(), b, "a", nil)
	b.Delete(t.Context(), "a", nil)
	text, err := os.ReadFile("../METRICS.md")
	if err != nil {
		t.Fatal(err)
	}
	page := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); strings.HasPrefix(cells[0], "| `cloudfiles_") {
			name := regexp.MustCompile("`(cloudfiles[a-z_.]+)`").FindStringSubmatch(cells[1])
			if name == nil {
				t.Fatalf("%q has no instrument", line)
			}
			page[name[1]] = true
		}
	}
	n := 0
	for _, m := range s.instruments(t) {
		if n++; !page[m.Name] {
			t.Errorf("METRICS.md doesn't have %s", m.Name)
		}
		if m.Unit == "" || m.Description == "" {
			t.Errorf("%s has no unit or description", m.Name)
		}
		delete(page, m.Name)
	}
	for name := range page {
		t.Errorf("METRICS.md has %s, which there isn't", name)
	}
	if n != 6 {
		t.Errorf("%d instruments", n)
	}
}
