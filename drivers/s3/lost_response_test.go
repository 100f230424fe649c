package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestLostResponses: a Put whose response is lost finds its own file, or is
// ErrUncertain (P2).
func TestLostResponses(t *testing.T) {
	t.Parallel()
	s := newSubject(t, testserver.Versitygw, Options{})
	b, p, name := s.proxied(t, Options{
		PartSize: minPart,
		Retry:    &retry.Policy{Attempts: 2, Delay: time.Millisecond},
	})
	large := noise(minPart + 1000)
	lose := func(times int, kinds ...string) {
		p.Clear()
		p.Reset()
		p.Add(proxy.Rule{Kinds: kinds, Times: times, Fault: proxy.ResetAfter()})
	}
	var last error
	put1 := func(what, file string, content []byte, o *files.PutOptions, want error) files.Info {
		t.Helper()
		info, err := b.Put(t.Context(), file, bytes.NewReader(content), o)
		last = err
		if want == nil && err != nil || !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v; %v", what, err, want, p.Counts())
		}
		p.Clear()
		if want == nil {
			if got, now := read(t, b, file,
				nil); !bytes.Equal(got,
				content) || now.Version != info.Version || len(now.Metadata) != 0 {
				t.Errorf("%s: %d bytes are there, %+v; Put returned %+v", what, len(got), now, info)
			}
		}
		return info
	}
	lose(1, "PutObject")
	first := put1("unconditional, the first response lost", "a", []byte("first"), nil, nil)
	lose(1, "PutObject")
	put1("if absent, the first response lost", "b", []byte("b"),
		&files.PutOptions{If: files.IfAbsent()}, nil)
	p.Want(t, map[string]int{"PutObject": 2, "HeadObject": 1, "GetObject": 1})
	lose(1, "PutObject")
	second := put1("if of a version, the first response lost", "a", []byte("second"),
		&files.PutOptions{If: files.IfVersion(first.Version)}, nil)
	lose(9, "PutObject")
	put1("if absent, all responses lost", "c", []byte("c"), &files.PutOptions{If: files.IfAbsent()},
		nil)
	lose(9, "PutObject")
	put1("unconditional, all responses lost", "a", []byte("third"), nil, files.ErrUncertain)
	lose(9, "PutObject", "HeadObject")
	put1("no answer any more", "d", []byte("d"), &files.PutOptions{If: files.IfAbsent()},
		files.ErrUncertain)

	// Another writer comes between the lost response and the retry: the outcome is
	// uncertain.
	p.Clear()
	p.Add(proxy.Rule{
		Kinds: []string{"PutObject"},
		Times: 1,
		Fault: proxy.Fault{
			Name: "another writer",
			Do: func(x *proxy.Exchange, next proxy.Send) (*http.Response, error) {
				resp, err := proxy.ResetAfter().Do(x, next)
				s.admin.PutObject(t.Context(), &s3.PutObjectInput{
					Bucket: &name,
					Key:    new("e"),
					Body:   strings.NewReader("other"),
				})
				return resp, err
			},
		},
	})
	put1("another writer came between", "e", []byte("mine"),
		&files.PutOptions{If: files.IfAbsent()}, files.ErrUncertain)
	if s := fmt.Sprint(last); !strings.Contains(s, "lost: the connection broke; "+
		"and a retry failed: the service answered 412") {
		t.Errorf("%q, want the failure of the first attempt and of the retry", s)
	}

	// If nothing was lost, the response decides.
	put1("if of an old version", "a", []byte("x"),
		&files.PutOptions{If: files.IfVersion(second.Version)}, files.ErrPrecondition)
	put1("if absent, onto another's", "e", []byte("x"), &files.PutOptions{If: files.IfAbsent()},
		files.ErrExist)
	p.Add(proxy.Rule{Kinds: []string{"PutObject"}, Fault: proxy.S3.SlowDown(0)})
	put1("slow down", "a", []byte("x"), nil, files.ErrUnavailable)
	p.Add(proxy.Rule{
		Kinds: []string{"PutObject"},
		Times: 1,
		Fault: proxy.S3.Refuse(409, "ConditionalRequestConflict", "at the same time"),
	})
	put1("a conflict, then none", "f", []byte("f"), &files.PutOptions{If: files.IfAbsent()}, nil)

	// The connection broke before the content was sent: the present file shows what the
	// service would have answered.
	for _, c := range []struct {
		key  string
		cond files.Condition
		want error
	}{
		{"e", files.IfAbsent(), files.ErrExist},
		{"e", files.IfVersion(second.Version), files.ErrPrecondition},
		{"gone", files.IfVersion(second.Version), files.ErrPrecondition},
		{"gone", files.IfAbsent(), files.ErrUnavailable},
	} {
		_, err := driver.Unwrap(b).(*backend).newCommit(c.key, c.cond).run(t.Context(),
			func(context.Context) (files.Info, bool, error) {
				return files.Info{}, false, &net.OpError{Op: "write", Err: syscall.ECONNRESET}
			})
		if !errors.Is(err, c.want) {
			t.Errorf("%s, %+v: %v, want %v", c.key, c.cond, err, c.want)
		}
	}

	for _, kind := range []string{
		"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload",
	} {
		lose(1, kind)
		put1("in parts, a response to "+kind+" lost", "large "+kind, large, nil, nil)
		lose(1, kind)
		put1("in parts if absent, a response to "+kind+" lost", "new "+kind, large,
			&files.PutOptions{If: files.IfAbsent()}, nil)
	}
	before := s.uploads(t, name) // the uploads whose creation's response was lost
	lose(9, "CompleteMultipartUpload")
	// the present file has the content
	put1("in parts, all responses lost", "large lost", large, nil, nil)
	p.Add(proxy.Rule{Kinds: []string{"CompleteMultipartUpload"}, Fault: proxy.S3.InternalError()})
	put1("in parts, 500 always", "large 500", large, nil, files.ErrUncertain)
	p.Add(proxy.Rule{Kinds: []string{"UploadPart"}, Nth: 2, Fault: proxy.S3.Forbidden()})
	put1("a part that is refused", "large 403", large, nil, files.ErrPermission)
	put1("content that fails", "large broken", nil, nil, nil)
	broken := errors.New("broken")
	if _, err := b.Put(t.Context(), "large broken",
		io.MultiReader(bytes.NewReader(large), errReader{broken}), nil); !errors.Is(err, broken) {
		t.Errorf("Put(large broken) = %v, want %v", err, broken)
	}
	if n := s.uploads(t, name) - before; n != 0 {
		t.Errorf("%d uploads are left", n)
	}
	lose(1, "DeleteObject")
	if err := b.Delete(t.Context(), "f", nil); err != nil {
		t.Errorf("Delete(f) = %v, want nil", err)
	}
}
