package azure

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/largecalls"
)

// TestBlocksStayHidden: the context of each call that uploads in blocks ends while a block
// is sent, or at the commit. The blocks, which no request removes, are neither listed nor
// in the way: the old file or none is there, and the same call then stores its own content
// alone.
func TestBlocksStayHidden(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("0123456789abcdef", 200_000/16))
	for what, call := range largecalls.All(t, text, 64<<10) {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for _, old := range []string{"", "old content"} {
				b, p, direct := proxiedBeside(t, "part_size", "65536")
				if old != "" {
					put(t, direct, "a", old, nil)
				}
				for _, kind := range []string{"PutBlock", "PutBlockList"} {
					p.Clear()
					ctx, cancel := context.WithCancel(t.Context())
					p.Add(proxy.Rule{Kinds: []string{kind}, Nth: 1, Fault: proxy.Fault{
						Name: "the context ends",
						Do: func(x *proxy.Exchange, _ proxy.Send) (*http.Response, error) {
							cancel()
							return nil, x.Wait(-1)
						},
					}})
					err := call(ctx, b)
					cancel()
					if !errors.Is(err, context.Canceled) {
						t.Errorf("%s: %v, want context.Canceled", kind, err)
					}
					n := 0
					for e, err := range direct.List(t.Context(), "", nil) {
						if n++; err != nil || old == "" || e.Size != int64(len(old)) {
							t.Errorf("%s: there is %+v, %v", kind, e, err)
						}
					}
					if old == "" {
						continue
					}
					if n != 1 {
						t.Errorf("%s: there are %d files, want 1", kind, n)
					}
					wantText(t, direct, "a", old)
				}
				p.Clear()
				if err := call(t.Context(), b); err != nil {
					t.Errorf("again: %v", err)
				}
				wantText(t, direct, "a", string(text))
			}
		})
	}
}
