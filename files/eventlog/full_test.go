package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("a step that sets up the test: %v", err)
	}
}

// TestFullLog: an Append that would make head longer than it is read is ErrTooLarge and
// writes nothing, so Compact can still make room.
func TestFullLog(t *testing.T) {
	b := mem.New(nil)
	l, err := New(b, strings.Repeat("d/", 400)+"log", &Options{SegmentBytes: 1})
	check(t, err)
	var h head
	for len(h.Segments) == 0 || int64(len(h.Segments))*900 < maxHead {
		h.Segments = append(h.Segments, segment{l.segmentName(h.Start), h.Start, 1})
		h.Start++
	}
	h.Format, h.Records = format, []entry{{"id", []byte("the last")}}
	var content []byte
	for content == nil || len(content) > maxHead { // as full as it can be
		h.Segments = h.Segments[1:]
		h.First = h.Segments[0].First
		content, err = h.encode()
		check(t, err)
	}
	_, err = files.PutBytes(t.Context(), b, l.headName(), content, nil)
	check(t, err)
	_, err = l.Append(t.Context(), bytes.Repeat([]byte{1}, MaxRecord))
	if !errors.Is(err, files.ErrTooLarge) {
		t.Errorf("Append to a full log: %v, want ErrTooLarge", err)
	}
	after, err := files.ReadAll(t.Context(), b, l.headName(), nil)
	if err != nil || !bytes.Equal(after, content) {
		t.Errorf("head has %d bytes after the Append, %v, want the %d from before it",
			len(after), err, len(content))
	}
	if n, _, err := files.Usage(t.Context(), b, ""); err != nil || n != 1 {
		t.Errorf("the log has %d files, %v, want head alone", n, err)
	}
	check(t, l.Compact(t.Context(), h.Start))
	pos, err := l.Append(t.Context(), []byte("more"))
	if err != nil || pos != h.Start+1 {
		t.Errorf("Append after Compact: position %d, %v, want %d", pos, err, h.Start+1)
	}
	var left head
	after, err = files.ReadAll(t.Context(), b, l.headName(), nil)
	check(t, err)
	check(t, json.Unmarshal(after, &left))
	if len(after) > maxHead/2 {
		t.Errorf("head has %d bytes and %d segments after Compact", len(after), len(left.Segments))
	}
}
