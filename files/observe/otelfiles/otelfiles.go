// Package otelfiles reports what package observe measures to OpenTelemetry, as traces
// and metrics.
//
//	telemetry, err := otelfiles.New(nil) // the global providers
//	...
//	b, err = observe.New(b, &observe.Options{Observers: []observe.Observer{telemetry}})
//
// Each operation is a span of the kind client, named after the operation, such as
// "files get". The span begins with the call and ends when the operation is over; a Get
// is over when its body is closed. The span travels in the context, so the spans of
// what happens below, such as an SDK's requests, are its children. An outcome that
// isn't a failure leaves the span's status unset.
//
// METRICS.md in the directory above explains each metric.
//
// The names follow the semantic conventions as far as there are any: error.type is the
// conventions' attribute, with the files.KindName as its value; units are in UCUM, and
// the metrics are named in the same style. For object stores the conventions define
// only S3's calls (status Development), with the key as a recommended attribute. A key
// may be personal and differs from span to span, so here it is an attribute only if
// observe.Options.Names is set, and only of spans. Neither spans nor metrics ever have
// the query of a signed URL.
//
// The package links the API of go.opentelemetry.io/otel and no SDK. A call costs what
// the providers cost.
package otelfiles

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
	"cloudfiles.dev/files/observe"
)

// Scope is the name of the instrumentation scope.
const Scope = "cloudfiles.dev/files/observe/otelfiles"

