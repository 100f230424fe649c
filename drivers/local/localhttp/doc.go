// Package localhttp signs URLs for buckets on the local disk, and serves the requests
// that use them. Import it for the URL parameters base_url and secret_key_path, which
// are fileblob's:
//
//	import _ "cloudfiles.dev/drivers/local/localhttp"
//
//	b, err := files.Open(ctx, "file:///var/lib/app"+
//		"?base_url=https://example.com/files&secret_key_path=/etc/app/key")
//	h, err := localhttp.NewHandler(b, &localhttp.Options{MaxUpload: 100 << 20})
//	http.Handle("/files", h) // at base_url
//	signed, err := files.SignURL(ctx, b, "report.pdf", nil)
//
// Or set local.Options.Signer to a [Signer]. The signature is that of
// gocloud.dev/blob/fileblob: HMAC-SHA256 over name, method, expiry and content type.
// With the same base URL and key, each accepts the other's URLs. The key is the file's
// whole content, including a newline at its end.
//
// It is a separate package because it imports net/http and parts of the Go CDK, which a
// program that signs nothing doesn't need.
package localhttp
