package azure

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
)

// TestBoundsOfUnread: the SDK leaves the responses to a Get and to a batch for the
// caller to read. If they aren't what was requested, they are read up to a limit
// through every client.
func TestBoundsOfUnread(t *testing.T) {
	var sent atomic.Int64
	var status atomic.Int32
	chunk := strings.Repeat("<p>sorry</p>", 1<<14)
	b, _ := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		for range 1 << 8 {
			n, err := io.WriteString(w, chunk)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	for _, s := range []int32{203, 300, 399} {
		status.Store(s)
		for _, op := range []string{"get", "get of a range", "delete many"} {
			sent.Store(0)
			if err := every[op](t.Context(), b); !errors.Is(err, files.ErrUnavailable) {
				t.Errorf("%d, %s: %v, want ErrUnavailable", s, op, err)
			}
			// Three attempts, each with what is in transit.
			if n := sent.Load(); n > 3*4*maxError {
				t.Errorf("%d, %s: %d MiB were sent", s, op, n>>20)
			}
		}
	}
}

// TestLargePages: a page is read completely up to the limit, through large and small
// buffers.
func TestLargePages(t *testing.T) {
	pad := strings.Repeat(" ", mib)
	for mibs, ok := range map[int]bool{1: true, 9: true, 31: true, 32: false} {
		b, _ := opened(t, func(w http.ResponseWriter, _ *http.Request) {
			azures(w)
			io.WriteString(w, "<EnumerationResults><Blobs>"+blobXML("dir/a", "1"))
			for range mibs {
				io.WriteString(w, pad)
			}
			io.WriteString(w, blobXML("dir/b", "1")+"</Blobs><NextMarker/></EnumerationResults>")
		})
		var names string
		var last error
		for e, err := range b.List(t.Context(), "dir", nil) {
			if last = err; err == nil {
				names += e.Name + " "
			}
		}
		switch {
		case ok && (last != nil || names != "dir/a dir/b "):
			t.Errorf("%d MiB: %q, %v", mibs, names, last)
		case !ok && (!errors.Is(last, files.ErrUnavailable) || names != ""):
			t.Errorf("%d MiB: %q, %v", mibs, names, last)
		}
	}
}

// TestBareErrors: without the service's code only a response to a HEAD reports a
// missing file, since it has no body for the code.
func TestBareErrors(t *testing.T) {
	for _, status := range []int{404, 409, 412} {
		b, _ := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
			azures(w)
			w.WriteHeader(status)
		})
		for op, do := range every {
			err := do(t.Context(), b)
			head := op == "stat" || op == "get of the end" || op == "copy"
			switch kind := files.KindOf(err); {
			case head && status == 404 && kind == files.ErrNotExist:
			case kind != files.ErrUnavailable && kind != files.ErrUncertain:
				t.Errorf("status %d to %s: the error is %v", status, op, err)
			}
		}
		for _, c := range []files.Condition{files.IfAbsent(), files.IfVersion("1")} {
			_, err := oddservice.PutIf(t, b, c)
			if k := files.KindOf(err); k != files.ErrUnavailable && k != files.ErrUncertain {
				t.Errorf("%d, conditional Put = %v, want ErrUnavailable or ErrUncertain", status,
					err)
			}
		}
	}
}
