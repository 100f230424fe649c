package hostile

import (
	"bytes"
	"io"
	"log"
	"sync"
)

// muteLog drops net/http's lines about bytes after a response from the standard logger,
// until end is called. Some ways send such bytes, and each line has kilobytes.
func muteLog() (end func()) {
	before := log.Writer()
	log.SetOutput(&quiet{to: before})
	return func() { log.SetOutput(before) }
}

type quiet struct {
	mu sync.Mutex
	to io.Writer
}

func (q *quiet) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("Unsolicited response received on idle HTTP channel")) {
		return len(line), nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.to.Write(line)
}
