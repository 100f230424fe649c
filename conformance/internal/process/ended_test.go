package process

import (
	"encoding/gob"
	"os"
	"strings"
	"testing"
)

// TestCallsAfterTheEnd: a call to a process that has ended says so, whether or not the
// end of its responses was noticed before the call is sent.
func TestCallsAfterTheEnd(t *testing.T) {
	for _, noticed := range []bool{false, true} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		r.Close()
		p := &Process{
			enc:     gob.NewEncoder(w),
			waiting: map[int]chan *Answer{},
		}
		if noticed {
			p.receive(strings.NewReader(""))
		}
		a, err := p.Do(Call{Do: "get", Name: "a"})
		if a != nil || err == nil || !strings.Contains(err.Error(), "the other process ended") {
			t.Errorf("noticed %v: %v, %v", noticed, a, err)
		}
		if len(p.waiting) != 0 {
			t.Errorf("noticed %v: %d calls wait for a response", noticed, len(p.waiting))
		}
	}
}
