package s3

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestCopySourceOfARN: an object of an access point is named by the object's ARN.
func TestCopySourceOfARN(t *testing.T) {
	for bucket, want := range map[string]string{
		"bucket": "bucket/d/a b",
		"arn:aws:s3:eu-west-1:123456789012:accesspoint/mine": "arn:aws:s3:eu-west-1:123456789012:" +
			"accesspoint/mine/object/d/a b",
		"arn:aws:s3::123456789012:accesspoint/mine.mrap": "arn:aws:s3::123456789012:" +
			"accesspoint/mine.mrap/object/d/a b",
		"arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-1/accesspoint/mine": "arn:aws:" +
			"s3-outposts:eu-west-1:123456789012:outpost/op-1/accesspoint/mine/object/d/a b",
	} {
		sent := *copySource(bucket, "d/a b")
		if got, err := url.PathUnescape(sent); got != want || err != nil || strings.Contains(sent,
			" ") {
			t.Errorf("the copy source of %s is %q, %v, want %q escaped", bucket, sent, err, want)
		}
	}
}

// TestExpectRefused: after 417 to Expect: 100-continue, requests go without that header.
func TestExpectRefused(t *testing.T) {
	for _, body := range []string{"", xmlError("ExpectationFailed")} {
		expected, plain := 0, 0
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Expect") != "" {
				expected++
				w.WriteHeader(http.StatusExpectationFailed)
				io.WriteString(w, body)
				return
			}
			plain++
			w.Header().Set("ETag", `"1"`)
		})
		content := strings.Repeat("x", 3*mib) // from 2 MiB on the SDK sends Expect
		for range 2 {
			if _, err := b.Put(t.Context(), "a", strings.NewReader(content), nil); err != nil {
				t.Errorf("%q: %v, want nil", body, err)
			}
		}
		if expected != 1 || plain != 2 {
			t.Errorf("%q: %d requests with Expect, %d without", body, expected, plain)
		}
	}
}

// TestConditionExpects: a conditional Put of 256 KiB or more asks before it sends the
// content, so that a refusal can't be lost while the content is sent.
func TestConditionExpects(t *testing.T) {
	var expected string
	b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			expected = r.Header.Get("Expect")
			w.WriteHeader(http.StatusPreconditionFailed) // the content isn't read
			io.WriteString(w, xmlError("PreconditionFailed"))
		}
	})
	for _, c := range []struct {
		size int
		cond files.Condition
		want string
	}{
		{size: 256 << 10, cond: files.IfAbsent(), want: "100-continue"},
		{size: 1 << 20, cond: files.IfVersion("0123456789abcdef"), want: "100-continue"},
		{size: 256<<10 - 1, cond: files.IfAbsent()},
		{size: 1 << 20},
	} {
		expected = "no request"
		_, err := b.Put(t.Context(), "a", strings.NewReader(strings.Repeat("x", c.size)),
			&files.PutOptions{If: c.cond})
		if expected != c.want || err == nil {
			t.Errorf("Put of %d bytes, %v: Expect is %q and the error %v, want %q and an error",
				c.size, c.cond, expected, err, c.want)
		}
	}
}

// TestPartsExpectNothing: a part is sent without waiting for 100 Continue.
func TestPartsExpectNothing(t *testing.T) {
	var parts, expected atomic.Int32
	b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.Query(); {
		case q.Has("uploads"):
			io.WriteString(w, begun)
		case q.Has("partNumber"):
			parts.Add(1)
			if r.Header.Get("Expect") != "" {
				expected.Add(1)
			}
			w.Header().Set("ETag", `"1"`)
		case r.Method == http.MethodPost:
			io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"2-1"</ETag>`+
				`</CompleteMultipartUploadResult>`)
		}
	})
	if err := every["put in parts"](t.Context(), b); err != nil {
		t.Errorf("%v, want nil", err)
	}
	if parts.Load() < 2 || expected.Load() != 0 {
		t.Errorf("%d of %d parts have the header Expect, want none", expected.Load(), parts.Load())
	}
}

// TestDirectoryBucket: a directory bucket takes only whole elements as a prefix, and no
// StartAfter.
func TestDirectoryBucket(t *testing.T) {
	keys := []string{"notes/b", "notes/da1", "notes/dab/x", "notes/a", "other"}
	var bad string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		prefix := q.Get("prefix")
		if prefix != "" && !strings.HasSuffix(prefix, "/") || q.Has("start-after") {
			bad = r.URL.RawQuery
			w.WriteHeader(400)
			io.WriteString(w, xmlError("InvalidArgument"))
			return
		}
		io.WriteString(w, "<ListBucketResult>")
		dirs := map[string]bool{}
		for _, key := range keys {
			rest, ok := strings.CutPrefix(key, prefix)
			d, _, below := strings.Cut(rest, "/")
			switch {
			case ok && below && q.Get("delimiter") != "":
				if p := prefix + d + "/"; !dirs[p] {
					dirs[p] = true
					io.WriteString(w, dir(p))
				}
			case ok:
				io.WriteString(w, object(key, "1"))
			}
		}
		io.WriteString(w, "</ListBucketResult>")
	}))
	defer srv.Close()
	client := s3.New(offlineClient(srv.URL).Options(), func(o *s3.Options) {
		o.DisableS3ExpressSessionAuth = aws.Bool(true)
	})
	b := New(client, "mine--euw1-az1--x-s3", &Options{Profile: amazon})
	defer b.Close()
	for _, c := range []struct {
		dir  string
		o    files.ListOptions
		want []string
	}{
		{"notes", files.ListOptions{Prefix: "da"}, []string{"notes/da1", "notes/dab/x"}},
		{"notes", files.ListOptions{
			Prefix:  "da",
			Shallow: true,
		}, []string{"notes/da1", "notes/dab/"}},
		{"notes", files.ListOptions{StartAfter: "notes/b"}, []string{"notes/da1", "notes/dab/x"}},
		{"", files.ListOptions{Prefix: "o"}, []string{"other"}},
	} {
		var got []string
		for e, err := range b.List(t.Context(), c.dir, &c.o) {
			if err != nil {
				t.Errorf("%+v: %v, want nil", c, err)
				break
			}
			got = append(got, e.Name)
		}
		if slices.Sort(got); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%q %+v: %q, want %q", c.dir, c.o, got, c.want)
		}
	}
	if bad != "" {
		t.Errorf("the service got the query %q", bad)
	}
}
