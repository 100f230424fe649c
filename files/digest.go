package files

import "strings"

// Digest holds digests of a file's whole content, as hexadecimal text; "" is a digest
// that isn't known. A Digest that is given to Put is checked while the content streams.
type Digest struct {
	CRC32C    string `json:"crc32c,omitempty"`    // Castagnoli, 8 digits
	MD5       string `json:"md5,omitempty"`       // 32 digits
	SHA256    string `json:"sha256,omitempty"`    // 64 digits
	CRC32     string `json:"crc32,omitempty"`     // IEEE, 8 digits
	CRC64NVME string `json:"crc64nvme,omitempty"` // 16 digits
}

// IsZero reports whether no digest is known.
func (d Digest) IsZero() bool { return d == Digest{} }

// Normalize returns the digests in lower case. It returns ErrInvalid for text of the
// wrong length or with other characters.
func (d Digest) Normalize() (Digest, error) {
	for _, f := range [...]struct {
		name, text string
		n          int
	}{
		{"CRC-32C", d.CRC32C, 8},
		{"MD5", d.MD5, 32},
		{"SHA-256", d.SHA256, 64},
		{"CRC-32", d.CRC32, 8},
		{"CRC-64/NVME", d.CRC64NVME, 16},
	} {
		if f.text != "" && (len(f.text) != f.n || !isHex(f.text)) {
			return Digest{}, invalid("%s digest is not %d hexadecimal digits", f.name, f.n)
		}
	}
	return Digest{
		CRC32C:    strings.ToLower(d.CRC32C),
		MD5:       strings.ToLower(d.MD5),
		SHA256:    strings.ToLower(d.SHA256),
		CRC32:     strings.ToLower(d.CRC32),
		CRC64NVME: strings.ToLower(d.CRC64NVME),
	}, nil
}

func isHex(s string) bool {
	for _, c := range []byte(s) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// Conflict returns the name of the first digest that both have and that differs, or "".
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
