package faultrun

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
)

// badLimit is how long an operation may take, all attempts included.
const badLimit = 10 * time.Second

// BadInput checks that a driver returns clear errors if the URL, the credentials or the
// network are wrong. It tries a server that doesn't exist, a server that never responds,
// and each response of proxy.Service.BadAnswers. open opens the driver's bucket at an
// endpoint such as http://127.0.0.1:41234, with short delays between attempts. Each
// operation must fail with a *files.Error of the right sentinel, within its context's
// deadline, and no error may show any of secrets.
func BadInput(t T, s *proxy.Service, open func(endpoint string) files.Bucket, secrets []string) {
	t.Helper()
	limited := &limitedT{T: t}
	defer limited.close()
	refused := proxy.Refused(limited)
	for _, bad := range s.BadAnswers(refused + "/elsewhere") {
		p := proxy.Serve(limited, s, bad.Fault)
		badInput(t, bad, p, open(p.URL()), secrets, time.Minute)
	}
	badInput(t, proxy.BadAnswer{
		Name: "nothing listens",
		Want: []error{files.ErrUnavailable},
	}, nil, open(refused), secrets, time.Minute)
	p := proxy.Serve(limited, s, proxy.Fault{
		Name: "no response",
		Do: func(x *proxy.Exchange, _ proxy.Send) (*http.Response, error) {
			return nil, x.Wait(-1)
		},
	})
	badInput(t, proxy.BadAnswer{
		Name: "no response",
		Want: []error{context.DeadlineExceeded},
	}, p, open(p.URL()), secrets, 200*time.Millisecond)
}

// limitedT runs cleanups at the end of BadInput instead of the end of the test.
type limitedT struct {
	T
	cleanups []func()
}

func (l *limitedT) Cleanup(f func()) { l.cleanups = append(l.cleanups, f) }

func (l *limitedT) close() {
	for _, f := range slices.Backward(l.cleanups) {
		f()
	}
}

// badInput tries every operation. p is nil if nothing listens.
func badInput(t T, bad proxy.BadAnswer, p *proxy.Proxy, b files.Bucket, secrets []string,
	limit time.Duration) {
	t.Helper()
	defer b.Close()
	for op, do := range map[string]func(ctx context.Context) error{
		"Put": func(ctx context.Context) error {
			_, err := b.Put(ctx, "dir/name.txt", strings.NewReader("content"), nil)
			return err
		},
		"Get": func(ctx context.Context) error {
			r, err := b.Get(ctx, "dir/name.txt", nil)
			if err == nil {
				r.Close()
			}
			return err
		},
		"Stat": func(ctx context.Context) error {
			_, err := b.Stat(ctx, "dir/name.txt", nil)
			return err
		},
		"Delete": func(ctx context.Context) error { return b.Delete(ctx, "dir/name.txt", nil) },
		"Check":  func(ctx context.Context) error { return files.Check(ctx, b) },
		"List": func(ctx context.Context) error {
			for _, err := range b.List(ctx, "dir", nil) {
				return err
			}
			return nil
		},
	} {
		took, err := badCall(t, p, do, limit)
		if p != nil && p.Total() == 0 {
			t.Errorf("%s, %s: no request was made; %v", bad.Name, op, err)
		}
		want := bad.Want
		if p != nil && p.Methods()[http.MethodGet] == 0 && p.Methods()[http.MethodHead] > 0 &&
			bad.Head != nil {
			want = bad.Head
		}
		if wrong := badError(err, want, secrets); wrong != "" {
			t.Errorf("%s, %s: %s", bad.Name, op, wrong)
		}
		if took > badLimit {
			t.Errorf("%s, %s: took %v, want at most %v", bad.Name, op, took, badLimit)
		}
	}
}

// badCall makes a call that may take as long as limit, and returns how long it took. On a
// loaded machine the time may be over before a request arrives, so a call without a
// request is made again with more time.
func badCall(t T, p *proxy.Proxy, do func(context.Context) error,
	limit time.Duration) (took time.Duration, err error) {
	for ; ; limit *= 4 {
		if p != nil {
			p.Reset()
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		start := time.Now()
		err = do(ctx)
		took = time.Since(start)
		cancel()
		if p == nil || p.Total() > 0 || !errors.Is(err, context.DeadlineExceeded) ||
			limit > badLimit/4 {
			return took, err
		}
	}
}

// badError returns what is wrong with the error, or "".
func badError(err error, want []error, secrets []string) string {
	if err == nil {
		return "no error"
	}
	var e *files.Error
	if !errors.As(err, &e) {
		return fmt.Sprintf("%T is not a *files.Error: %v", err, err)
	}
	if len(want) > 0 && !slices.ContainsFunc(want, func(w error) bool {
		return errors.Is(err, w)
	}) {
		return fmt.Sprintf("got %v, want %v", err, want)
	}
	for _, s := range secrets {
		if strings.Contains(err.Error(), s) || strings.Contains(err.Error(), url.QueryEscape(s)) {
			return fmt.Sprintf("the error shows a secret: %v",
				strings.ReplaceAll(err.Error(), s, "(here)"))
		}
	}
	return ""
}
