package driver

import (
	"cloudfiles.dev/files"
)

// ReadAhead says how New reads a large body by several connections at a time, as
// files.GetOptions describes it. The zero value is the default.
type ReadAhead struct {
	// Connections is GetOptions.Connections; 0 is 8.
	Connections int
	// After is GetOptions.ConnectionsAfter, in bytes; 0 is 8 MiB.
	After int64

	// asked is whether somebody has asked for the values, which then hold however fast one
	// connection is.
	asked bool
}

// ReadAheader is an optional interface of a Backend that says how large bodies are read
// unless GetOptions say otherwise. Other backends have the default.
type ReadAheader interface {
	Backend
	// ReadAhead is called once, by New.
	ReadAhead() ReadAhead
}

const (
	defaultConnections = 8
	maxConnections     = 64
	defaultAfter       = 8 << 20
	// aheadPart is how many bytes each of several requests at a time reads.
	aheadPart = 4 << 20
)

// ReadAheadParams documents the URL parameters that Params.ReadAhead reads, for a
// driver's files.Scheme.
func ReadAheadParams() []files.Param {
	return []files.Param{
		{
			Name:   "read_connections",
			Values: "1…64",
			Doc:    "how many connections at a time read a large body (8); 1: never more than one",
		},
		{
			Name:   "read_connections_after",
			Values: "bytes",
			Doc:    "how much of a body one connection reads before others join it (8 MiB)",
		},
	}
}

// ReadAhead returns what the URL parameters of ReadAheadParams say.
func (p *Params) ReadAhead() ReadAhead {
	return ReadAhead{
		Connections: int(p.Int("read_connections", 0, 1, maxConnections)),
		After:       p.Int("read_connections_after", 0, 1, 1<<50),
	}
}

// or returns a, with the values of b for those that a doesn't have.
func (a ReadAhead) or(b ReadAhead) ReadAhead {
	if a.Connections <= 0 {
		a.Connections = b.Connections
	}
	if a.After <= 0 {
		a.After = b.After
	}
	return a
}

// readAheadOf returns the values for a bucket of the backend.
func readAheadOf(backend Backend) ReadAhead {
	var own ReadAhead
	if r, ok := backend.(ReadAheader); ok {
		own = r.ReadAhead()
	}
	own.asked = own.Connections > 0 || own.After > 0
	own = own.or(ReadAhead{
		Connections: defaultConnections,
		After:       defaultAfter,
	})
	own.Connections = min(own.Connections, maxConnections)
	return own
}

// suits reports whether several requests at a time may read the body of an open file.
func (a ReadAhead) suits(o *Object) bool {
	return a.Connections > 1 && o.Info.Version != "" && o.Before == 0 &&
		o.Length-2*aheadPart >= a.After
}
