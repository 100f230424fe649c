package lease

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"math"
	mathrand "math/rand/v2"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/contexts"
)

// record is what the file holds.
type record struct {
	// Format is that of this record.
	Format int `json:"lease"`
	// Token is that of the last holder; 0 before the first.
	Token int64 `json:"token"`
	Held  bool  `json:"held"`
	// ID is the holder's, and differs for each lease.
	ID string `json:"id,omitempty"`
	// Duration is how long the record must stay as it is before another may take over,
	// in nanoseconds.
	Duration time.Duration `json:"duration,omitempty"`
	Holder   string        `json:"holder,omitempty"`
	// Write differs for each write, so that a writer whose answer was lost knows its
	// own, and so that versions differ (V1).
	Write string `json:"write"`
}

const format = 1

// maxRecord bounds what is read: a record with the longest holder, escaped, and room.
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

// parse returns the record that the file holds; nil is no file.
func parse(content []byte) (*record, error) {
	r := &record{}
	if content == nil {
		return r, nil
	}
	if err := json.Unmarshal(content, r); err != nil || r.Format != format {
		return nil, files.Errorf(files.ErrInvalid, "the file holds no lease of format %d", format)
	}
	if r.Token < 0 || r.Token == math.MaxInt64 ||
		r.Held && (r.ID == "" || r.Duration <= 0 || r.Duration > MaxDuration) {
		return nil, files.Errorf(files.ErrInvalid, "the file's lease is impossible")
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

// sleep waits, unless the context ends, which it returns as an error.
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
