package driver

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
)

// service takes parts of 4 bytes, in the time of a test's bubble.
type service struct {
	trip time.Duration // of each part
	line time.Duration // of each part, one after the other: the network's bound

	free int // after that many parts, the line takes no time

	lines chan struct{}
	mu    sync.Mutex
	sent  int
	now   int
	most  int
	above int // parts that began when more than 8 were being sent
	took  time.Duration
}

func (s *service) send(ctx context.Context, _ *Part) error {
	s.mu.Lock()
	s.now++
	s.most = max(s.most, s.now)
	if s.now > 8 {
		s.above++
	}
	trip, line := s.trip, s.line
	if s.free > 0 && s.sent > s.free {
		line = 0
	}
	s.mu.Unlock()
	if line > 0 {
		s.lines <- struct{}{}
		time.Sleep(line)
		<-s.lines
	}
	time.Sleep(trip)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	s.sent++
	return ctx.Err()
}

// slowly reads zeros, and waits between the parts until few are left.
type slowly struct {
	left int
	wait time.Duration
	fast int
}

func (r *slowly) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if r.left > r.fast && r.left%4 == 0 {
		time.Sleep(r.wait)
	}
	n := min(len(p), r.left, max(r.left%4, 4))
	r.left -= n
	clear(p[:n])
	return n, nil
}

// sendBy sends a number of parts, 8 at a time at first and most at most.
func (s *service) sendBy(t *testing.T, most int, memory *PartMemory, n int, r io.Reader) {
	t.Helper()
	s.lines = make(chan struct{}, 1)
	begun := time.Now()
	content := &Content{ctx: t.Context(), src: r, size: -1}
	content.held.hold(r)
	content.hasher.Init(files.Digest{})
	parts, err := NewParts(PartPlan{
		PartSize:       4,
		Concurrency:    8,
		MaxConcurrency: most,
		MaxParts:       10_000,
		MaxPartSize:    1 << 30,
		Equal:          true,
		Memory:         memory,
	}, &PutRequest{Size: -1, Content: content})
	if err != nil {
		t.Fatal(err)
	}
	first, err := parts.Next(t.Context())
	if err == nil {
		err = parts.Send(t.Context(), first, s.send)
	}
	if err != nil || s.sent != n {
		t.Fatalf("Send of %d parts: %d were sent, %v, want all and no error", n, s.sent, err)
	}
	s.took = time.Since(begun)
}

// TestWiderWhereTripsAreLong: if each connection bounds its own parts, 16 are sent at a
// time, whether the content is in memory or not.
func TestWiderWhereTripsAreLong(t *testing.T) {
	for what, content := range map[string]func() io.Reader{
		"a stream":  func() io.Reader { return &slowly{left: 4 * 128} },
		"in memory": func() io.Reader { return bytes.NewReader(make([]byte, 4*128)) },
	} {
		synctest.Test(t, func(t *testing.T) {
			fixed := service{trip: 300 * time.Millisecond}
			fixed.sendBy(t, 8, NewPartMemory(64<<20), 128, content())
			wider := service{trip: 300 * time.Millisecond}
			wider.sendBy(t, 16, NewPartMemory(64<<20), 128, content())
			if fixed.most != 8 || wider.most != 16 || 10*wider.took > 6*fixed.took {
				t.Errorf("%s: %d parts at a time in %v, want 16 in at most 0.6 × the %v of %d",
					what, wider.most, wider.took, fixed.took, fixed.most)
			}
		})
	}
}

// TestNotWiderWhereTheLineIsFull: if more parts at a time aren't faster, 8 are sent again,
// and more are tried seldom.
func TestNotWiderWhereTheLineIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service{trip: 100 * time.Millisecond, line: 50 * time.Millisecond}
		s.sendBy(t, 16, NewPartMemory(64<<20), 2000, &slowly{left: 4 * 2000})
		if s.most != 16 || s.above > 2000/6 {
			t.Errorf("%d of 2000 parts were sent beside 8 others or more, want some and fewer "+
				"than a sixth", s.above)
		}
		if least := 2000 * s.line; s.took > least*11/10 {
			t.Errorf("sending took %v, want at most 1.1 × %v", s.took, least)
		}
	})
}

// TestWiderOnceTheLineIsFree: what was no faster at first is tried again.
func TestWiderOnceTheLineIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service{trip: 300 * time.Millisecond, line: 50 * time.Millisecond, free: 150}
		s.sendBy(t, 16, nil, 800, &slowly{left: 4 * 800})
		if s.above < 200 {
			t.Errorf("%d of 800 parts were sent beside 8 others or more, want 200 or more",
				s.above)
		}
	})
}

// TestNotWiderThanTheContent: that content comes faster than before is no reason to send
// more parts at a time.
func TestNotWiderThanTheContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service{trip: 100 * time.Millisecond, line: 50 * time.Millisecond}
		content := &slowly{left: 4 * 300, wait: 200 * time.Millisecond, fast: 4 * 276}
		s.sendBy(t, 16, nil, 300, content)
		if s.above > 70 {
			t.Errorf("%d of 300 parts were sent beside 8 others or more, want at most 70", s.above)
		}
	})
}

// TestNotWiderThanTheMemory: an upload takes no more from the bucket than it has left.
func TestNotWiderThanTheMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := NewPartMemory(8 << 20)
		s := service{trip: 300 * time.Millisecond}
		s.sendBy(t, 16, memory, 300, &slowly{left: 4 * 300})
		if s.most < 9 || s.most > 11 { // 8 blocks of the bucket and 3 of its own
			t.Errorf("%d parts were sent at a time, want 9 to 11", s.most)
		}
		if len(memory.free) != 8 {
			t.Errorf("the bucket has %d blocks afterwards, want 8", len(memory.free))
		}
	})
}
