// Package connect is what the drivers of services share about connections: how long a
// request waits for a silent server, and what a failure means that isn't the service's
// response.
package connect

import (
	"time"

	"cloudfiles.dev/files"
)

// The default bounds. boto3 and the Azure SDK for Java wait at most a minute for bytes;
// a service under load answers a listing after tens of seconds. Copies and the end of
// an upload in parts have SlowTimeout, since a service may work on them for minutes
// before it answers.
const (
	DefaultTimeout     = time.Minute
	DefaultReadTimeout = time.Minute
	SlowTimeout        = 10 * time.Minute
)

// Limits bound the waits for a silent server. In each field 0 is the default, and a
// negative value is no bound.
type Limits struct {
	// Timeout bounds the wait for the connection, and, after the request is sent, the
	// wait for the first byte of the response.
	Timeout time.Duration
	// ReadTimeout bounds each wait between bytes of a response's body, and between bytes
	// of a request's body that the server doesn't read.
	ReadTimeout time.Duration
}

func (l Limits) response(slow bool) time.Duration {
	switch {
	case l.Timeout != 0:
		return l.Timeout
	case slow:
		return SlowTimeout
	}
	return DefaultTimeout
}

func (l Limits) read() time.Duration {
	if l.ReadTimeout == 0 {
		return DefaultReadTimeout
	}
	return l.ReadTimeout
}

// Params documents the URL parameters that FromParams reads, for a driver's files.Scheme.
func Params() []files.Param {
	return []files.Param{
		{
			Name:   "timeout",
			Values: "duration",
			Doc: "how long a request waits for the first byte of its response " +
				"(1m; 10m for copies and the end of an upload in parts)",
		},
		{
			Name:   "read_timeout",
			Values: "duration",
			Doc: "how long a body may make no progress, whether it is read or sent; " +
				"a slow one that makes progress is never cut (1m)",
		},
	}
}

// Source reads URL parameters, as *driver.Params of package files/driver does.
type Source interface {
	Duration(name string, def time.Duration) time.Duration
}

// FromParams returns the limits in the parameters.
func FromParams(p Source) Limits {
	return Limits{
		Timeout:     p.Duration("timeout", 0),
		ReadTimeout: p.Duration("read_timeout", 0),
	}
}
