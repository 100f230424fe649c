package fileshttp

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// parseDigests parses the digests of an upload: Content-Digest and Repr-Digest (RFC
// 9530), which mean the same for content that is stored as it comes, and Content-MD5.
// Algorithms other than sha-256 and md5 are ignored.
func parseDigests(h http.Header) (files.Digest, error) {
	var d files.Digest
	set := func(field *string, size int, sum []byte, err error) error {
		text := hex.EncodeToString(sum)
		if err != nil || len(sum) != size || *field != "" && *field != text {
			return driver.Errorf(files.ErrInvalid,
				"a digest of the request is malformed, or another header has a different one")
		}
		*field = text
		return nil
	}
	for _, line := range append(h.Values("Content-Digest"), h.Values("Repr-Digest")...) {
		for item := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
			field, size := &d.SHA256, 32
			switch name {
			case "sha-256":
			case "md5":
				field, size = &d.MD5, 16
			default:
				continue
			}
			value, ok := strings.CutPrefix(value, ":")
			value, ok2 := strings.CutSuffix(value, ":")
			if !ok || !ok2 {
				return d, driver.Errorf(files.ErrInvalid,
					"%s is malformed; want it in base64 between colons (RFC 9530)", name)
			}
			sum, err := base64.StdEncoding.DecodeString(value)
			if err := set(field, size, sum, err); err != nil {
				return d, err
			}
		}
	}
	if v := h.Get("Content-Md5"); v != "" {
		sum, err := base64.StdEncoding.DecodeString(v)
		if err := set(&d.MD5, 16, sum, err); err != nil {
			return d, err
		}
	}
	return d, nil
}
