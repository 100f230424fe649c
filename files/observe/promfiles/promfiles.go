// Package promfiles reports what package observe measures to Prometheus.
//
//	metrics, err := promfiles.New(prometheus.DefaultRegisterer)
//	...
//	b, err = observe.New(b, &observe.Options{
//		Observers: []observe.Observer{metrics},
//		Backend:   "invoices",
//	})
//
// One Metrics is enough for all buckets of a program; the label backend distinguishes
// them. METRICS.md in the directory above explains each metric, and dashboard.json
// beside this file is a Grafana dashboard of them.
//
// The labels are the backend, the operation and the outcome. Only the program's code
// determines their values: no label has the name of a file or any other text that comes
// from outside.
//
// The package links github.com/prometheus/client_golang. A Get costs no allocation
// beside those of package observe.
package promfiles

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
	"cloudfiles.dev/files/observe"
)

// Metrics is an observe.Observer. It is safe for concurrent use.
type Metrics struct {
	operations *prometheus.CounterVec
	failures   *prometheus.CounterVec
	inFlight   *prometheus.GaugeVec
	duration   *prometheus.HistogramVec
	firstByte  *prometheus.HistogramVec
	bytes      *prometheus.CounterVec
	retries    *prometheus.CounterVec
}

// New returns Metrics that are registered with reg. New returns files.ErrInvalid if reg
// is nil, or if such metrics are registered with it already: make one Metrics for all
// buckets.
func New(reg prometheus.Registerer) (*Metrics, error) {
	if nils.Is(reg) {
		return nil, driver.NewError(files.OpOpen, "",
			driver.Errorf(files.ErrInvalid, "the Prometheus registerer is nil"))
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	// The boundaries reach from memory's microseconds to the minutes of a large
	// transfer.
	buckets := prometheus.ExponentialBuckets(0.001, 4, 10)
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    name,
			Help:    help,
			Buckets: buckets,
		}, labels)
	}
	m := &Metrics{
		operations: counter("cloudfiles_operations_total",
			"Operations that are over, by outcome.", "backend", "operation", "outcome"),
		failures: counter("cloudfiles_failures_total",
			"Operations that failed; answers such as NotExist and what the caller cancelled "+
				"aren't failures.", "backend", "operation", "kind"),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "cloudfiles_operations_in_flight",
			Help: "Operations that have begun and are not over, open bodies and listings included.",
		}, []string{"backend", "operation"}),
		duration: histogram("cloudfiles_operation_duration_seconds",
			"Time from the call until the operation is over: of a get until its body is closed.",
			"backend", "operation"),
		firstByte: histogram("cloudfiles_first_byte_seconds",
			"Time that a get waited for its first byte.", "backend"),
		bytes: counter("cloudfiles_bytes_total",
			"Bytes of contents that were read or written, while they pass.", "backend",
			"direction"),
		retries: counter("cloudfiles_retries_total",
			"Requests that a retry policy repeated.", "backend", "operation"),
	}
	for i, c := range m.all() {
		if err := reg.Register(c); err != nil {
			for _, registered := range m.all()[:i] {
				reg.Unregister(registered)
			}
			return nil, driver.NewError(files.OpOpen, "", driver.WithCause(files.ErrInvalid, err,
				"the metrics can't be registered: "+err.Error()))
		}
	}
	return m, nil
}

func (m *Metrics) all() []prometheus.Collector {
	return []prometheus.Collector{
		m.operations, m.failures, m.inFlight, m.duration, m.firstByte, m.bytes, m.retries,
	}
}

// String is the name of the layer.
func (m *Metrics) String() string { return "prometheus" }

// Begin implements observe.Observer.
func (m *Metrics) Begin(ctx context.Context, o *observe.Operation) context.Context {
	m.inFlight.WithLabelValues(o.Backend, string(o.Op)).Inc()
	return ctx
}

// Passed implements observe.Observer.
func (m *Metrics) Passed(_ context.Context, o *observe.Operation, n int64) {
	direction := "write"
	if o.Reads() {
		direction = "read"
	}
	m.bytes.WithLabelValues(o.Backend, direction).Add(float64(n))
}

// End implements observe.Observer.
func (m *Metrics) End(_ context.Context, o *observe.Operation) {
	backend, op := o.Backend, string(o.Op)
	m.inFlight.WithLabelValues(backend, op).Dec()
	m.operations.WithLabelValues(backend, op, o.Outcome).Inc()
	m.duration.WithLabelValues(backend, op).Observe(o.Duration.Seconds())
	if o.Failed {
		m.failures.WithLabelValues(backend, op, o.Outcome).Inc()
	}
	if o.FirstByte > 0 {
		m.firstByte.WithLabelValues(backend).Observe(o.FirstByte.Seconds())
	}
	if o.Retries > 0 {
		m.retries.WithLabelValues(backend, op).Add(float64(o.Retries))
	}
}
