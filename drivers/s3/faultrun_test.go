package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestFaultRun: a twentieth of all requests fails, in every way, and nothing
// acknowledged is lost.
func TestFaultRun(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	var retries atomic.Int64
	policy := &retry.Policy{
		Delay:    time.Millisecond,
		MaxDelay: 20 * time.Millisecond,
		OnRetry:  func(context.Context, int, time.Duration, error) { retries.Add(1) },
	}
	b, p, name := s.proxied(t, Options{PartSize: minPart, Retry: policy})
	ops := longtest.N(t, 1500, 10_000)
	if testing.Short() {
		ops = 500
	}
	// versitygw stages what it overwrites beside it, where a listing sees it for a
	// moment; S3 shows no such thing.
	b = files.Wrap(b, files.Hooks{Entry: func(_ *files.Call, e files.Entry) bool {
		return !strings.Contains(e.Name, ".sgwtmp.")
	}})
	faultrun.Run(t, faultrun.Config{
		Bucket: b,
		Proxy:  p,
		Ops:    ops,
		Large:  minPart + 100_000,
		// versitygw reads the size and the attributes one after the other: 11 of 9,172
		// Stats beside replacements were mixtures.
		StatMixes: true,
		Leftovers: func() []faultrun.Upload { return s.unfinished(t, name) },
		Retries:   retries.Load,
	})
}

// offline is a bucket at an endpoint that is no server.
func offline(endpoint string) files.Bucket {
	return New(offlineClient(endpoint), "bucket", &Options{
		Profile: amazon, // for which the server stands
		Retry:   &retry.Policy{Delay: time.Millisecond, MaxDelay: 5 * time.Millisecond},
	})
}

func offlineClient(endpoint string) *s3.Client {
	return s3.New(s3.Options{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKIASECRETID", "s3cr3tkey",
			"s3ss10ntoken"),
	})
}

var offlineSecrets = []string{"AKIASECRETID", "s3cr3tkey", "s3ss10ntoken", "X-Amz-", "127.0.0.1"}

// TestBadInput: what is set up wrongly gives a clear error.
func TestBadInput(t *testing.T) {
	faultrun.BadInput(t, proxy.S3, offline, offlineSecrets)
}

// TestLostAnswers: a Put whose answer is lost is recognised as its own, or its outcome
// is said to be uncertain (P2).
func TestLostAnswers(t *testing.T) {
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
	put1 := func(what, file string, content []byte, o *files.PutOptions, want error) files.Info {
		t.Helper()
		info, err := b.Put(t.Context(), file, bytes.NewReader(content), o)
		if want == nil && err != nil || !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v; %v", what, err, want, p.Counts())
		}
		p.Clear()
		if want == nil {
			if got, now := read(t, b, file,
				nil); !bytes.Equal(got,
				content) || now.Version != info.Version || len(now.Metadata) != 0 {
				t.Errorf("%s: %d bytes are there, %+v; Put told %+v", what, len(got), now, info)
			}
		}
		return info
	}
	lose(1, "PutObject")
	first := put1("unconditional, the first answer lost", "a", []byte("first"), nil, nil)
	lose(1, "PutObject")
	put1("if absent, the first answer lost", "b", []byte("b"),
		&files.PutOptions{If: files.IfAbsent()}, nil)
	p.Want(t, map[string]int{"PutObject": 2, "HeadObject": 1, "GetObject": 1})
	lose(1, "PutObject")
	second := put1("if of a version, the first answer lost", "a", []byte("second"),
		&files.PutOptions{If: files.IfVersion(first.Version)}, nil)
	lose(9, "PutObject")
	put1("if absent, all answers lost", "c", []byte("c"), &files.PutOptions{If: files.IfAbsent()},
		nil)
	lose(9, "PutObject")
	put1("unconditional, all answers lost", "a", []byte("third"), nil, files.ErrUncertain)
	lose(9, "PutObject", "HeadObject")
	put1("nobody answers any more", "d", []byte("d"), &files.PutOptions{If: files.IfAbsent()},
		files.ErrUncertain)

	// Another writer comes between the lost answer and the repeat: nobody can tell.
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

	// Where nothing was lost, the answer is plain.
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

	// The connection broke before the content was sent: what the service would have
	// said is what is there.
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
		put1("in parts, an answer to "+kind+" lost", "large "+kind, large, nil, nil)
		lose(1, kind)
		put1("in parts if absent, an answer to "+kind+" lost", "new "+kind, large,
			&files.PutOptions{If: files.IfAbsent()}, nil)
	}
	before := s.uploads(t, name) // those whose creation's answer was lost
	lose(9, "CompleteMultipartUpload")
	// what is there is the content
	put1("in parts, all answers lost", "large lost", large, nil, nil)
	p.Add(proxy.Rule{Kinds: []string{"CompleteMultipartUpload"}, Fault: proxy.S3.InternalError()})
	put1("in parts, 500 always", "large 500", large, nil, files.ErrUncertain)
	p.Add(proxy.Rule{Kinds: []string{"UploadPart"}, Nth: 2, Fault: proxy.S3.Forbidden()})
	put1("a part that is refused", "large 403", large, nil, files.ErrPermission)
	put1("content that fails", "large broken", nil, nil, nil)
	broken := errors.New("broken")
	if _, err := b.Put(t.Context(), "large broken",
		io.MultiReader(bytes.NewReader(large), errReader{broken}), nil); !errors.Is(err, broken) {
		t.Error(err)
	}
	if n := s.uploads(t, name) - before; n != 0 {
		t.Errorf("%d uploads are left", n)
	}
	lose(1, "DeleteObject")
	if err := b.Delete(t.Context(), "f", nil); err != nil {
		t.Error(err)
	}
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

