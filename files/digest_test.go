package files_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestDigestsExactly: a digest has exactly its number of digits, each of them
// hexadecimal.
func TestDigestsExactly(t *testing.T) {
	var d files.Digest
	for field, n := range map[*string]int{
		&d.CRC32C: 8, &d.MD5: 32, &d.SHA256: 64, &d.CRC32: 8, &d.CRC64NVME: 16,
	} {
		for length := range 2 * n {
			*field = strings.Repeat("F", length)
			got, err := d.Normalize()
			if (err == nil) != (length == 0 || length == n) ||
				err == nil && got.IsZero() != (length == 0) {
				t.Errorf("%+v: %v, %v, want %d digits", d, got, err, n)
			}
		}
		for c := range 256 {
			*field = strings.Repeat("0", n-1) + string([]byte{byte(c)})
			_, err := d.Normalize()
			hex := strings.IndexByte("0123456789abcdefABCDEF", byte(c)) >= 0
			if (err == nil) != hex {
				t.Errorf("Normalize of %+v: %v, and it is hexadecimal: %v", d, err, hex)
			}
		}
		*field = ""
	}
}
