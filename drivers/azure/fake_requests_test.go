package azure

import (
	"testing"

	"cloudfiles.dev/drivers/internal/samerequests"
	"cloudfiles.dev/files/filestest"
)

// TestFakeRequests: the fake charges what the driver sends.
func TestFakeRequests(t *testing.T) {
	b, p := proxied(t)
	// The emulator lacks Put Blob From URL, for which the driver asks once.
	blocks := func(n map[string]int) {
		delete(n, "PutBlobFromURL")
		n["PutBlockFromURL"], n["PutBlockList"] = 1, 1
	}
	samerequests.Compare(t, filestest.Azure, b, p.Reset, p.Counts, map[string]func(map[string]int){
		"copy": func(n map[string]int) {
			n["PutBlockFromURL"], n["PutBlockList"] = 1, 1
		},
		"copy of a version":                blocks,
		"copy with the whole Info":         blocks,
		"copy onto itself with attributes": blocks,
		"move":                             blocks,
	})
}