// TestMissingBucket: everything but what begins with HEAD tells a missing bucket from a
// missing file (E3).
func TestMissingBucket(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	b := s.open("no-such-bucket")
	defer b.Close()
	_, get := b.Get(t.Context(), "a", nil)
	_, put := b.Put(t.Context(), "a", strings.NewReader("x"), nil)
	_, large := b.Put(t.Context(), "a", bytes.NewReader(noise(DefaultPartSize+1)), nil)
	_, cp := files.Copy(t.Context(), b, "a", b, "b", nil)
	_, full := files.Copy(t.Context(), b, "a", b, "b", &files.CopyOptions{FullInfo: true})
	_, itself := files.Copy(t.Context(), b, "a", b, "a", nil)
	_, move := files.Move(t.Context(), b, "a", b, "b", nil)
	_, none := b.Get(t.Context(), "a", &files.GetOptions{Range: files.Bytes(0, 0)})
	_, unknown := b.Get(t.Context(), "a", &files.GetOptions{IfVersion: "no version"})
	_, many := files.DeleteMany(t.Context(), b, func(yield func(string) bool) { yield("a") })
	var list error
	for _, list = range b.List(t.Context(), "", nil) {
	}
	for what, err := range map[string]error{
		"get":                          get,
		"put":                          put,
		"put in parts":                 large,
		"copy":                         cp,
		"copy with the whole Info":     full,
		"copy onto itself":             itself,
		"move":                         move,
		"get of no bytes":              none,
		"get if of what is no version": unknown,
		"delete many":                  many,
		"delete":                       b.Delete(t.Context(), "a", nil),
		"list":                         list,
		"check":                        files.Check(t.Context(), b),
	} {
		if !errors.Is(err, files.ErrNoBucket) || errors.Is(err, files.ErrNotExist) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestSignedURLs: what was signed is bound, and its life has bounds.
func TestSignedURLs(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	b, _, _ := s.proxied(t, Options{})
	for _, life := range []time.Duration{maxExpiry + time.Second, time.Millisecond} {
		if _, err := files.SignURL(t.Context(), b, "a",
			&files.SignOptions{Expiry: life}); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%v: %v", life, err)
		}
	}
	short := New(s3.New(s3.Options{Region: "us-east-1", Credentials: expiring{}}), "bucket", nil)
	if _, err := files.SignURL(t.Context(), short, "a",
		&files.SignOptions{Expiry: time.Hour}); !errors.Is(err,
		files.ErrInvalid) || strings.Contains(err.Error(), "secret") {
		t.Errorf("beyond the credentials' life: %v", err)
	}
	if _, err := files.SignURL(t.Context(), short, "a",
		&files.SignOptions{Expiry: time.Minute}); err != nil {
		t.Error(err)
	}
	signed := must(files.SignURL(t.Context(), b, "a", &files.SignOptions{
		Method:      "PUT",
		ContentType: "text/plain",
	}))
	if got := http.Header(signed.Header).Get("Content-Type"); got != "text/plain" {
		t.Errorf("the headers to send are %v", signed.Header)
	}
	if u := must(url.Parse(signed.URL)); strings.Contains(u.RawQuery, "hecksum") {
		t.Errorf("the URL binds a checksum: %v", u.Query())
	}
	if f := New(s3.New(s3.Options{Region: "us-east-1"}), "bucket",
		nil).Features(); f.SignGet || f.SignPut || f.SignDelete {
		t.Error("without credentials it claims to sign")
	}
}

// expiring are credentials of half an hour.
type expiring struct{}

func (expiring) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{
		AccessKeyID:     "id",
		SecretAccessKey: "secret",
		CanExpire:       true,
		Expires:         time.Now().Add(30 * time.Minute),
	}, nil
}
