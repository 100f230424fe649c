package files

import (
	"encoding/hex"
	"strings"
)

// Digest holds digests of a file's whole content, as hexadecimal text; "" is one
// that isn't known. Given to Put, it is checked while the content streams.
type Digest struct {
	CRC32C    string `json:"crc32c,omitempty"`    // Castagnoli, 8 digits
	MD5       string `json:"md5,omitempty"`       // 32 digits
	SHA256    string `json:"sha256,omitempty"`    // 64 digits
	CRC32     string `json:"crc32,omitempty"`     // IEEE, 8 digits
	CRC64NVME string `json:"crc64nvme,omitempty"` // 16 digits
}

// IsZero reports whether no digest is known.
func (d Digest) IsZero() bool { return d == Digest{} }

// Normalize returns the digests in lower case. Text of the wrong length or with other
// characters is an error that is ErrInvalid.
func (d Digest) Normalize() (Digest, error) {
	if d.IsZero() {
		return Digest{}, nil
	}
	return d.normalize()
}

// normalize is apart because it moves d to the heap, which a Put without digests need not pay.
func (d Digest) normalize() (Digest, error) {
	for _, f := range []struct {
		name string
		v    *string
		n    int
	}{{"CRC-32C", &d.CRC32C, 4}, {"MD5", &d.MD5, 16}, {"SHA-256", &d.SHA256, 32}, {"CRC-32", &d.CRC32, 4}, {"CRC-64/NVME", &d.CRC64NVME, 8}} {
		if *f.v == "" {
			continue
		}
		if b, err := hex.DecodeString(*f.v); err != nil || len(b) != f.n {
			return Digest{}, invalid("%s digest is not %d hexadecimal digits", f.name, 2*f.n)
		}
		*f.v = strings.ToLower(*f.v)
	}
	return d, nil
}

// Conflict names the first digest that both know and that differs, or "".
func (d Digest) Conflict(e Digest) string {
	differ := func(a, b string) bool { return a != "" && b != "" && !strings.EqualFold(a, b) }
	switch {
	case differ(d.CRC32C, e.CRC32C):
		return "CRC-32C"
	case differ(d.MD5, e.MD5):
		return "MD5"
	case differ(d.SHA256, e.SHA256):
		return "SHA-256"
	case differ(d.CRC32, e.CRC32):
		return "CRC-32"
	case differ(d.CRC64NVME, e.CRC64NVME):
		return "CRC-64/NVME"
	}
	return ""
}
