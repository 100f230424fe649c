package observe

import (
	"context"
	"log/slog"
)

// Log returns an observer that writes one record at the end of each operation: failures
// at slog.LevelWarn, everything else at slog.LevelDebug. The attributes are op,
// backend, outcome and duration, and those of bytes, items, first_byte and retries that
// aren't zero. With Options.Names there are also name and error. A nil Logger stands
// for slog.Default, which is called for each record.
func Log(l *slog.Logger) Observer { return &logs{l} }

type logs struct{ l *slog.Logger }

func (l *logs) String() string { return "log" }

func (l *logs) Begin(ctx context.Context, _ *Operation) context.Context { return ctx }

func (l *logs) Passed(context.Context, *Operation, int64) {}

func (l *logs) End(ctx context.Context, o *Operation) {
	logger, level := l.l, slog.LevelDebug
	if logger == nil {
		logger = slog.Default()
	}
	if o.Failed {
		level = slog.LevelWarn
	}
	if !logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("op", string(o.Op)),
		slog.String("backend", o.Backend),
		slog.String("outcome", o.Outcome),
		slog.Duration("duration", o.Duration),
	}
	if o.Bytes > 0 {
		attrs = append(attrs, slog.Int64("bytes", o.Bytes))
	}
	if o.Items > 0 {
		attrs = append(attrs, slog.Int64("items", o.Items))
	}
	if o.FirstByte > 0 {
		attrs = append(attrs, slog.Duration("first_byte", o.FirstByte))
	}
	if o.Retries > 0 {
		attrs = append(attrs, slog.Int64("retries", o.Retries))
	}
	if name := o.Name(); name != "" {
		attrs = append(attrs, slog.String("name", name))
	}
	if o.names && o.Err != nil {
		attrs = append(attrs, slog.String("error", o.Err.Error()))
	}
	logger.LogAttrs(ctx, level, "files", attrs...)
}
