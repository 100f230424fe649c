package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// fast are parameters for retries without long waits.
var fast = []string{"retry_delay", "1ms", "retry_max_delay", "5ms"}

// TestLostResponses: the response to a write that was carried out is lost (P2).
func TestLostResponses(t *testing.T) {
	t.Parallel()
	b, p := proxied(t, append([]string{"part_size", "65536"}, fast...)...)
	large := strings.Repeat("0123456789abcdef", 10_000)
	lose := func(kind string) func() {
		return p.Add(proxy.Rule{Kinds: []string{kind}, Nth: 1, Fault: proxy.ResetAfter()})
	}
	t.Run("unconditional", func(t *testing.T) {
		defer lose("PutBlob")()
		p.Reset()
		put(t, b, "plain", "text", nil)
		p.Want(t, map[string]int{"PutBlob": 2})
		wantText(t, b, "plain", "text")
	})
	t.Run("IfAbsent, own write", func(t *testing.T) {
		defer lose("PutBlob")()
		p.Reset()
		info := put(t, b, "absent", "text", &files.PutOptions{If: files.IfAbsent()})
		p.Want(t, map[string]int{"PutBlob": 2, "GetBlobProperties": 1})
		got, err := b.Stat(t.Context(), "absent", nil)
		if err != nil || got.Version != info.Version || len(got.Metadata) != 0 {
			t.Errorf("Stat: %+v, %v; want version %s and no metadata", got, err, info.Version)
		}
	})
	t.Run("IfVersion, in blocks, own write", func(t *testing.T) {
		old := put(t, b, "version", "old", nil)
		defer lose("PutBlockList")()
		info := put(t, b, "version", large, &files.PutOptions{If: files.IfVersion(old.Version)})
		wantText(t, b, "version", large)
		if got, err := b.Stat(t.Context(), "version",
			nil); err != nil || got.Version != info.Version {
			t.Errorf("Stat: %v, %v; want version %s", got.Version, err, info.Version)
		}
	})
	t.Run("IfAbsent, another's write", func(t *testing.T) {
		put(t, b, "other", "theirs", nil)
		// The first attempt is lost before the service has received the request, so the
		// existing file is another program's.
		defer p.Add(proxy.Rule{
			Kinds: []string{"PutBlob"},
			Nth:   1,
			Fault: proxy.Answer("lost", 500, nil, ""),
		})()
		_, err := files.PutString(t.Context(), b, "other", "mine",
			&files.PutOptions{If: files.IfAbsent()})
		if s := fmt.Sprint(err); !errors.Is(err, files.ErrUncertain) ||
			!strings.Contains(s, "500") || !strings.Contains(s, "a retry failed: ") {
			t.Errorf("got %v, want ErrUncertain with the failures of both attempts", err)
		}
		wantText(t, b, "other", "theirs")
	})
	t.Run("every response", func(t *testing.T) {
		defer p.Add(proxy.Rule{Kinds: []string{"PutBlob"}, Fault: proxy.ResetAfter()})()
		_, err := files.PutString(t.Context(), b, "never", "text", nil)
		if !errors.Is(err,
			files.ErrUncertain) || retry.Attempts(err) != retry.DefaultAttempts ||
			!strings.Contains(err.Error(), "after 5 attempts") {
			t.Errorf("got %v, %d attempts; want ErrUncertain after %d", err, retry.Attempts(err),
				retry.DefaultAttempts)
		}
	})
	t.Run("and then forbidden", func(t *testing.T) {
		defer lose("PutBlob")()
		defer p.Add(proxy.Rule{
			Kinds: []string{"PutBlob"},
			Nth:   2,
			Fault: proxy.Azure.Forbidden(),
		})()
		if _, err := files.PutString(t.Context(), b, "forbidden", "text",
			nil); !errors.Is(err, files.ErrUncertain) {
			t.Errorf("got %v, want ErrUncertain: the first attempt stored it", err)
		}
		wantText(t, b, "forbidden", "text")
	})
	t.Run("not sent completely", func(t *testing.T) {
		put(t, b, "kept", "old", nil)
		defer p.Add(proxy.Rule{Kinds: []string{"PutBlock"}, Fault: proxy.ResetBefore()})()
		_, err := files.PutString(t.Context(), b, "kept", large, nil)
		if !errors.Is(err, files.ErrUnavailable) || errors.Is(err, files.ErrUncertain) {
			t.Errorf("got %v, want ErrUnavailable: nothing was committed", err)
		}
		wantText(t, b, "kept", "old")
	})
	t.Run("blocks that another upload's commit dropped", func(t *testing.T) {
		put(t, b, "contended", "theirs", nil)
		defer p.Add(proxy.Rule{
			Kinds: []string{"PutBlockList"},
			Fault: proxy.Answer("dropped", 400,
				http.Header{"X-Ms-Error-Code": {"InvalidBlockList"}}, ""),
		})()
		p.Reset()
		_, err := files.PutString(t.Context(), b, "contended", large, nil)
		if !errors.Is(err, files.ErrUnavailable) || retry.Attempts(err) != 1 {
			t.Errorf("got %v after %d attempts, want ErrUnavailable after one: the same list "+
				"can't be committed again", err, retry.Attempts(err))
		}
		if n := p.Counts()["PutBlockList"]; n != 1 {
			t.Errorf("%d lists were sent, want 1", n)
		}
		wantText(t, b, "contended", "theirs")
	})
	t.Run("blocks of a copy that another upload's commit dropped", func(t *testing.T) {
		put(t, b, "source", "text", nil)
		defer p.Add(proxy.Rule{
			Kinds: []string{"PutBlockList"},
			Times: 2,
			Fault: proxy.Answer("dropped", 400,
				http.Header{"X-Ms-Error-Code": {"InvalidBlockList"}}, ""),
		})()
		p.Reset()
		if _, err := files.Copy(t.Context(), b, "copied", b, "source", nil); err != nil {
			t.Errorf("got %v, want the copy: its blocks can be made again", err)
		}
		if n := p.Counts()["PutBlockList"]; n != 3 {
			t.Errorf("%d lists were sent, want 3", n)
		}
		wantText(t, b, "copied", "text")
	})
	t.Run("cancelled during the wait", func(t *testing.T) {
		defer p.Add(proxy.Rule{Kinds: []string{"PutBlob"}, Fault: proxy.Stall(-1)})()
		ctx, cancel := context.WithCancel(t.Context())
		defer p.Add(proxy.Rule{
			Kinds: []string{"PutBlob"},
			Fault: proxy.Fault{
				Name: "cancel",
				Do: func(x *proxy.Exchange, next proxy.Send) (*http.Response, error) {
					r, err := next(x.Request)
					cancel()
					return r, err
				},
			},
		})()
		_, err := files.PutString(ctx, b, "cancelled", "text", nil)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
	t.Run("delete of a version", func(t *testing.T) {
		info := put(t, b, "gone", "text", nil)
		defer lose("DeleteBlob")()
		if err := b.Delete(t.Context(), "gone",
			&files.DeleteOptions{IfVersion: info.Version}); !errors.Is(err, files.ErrUncertain) {
			t.Errorf("got %v, want ErrUncertain", err)
		}
	})
	t.Run("delete", func(t *testing.T) {
		put(t, b, "gone", "text", nil)
		defer lose("DeleteBlob")()
		if err := b.Delete(t.Context(), "gone", nil); err != nil {
			t.Errorf("Delete(gone) = %v, want nil", err)
		}
	})
}
