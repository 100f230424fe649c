package azure

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// bareEnvironment removes this machine's settings from the environment.
func bareEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN",
		"AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGEBLOB_CONNECTIONSTRING",
		"AZURE_STORAGE_DOMAIN", "AZURE_STORAGE_PROTOCOL", "AZURE_STORAGE_IS_CDN",
		"AZURE_STORAGE_IS_LOCAL_EMULATOR",
	} {
		t.Setenv(name, "")
	}
}

// TestConnectionStrings: every documented form, and the endpoint that it selects:
// https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
func TestConnectionStrings(t *testing.T) {
	const sas = "sv=2024&sig=SECRET%3D"
	for _, c := range []struct {
		env, params, want string
		signs             bool
	}{
		{"UseDevelopmentStorage=true", "", "http://127.0.0.1:10000/devstoreaccount1/c", true},
		{"AccountName=a;AccountKey=a2V5", "", "https://a.blob.core.windows.net/c", true},
		{
			"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;" +
				"EndpointSuffix=core.example",
			"", "http://a.blob.core.example/c", true,
		},
		{
			"BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=?" + sas,
			"", "https://a.blob.core.windows.net/c?" + sas, false,
		},
		{
			"AccountName=a;AccountKey=a2V5", "?storage_account=a",
			"https://a.blob.core.windows.net/c", true,
		},
		{"AccountName=a;AccountKey=a2V5", "?storage_account=b", "", false},
		{"AccountName=a;AccountKey=a2V5", "?domain=example.com", "", false},
		{"AccountName=a;AccountKey=a2V5", "?storage_account=b&anonymous=true",
			"https://b.blob.core.windows.net/c", false},
		{"AccountName=a", "", "", false},
		{"AccountKey=SECRET", "", "", false},
		// A part that is given twice may have the same value.
		{"AccountName=a;AccountKey=a2V5;AccountName=a", "",
			"https://a.blob.core.windows.net/c", true},
		{"AccountName=a;AccountKey=a2V5;accountname=b", "", "", false},
		{"AccountName=a;AccountKey=SECRET;AccountKey=SECRET2", "", "", false},
		// The emulator has its own port, not the proxy's.
		{"UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://myProxyUri:8888", "",
			"http://myproxyuri:10000/devstoreaccount1/c", true},
		{"UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://[::1]:8888/", "",
			"http://[::1]:10000/devstoreaccount1/c", true},
		{"UseDevelopmentStorage=true;DevelopmentStorageProxyUri=SECRET:8888", "", "", false},
		// Quotes, which files of variables may leave.
		{`"AccountName=a;AccountKey=a2V5"`, "", "https://a.blob.core.windows.net/c", true},
		{" 'AccountName=a;AccountKey=a2V5;'\n", "", "https://a.blob.core.windows.net/c", true},
		{`AccountName="a";AccountKey='a2V5'`, "", "https://a.blob.core.windows.net/c", true},
		{`"AccountName=a;AccountKey=SECRET'`, "", "", false},
		// A signature in the endpoint: for the account, and for a container.
		{"BlobEndpoint=https://h.example/?" + sas, "", "https://h.example/c?" + sas, false},
		{"BlobEndpoint=https://h.example/c?" + sas, "", "https://h.example/c?" + sas, false},
		{"BlobEndpoint=https://h/c?sr=c&" + sas, "", "https://h/c?sr=c&" + sas, false},
		{"BlobEndpoint=https://h.example/d?sr=c&" + sas, "", "", false},
		{"BlobEndpoint=http://127.0.0.1:1/c?ss=b&" + sas, "",
			"http://127.0.0.1:1/c/c?ss=b&" + sas, false},
		{"BlobEndpoint=http://127.0.0.1:1/a/c?" + sas, "", "http://127.0.0.1:1/a/c?" + sas, false},
		{"BlobEndpoint=https://h.example?" + sas + ";SharedAccessSignature=" + sas, "",
			"https://h.example/c?" + sas, false},
		{"BlobEndpoint=https://h.example?" + sas + ";SharedAccessSignature=sig=other", "",
			"", false},
		{"BlobEndpoint=https://h.example?token=SECRET", "", "", false},
		{"SECRET", "", "", false},
	} {
		bareEnvironment(t)
		t.Setenv("AZURE_STORAGE_CONNECTION_STRING", c.env)
		b, err := files.Open(t.Context(), "azblob://c"+c.params)
		if c.want == "" {
			if !errors.Is(err, files.ErrInvalid) || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("%s%s: %v, want ErrInvalid and no %q", c.env, c.params, err, "SECRET")
			}
			continue
		}
		if err != nil {
			t.Errorf("%s%s: %v, want nil", c.env, c.params, err)
			continue
		}
		if got := driver.Unwrap(b).(*backend).client().URL(); got != c.want ||
			b.Features().SignGet != c.signs {
			t.Errorf("%s%s opens %s, and SignGet = %v, want %q and %v", c.env, c.params, got,
				b.Features().SignGet, c.want, c.signs)
		}
		b.Close()
	}
}

// TestSignatureWithQuestionMark: a signature may begin with "?", as portals show it.
func TestSignatureWithQuestionMark(t *testing.T) {
	bareEnvironment(t)
	var query atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query.Store(r.URL.Query())
		w.WriteHeader(http.StatusNotFound)
	}))
	defer srv.Close()
	t.Setenv("AZURE_STORAGE_ACCOUNT", "a")
	t.Setenv("AZURE_STORAGE_PROTOCOL", "HTTP")
	t.Setenv("AZURE_STORAGE_DOMAIN", strings.TrimPrefix(srv.URL, "http://"))
	t.Setenv("AZURE_STORAGE_SAS_TOKEN", "?sv=2024&sig=s")
	b, err := files.Open(t.Context(), "azblob://c?retry_attempts=1")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.Stat(t.Context(), "x", nil)
	if q := query.Load().(url.Values); q.Get("sv") != "2024" || q.Get("sig") != "s" {
		t.Errorf("the request's query = %v, want %q and %q", q, "2024", "s")
	}
}

// TestDomainsInURLs: an IP address has the account in the path, and an invalid host is an
// error.
func TestDomainsInURLs(t *testing.T) {
	bareEnvironment(t)
	for domain, want := range map[string]string{
		"[::1]:10000":    "https://[::1]:10000/a/c",
		"10.0.0.5:10000": "https://10.0.0.5:10000/a/c",
		"azurite:10000":  "https://azurite:10000/a/c",
		"example.com/":   "https://a.example.com/c",
		"http://h":       "",
		"h:port":         "",
	} {
		b, err := files.Open(t.Context(), "azblob://c?storage_account=a&anonymous=true&domain="+
			url.QueryEscape(domain))
		if want == "" {
			if !errors.Is(err, files.ErrInvalid) {
				t.Errorf("%s: %v, want ErrInvalid", domain, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v, want nil", domain, err)
			continue
		}
		if got := driver.Unwrap(b).(*backend).client().URL(); got != want {
			t.Errorf("%s: %s, want %q", domain, got, want)
		}
		b.Close()
	}
}
