package suite

import (
	"fmt"
	"os/exec"
	"time"

	"cloudfiles.dev/files"
)

// Harness has the fields of conformance.Harness, which documents them. A
// conformance.Harness is converted to it.
type Harness struct {
	New         func(t T) files.Bucket
	Store       func(t T) files.Bucket
	Apart       func(t T) files.Bucket
	Second      func(t T, b files.Bucket) files.Bucket
	Process     func(t T, b files.Bucket) *exec.Cmd
	Damage      func(t T, b files.Bucket, name string)
	Append      func(t T, b files.Bucket, name string, content []byte)
	Extend      func(t T, b files.Bucket, name string, size int64)
	Unreadable  func(t T, b files.Bucket, dir string) files.Bucket
	Root        func(t T, b files.Bucket, dir string) files.Bucket
	Cut         func(t T, b files.Bucket, n int64)
	Leftovers   func(t T, b files.Bucket) int
	Requests    func(t T, b files.Bucket) int64
	Vanish      func(t T, b files.Bucket)
	Foreign     func(t T, b files.Bucket, key, content string)
	ForeignKeys []string
	Send        func(t T, b files.Bucket, s files.SignedURL,
		content []byte) (status int, answer []byte)
	Link         func(t T, b files.Bucket, name string)
	URL          func(t T) string
	Secrets      func(b files.Bucket) []string
	Limit        time.Duration
	MaxContent   int64
	MaxFiles     int
	Known        map[string]string
	ServerFaults map[string]string
	ServerRaces  map[string]string
	Unclaimed    map[string]string
	Name         string
	Server       string
	Versions     map[string]string
	Seed         uint64
	Soak         int
}

// TooLarge returns why the suite may not put content of n bytes, or "".
func (h *Harness) TooLarge(n int64) string {
	if h.MaxContent <= 0 || n <= h.MaxContent {
		return ""
	}
	return fmt.Sprintf("it puts up to %d bytes, and the harness allows %d", n, h.MaxContent)
}

// SoakFactor returns Soak, at least 1.
func (h *Harness) SoakFactor() int { return max(h.Soak, 1) }

// Within returns a function that reports whether less than that percentage of the case's
// time has passed.
func (h *Harness) Within(t T) func(percent time.Duration) bool {
	limit := h.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	start := time.Now()
	return func(percent time.Duration) bool {
		return time.Since(start) < limit*percent/100 && t.Context().Err() == nil
	}
}

// DefaultLimit is how long a case may take if Harness.Limit is 0.
const DefaultLimit = time.Minute
