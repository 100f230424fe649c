package s3

import (
	"testing"
)

// TestDirectoryAccessPoint: an access point of a directory bucket lists as one.
func TestDirectoryAccessPoint(t *testing.T) {
	for bucket, want := range map[string]bool{
		"b--use1-az4--x-s3": true, "b--use1-az4--xa-s3": true, "b-s3alias": false, "x-s3": false,
	} {
		b := newBackend(offlineClient("http://127.0.0.1:1"), bucket, Options{Profile: amazon})
		if b.isDirectory() != want || b.Features().Ordered == want {
			t.Errorf("%s: directory %v, ordered %v, want %v and %v", bucket, b.isDirectory(),
				b.Features().Ordered, want, !want)
		}
	}
}
