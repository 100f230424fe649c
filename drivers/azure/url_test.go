package azure

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// TestBadURLs: invalid URLs are errors without a request.
func TestBadURLs(t *testing.T) {
	const secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
	t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
	t.Setenv("AZURE_STORAGE_KEY", secret)
	for _, c := range []struct{ url, says string }{
		{"azblob://", "azblob://container"},
		{"azblob://container/dir", "prefix="},
		{"azblob://user:" + secret + "@container", "no user name"},
		{"azblob://container?no_such=1", "no_such"},
		{"azblob://container?protocol=ftp", "protocol"},
		{"azblob://container?cdn=perhaps", "cdn"},
		{"azblob://container?part_size=1", "part_size"},
		{"azblob://container?block_size=1", "block_size"},
		{"azblob://container?parallel=101", "parallel"},
		{"azblob://container?concurrency=0", "concurrency"},
		{"azblob://container?retry_attempts=0", "retry_attempts"},
	} {
		_, err := files.Open(t.Context(), c.url)
		if !errors.Is(err,
			files.ErrInvalid) || !strings.Contains(err.Error(),
			c.says) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v; want ErrInvalid that says %q", files.RedactURL(c.url), err, c.says)
		}
	}
	t.Run("no account", func(t *testing.T) {
		t.Setenv("AZURE_STORAGE_ACCOUNT", "")
		if _, err := files.Open(t.Context(),
			"azblob://container"); !errors.Is(err,
			files.ErrInvalid) || !strings.Contains(err.Error(), "AZURE_STORAGE_ACCOUNT") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an invalid key", func(t *testing.T) {
		t.Setenv("AZURE_STORAGE_KEY", "!secret!")
		if _, err := files.Open(t.Context(),
			"azblob://container"); !errors.Is(err,
			files.ErrInvalid) || !strings.Contains(err.Error(),
			"AZURE_STORAGE_KEY") || strings.Contains(err.Error(), "!secret!") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a signature for another host", func(t *testing.T) {
		t.Setenv("AZURE_STORAGE_KEY", "")
		t.Setenv("AZURE_STORAGE_SAS_TOKEN", "sv=2020-01-01&sig="+secret)
		if _, err := files.Open(t.Context(),
			"azblob://container?domain=elsewhere.example"); !errors.Is(err,
			files.ErrInvalid) || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v, want ErrInvalid without the signature", err)
		}
		if _, err := files.Open(t.Context(), "azblob://container"); err != nil {
			t.Errorf("got %v, want the account's own host to be fine", err)
		}
	})
	t.Run("an invalid connection string", func(t *testing.T) {
		t.Setenv("AZURE_STORAGE_KEY", "")
		t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountKey="+secret)
		if _, err := files.Open(t.Context(),
			"azblob://container"); !errors.Is(err,
			files.ErrInvalid) || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v, want ErrInvalid without the key", err)
		}
	})
}

// TestBadServices: with a service that refuses or fails, each call ends in time, with its
// sentinel, and shows no secret.
func TestBadServices(t *testing.T) {
	b, p := proxied(t, append([]string{"retry_attempts", "2"}, fast...)...)
	server := testserver.Start(t, testserver.Azurite)
	put(t, b, "a", "text", nil)
	nobody := strings.TrimPrefix(proxy.Refused(t), "http://")
	answer := func(status int, code string) proxy.Fault {
		return proxy.Answer(code, status, http.Header{"X-Ms-Error-Code": {code}}, "")
	}
	for _, c := range []struct {
		what  string
		b     files.Bucket
		fault proxy.Fault
		want  error
	}{
		{
			"a refused connection",
			open(t, server.URL,
				append([]string{"domain", nobody, "retry_attempts", "2"}, fast...)...),
			proxy.Fault{},
			files.ErrUnavailable,
		},
		{
			"a missing container",
			open(t,
				strings.Replace(server.URL, "azblob://"+server.Bucket, "azblob://no-such-container",
					1)),
			proxy.Fault{},
			files.ErrNoBucket,
		},
		{"another account's key", b, answer(403, "AuthenticationFailed"), files.ErrPermission},
		{"no permission", b, answer(403, "AuthorizationPermissionMismatch"), files.ErrPermission},
		{"a leased blob", b, answer(412, "LeaseIdMissing"), files.ErrPermission},
		{"a busy server", b, answer(503, "ServerBusy"), files.ErrUnavailable},
		{"an internal error", b, answer(500, "InternalError"), files.ErrUnavailable},
		{"too many requests", b, proxy.Answer("429", 429, http.Header{"Retry-After": {"0"}},
			""), files.ErrUnavailable},
		{"a page of HTML", b, proxy.HTML(502), files.ErrUnavailable},
		{"a page of HTML that forbids", b, proxy.HTML(403), files.ErrPermission},
		{"a redirect", b, proxy.Redirect(307,
			"http://127.0.0.1:1/elsewhere"), files.ErrUnavailable},
		{"no response", b, proxy.ResetBefore(), files.ErrUnavailable},
	} {
		t.Run(c.what, func(t *testing.T) {
			if c.fault.Do != nil {
				defer p.Add(proxy.Rule{Fault: c.fault})()
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			check := func(call string, err error, also ...error) {
				t.Helper()
				ok := errors.Is(err, c.want)
				for _, w := range also {
					ok = ok || errors.Is(err, w)
				}
				if !ok || ctx.Err() != nil {
					t.Errorf("%s: %v, want %v", call, err, c.want)
					return
				}
				for _, secret := range []string{
					server.SecretKey, p.Addr(), nobody, "127.0.0.1", "sig=",
				} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("%s: the text %q shows %q", call, err, secret)
					}
				}
			}
			_, err := b.Stat(ctx, "a", nil)
			if c.b != b {
				_, err = c.b.Stat(ctx, "a", nil)
			}
			check("Stat", err)
			_, err = files.ReadString(ctx, c.b, "a", nil)
			check("Get", err)
			_, err = files.PutString(ctx, c.b, "a", "new", nil)
			check("Put", err, files.ErrUncertain)
			check("Delete", c.b.Delete(ctx, "a", nil))
			for _, err := range c.b.List(ctx, "", nil) {
				check("List", err)
			}
			check("Check", files.Check(ctx, c.b))
		})
	}
	wantText(t, b, "a", "text")
}

// TestUnstorable: legal names that Azure can't store are refused (section Z).
func TestUnstorable(t *testing.T) {
	b, p := proxied(t)
	for _, name := range []string{`a\b`, "a.", "dir./a", strings.Repeat("a/", 254) + "a"} {
		_, err := files.PutString(t.Context(), b, name, "text", nil)
		if !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("Put(%.20q) = %v, want ErrUnsupported", name, err)
		}
		if _, err := files.SignURL(t.Context(), b, name,
			nil); !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("SignURL(%.20q) = %v, want ErrUnsupported", name, err)
		}
	}
	p.Want(t, nil)
	put(t, b, strings.Repeat("a/", 253)+"a", "text", nil)
	put(t, b, "a..b/.c", "text", nil)
	if _, err := files.PutString(t.Context(), b, strings.Repeat("n", 1025), "text",
		nil); !errors.Is(err, files.ErrInvalidName) {
		t.Errorf("Put of a name of 1025 bytes = %v, want ErrInvalidName", err)
	}
}