// Options are the options of New.
type Options struct {
	// TracerProvider and MeterProvider receive the spans and the metrics; nil is the
	// global one. To leave one of the two out, use OpenTelemetry's no-op provider.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

// Telemetry is an observe.Observer. It is safe for concurrent use.
type Telemetry struct {
	tracer    trace.Tracer
	inFlight  metric.Int64UpDownCounter
	duration  metric.Float64Histogram
	firstByte metric.Float64Histogram
	bytes     metric.Int64Counter
	failures  metric.Int64Counter
	retries   metric.Int64Counter
}

// New returns Telemetry for any number of buckets. opts may be nil. New returns
// files.ErrInvalid if a provider is a nil pointer, or if the meter provider refuses an
// instrument.
func New(opts *Options) (*Telemetry, error) {
	if opts == nil {
		opts = &Options{}
	}
	tracers, meters := opts.TracerProvider, opts.MeterProvider
	if tracers != nil && nils.Is(tracers) || meters != nil && nils.Is(meters) {
		return nil, driver.NewError(files.OpOpen, "",
			driver.Errorf(files.ErrInvalid, "a provider is a nil pointer"))
	}
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	t := &Telemetry{tracer: tracers.Tracer(Scope)}
	if err := t.instruments(meters.Meter(Scope)); err != nil {
		return nil, driver.NewError(files.OpOpen, "", driver.WithCause(files.ErrInvalid, err,
			"the meter provider refused an instrument: "+err.Error()))
	}
	return t, nil
}

func (t *Telemetry) instruments(m metric.Meter) error {
	var errs [6]error
	t.inFlight, errs[0] = m.Int64UpDownCounter("cloudfiles.operation.active",
		metric.WithUnit("{operation}"),
		metric.WithDescription("Operations that have begun and are not over, open bodies and "+
			"listings included."))
	// The boundaries reach from memory's microseconds to the minutes of a large
	// transfer.
	buckets := metric.WithExplicitBucketBoundaries(0.001, 0.004, 0.016, 0.064, 0.256, 1.024, 4.096,
		16.384, 65.536, 262.144)
	t.duration, errs[1] = m.Float64Histogram("cloudfiles.operation.duration", buckets,
		metric.WithUnit("s"),
		metric.WithDescription("Time from the call until the operation is over: of a get until "+
			"its body is closed."))
	t.firstByte, errs[2] = m.Float64Histogram("cloudfiles.operation.time_to_first_byte", buckets,
		metric.WithUnit("s"),
		metric.WithDescription("Time that a get waited for its first byte."))
	t.bytes, errs[3] = m.Int64Counter("cloudfiles.io",
		metric.WithUnit("By"),
		metric.WithDescription("Bytes of contents that were read or written, while they pass."))
	t.failures, errs[4] = m.Int64Counter("cloudfiles.operation.failures",
		metric.WithUnit("{operation}"),
		metric.WithDescription("Operations that failed; answers such as NotExist and what the "+
			"caller cancelled aren't failures."))
	t.retries, errs[5] = m.Int64Counter("cloudfiles.retries",
		metric.WithUnit("{request}"),
		metric.WithDescription("Requests that a retry policy repeated."))
	return errors.Join(errs[:]...)
}

// The attributes.
const (
	keyOperation = attribute.Key("cloudfiles.operation")
	keyBackend   = attribute.Key("cloudfiles.backend")
	keyOutcome   = attribute.Key("cloudfiles.outcome")
	keyDirection = attribute.Key("cloudfiles.io.direction")
	keyBytes     = attribute.Key("cloudfiles.bytes")
	keyItems     = attribute.Key("cloudfiles.items")
	keyRetries   = attribute.Key("cloudfiles.retries")
	keyFirstByte = attribute.Key("cloudfiles.time_to_first_byte")
	keyName      = attribute.Key("cloudfiles.name")
	keyErrorType = attribute.Key("error.type")
)

// String is the name of the layer.
func (t *Telemetry) String() string { return "opentelemetry" }

// Begin implements observe.Observer.
func (t *Telemetry) Begin(ctx context.Context, o *observe.Operation) context.Context {
	op, backend := keyOperation.String(string(o.Op)), keyBackend.String(o.Backend)
	t.inFlight.Add(ctx, 1, metric.WithAttributes(op, backend))
	attrs := []attribute.KeyValue{op, backend}
	if name := o.Name(); name != "" {
		attrs = append(attrs, keyName.String(name))
	}
	ctx, span := t.tracer.Start(ctx, "files "+string(o.Op),
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithTimestamp(o.Start), trace.WithAttributes(attrs...))
	return context.WithValue(ctx, t, span) // another observer may begin a span below
}

// Passed implements observe.Observer.
func (t *Telemetry) Passed(ctx context.Context, o *observe.Operation, n int64) {
	direction := "write"
	if o.Reads() {
		direction = "read"
	}
	t.bytes.Add(ctx, n, metric.WithAttributes(keyBackend.String(o.Backend),
		keyDirection.String(direction)))
}

// End implements observe.Observer.
func (t *Telemetry) End(ctx context.Context, o *observe.Operation) {
	op, backend := keyOperation.String(string(o.Op)), keyBackend.String(o.Backend)
	both := metric.WithAttributes(op, backend)
	t.inFlight.Add(ctx, -1, both)
	ended := []attribute.KeyValue{op, backend, keyOutcome.String(o.Outcome)}
	if o.Failed {
		ended = append(ended, keyErrorType.String(o.Outcome))
		t.failures.Add(ctx, 1, metric.WithAttributes(op, backend, keyErrorType.String(o.Outcome)))
	}
	t.duration.Record(ctx, o.Duration.Seconds(), metric.WithAttributes(ended...))
	if o.FirstByte > 0 {
		t.firstByte.Record(ctx, o.FirstByte.Seconds(), metric.WithAttributes(backend))
	}
	if o.Retries > 0 {
		t.retries.Add(ctx, o.Retries, both)
	}
	span, ok := ctx.Value(t).(trace.Span)
	if !ok {
		return
	}
	span.SetAttributes(spanAttributes(o)...)
	if o.Failed {
		text := o.Outcome
		if o.ShowsNames() {
			text = o.Err.Error()
		}
		span.SetStatus(codes.Error, text)
	}
	span.End(trace.WithTimestamp(o.Start.Add(o.Duration)))
}

// spanAttributes returns the attributes that are known at the end of the operation.
func spanAttributes(o *observe.Operation) []attribute.KeyValue {
	attrs := []attribute.KeyValue{keyOutcome.String(o.Outcome)}
	if o.Failed {
		attrs = append(attrs, keyErrorType.String(o.Outcome))
	}
	if o.Bytes > 0 {
		attrs = append(attrs, keyBytes.Int64(o.Bytes))
	}
	if o.Items > 0 {
		attrs = append(attrs, keyItems.Int64(o.Items))
	}
	if o.Retries > 0 {
		attrs = append(attrs, keyRetries.Int64(o.Retries))
	}
	if o.FirstByte > 0 {
		attrs = append(attrs, keyFirstByte.Float64(o.FirstByte.Seconds()))
	}
	return attrs
}
