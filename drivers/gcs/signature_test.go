package gcs

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signedWell checks a signature of version 4 as the service does, by the canonical
// request of what was sent and the key
// (https://cloud.google.com/storage/docs/authentication/canonical-requests).
func signedWell(r *http.Request) bool {
	key, err := signKey()
	if err != nil {
		return false
	}
	q := r.URL.Query()
	sig, err := hex.DecodeString(q.Get("X-Goog-Signature"))
	if err != nil || len(sig) == 0 || q.Get("X-Goog-Algorithm") != "GOOG4-RSA-SHA256" {
		return false
	}
	at, err := time.Parse("20060102T150405Z", q.Get("X-Goog-Date"))
	life, err2 := strconv.Atoi(q.Get("X-Goog-Expires"))
	if err != nil || err2 != nil || time.Since(at) > time.Duration(life)*time.Second {
		return false
	}
	q.Del("X-Goog-Signature")
	_, scope, _ := strings.Cut(q.Get("X-Goog-Credential"), "/")
	names := q.Get("X-Goog-SignedHeaders")
	var headers strings.Builder
	for name := range strings.SplitSeq(names, ";") {
		v := r.Header.Get(name)
		if name == "host" {
			v, _, _ = strings.Cut(r.Host, ":")
		}
		headers.WriteString(name + ":" + strings.Join(strings.Fields(v), " ") + "\n")
	}
	if r.Header.Get("Content-Type") != "" && !slices.Contains(strings.Split(names, ";"),
		"content-type") {
		// a PUT with a type that wasn't signed doesn't match the canonical request either
		return false
	}
	payload := "UNSIGNED-PAYLOAD"
	request := r.Method + "\n" + canonicalPath(r.URL) + "\n" + strings.ReplaceAll(q.Encode(), "+",
		"%20") + "\n" + headers.String() + "\n" + names + "\n" + payload
	sum := sha256.Sum256([]byte(request))
	text := "GOOG4-RSA-SHA256\n" + q.Get("X-Goog-Date") + "\n" + scope + "\n" +
		hex.EncodeToString(sum[:])
	hash := sha256.Sum256([]byte(text))
	return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, hash[:], sig) == nil
}

// canonicalPath is the path with everything but slashes escaped.
func canonicalPath(u *url.URL) string {
	parts := strings.Split(u.Path, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.QueryEscape(p), "+", "%20")
	}
	return strings.Join(parts, "/")
}
