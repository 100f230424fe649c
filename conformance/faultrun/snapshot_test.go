package faultrun

import "testing"

// TestSnapshotIsOfOneMoment: a snapshot's state and its number of writes are of the same
// moment. If a write began between them, a listing made after it would be compared with
// the state before it.
func TestSnapshotIsOfOneMoment(t *testing.T) {
	f := newFile("f")
	r := &run{files: map[string]*file{f.name: f}}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				n := f.next()
				f.settle(f.begin(false, value{size: n}), done, "", nil, false)
			}
		}
	}()
	seen := 0
	for range 200_000 {
		m, ok := r.snapshot()[f]
		if !ok {
			continue
		}
		if seen++; m.now.value.size != m.writes-1 {
			t.Errorf("after %d writes the file has the content of write %d", m.writes-1,
				m.now.value.size)
			break
		}
	}
	close(stop)
	<-stopped
	if seen == 0 {
		t.Error("no snapshot has the file")
	}
}
