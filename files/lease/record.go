package lease

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"math"
	mathrand "math/rand/v2"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/contexts"
)

// record is the file's content.
type record struct {
	// Format is the version of the format.
	Format int `json:"lease"`
	// Token is the token of the last holder, and 0 before the first.
	Token int64 `json:"token"`
	Held  bool  `json:"held"`
	// ID identifies the holder's Lease, and differs for each.
	ID string `json:"id,omitempty"`
	// Duration is how long the record must remain unchanged before another process may
	// take over, in nanoseconds.
	Duration time.Duration `json:"duration,omitempty"`
	Holder   string        `json:"holder,omitempty"`
	// Write differs for each write, so that versions differ (V1), and so that a write
	// can be recognized after its response was lost.
	Write string `json:"write"`
}

const format = 1

// maxRecord is the largest record that is read. It has room for the longest holder,
// escaped.
const maxRecord = 16 << 10

var attributes = &files.UpdateOptions{
	Attributes: &files.Attributes{ContentType: "application/json", CacheControl: "no-store"},
	MaxBytes:   maxRecord,
}

// encode returns the record as a file's content, which is never the same twice.
func (r record) encode() ([]byte, error) {
	r.Format, r.Write = format, rand.Text()
	return json.Marshal(r)
}

// parse returns the record in content; nil content means that there is no file.
func parse(content []byte) (*record, error) {
	r := &record{}
	if content == nil {
		return r, nil
	}
	if err := json.Unmarshal(content, r); err != nil || r.Format != format {
		return nil, driver.Errorf(files.ErrInvalid, "the file isn't a lease of format %d", format)
	}
	if r.Token < 0 || r.Token == math.MaxInt64 ||
		r.Held && (r.ID == "" || r.Duration <= 0 || r.Duration > MaxDuration) {
		return nil, driver.Errorf(files.ErrInvalid, "the file's lease has impossible values")
	}
	return r, nil
}

// jitter returns a random time below d.
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return mathrand.N(d)
}

// sleep waits for d. If the context ends before, it returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return contexts.Err(ctx)
	case <-ctx.Done():
		return contexts.Err(ctx)
	}
}
