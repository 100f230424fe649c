// Package localhttp signs URLs for buckets on the local disk, and serves and accepts
// what was signed. Import it for the URL parameters base_url and secret_key_path, which
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
// or give a [Signer] to local.Options. The signature is the one of
// gocloud.dev/blob/fileblob: HMAC-SHA256 over name, method, expiry and content type. If
// base URL and key are the same, each accepts the other's URLs. The key is the file's
// content as it is, with a newline at its end if there is one.
//
// It is a package of its own because it imports net/http and parts of the Go CDK, which
// a program that signs nothing doesn't need.
package localhttp
