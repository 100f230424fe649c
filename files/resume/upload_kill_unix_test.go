//go:build unix

package resume_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
)

// uploadUntilKilled is the killed process: it uploads a number of parts, and then waits
// at the next event. With no parts it waits before the upload begins.
func uploadUntilKilled(b files.Bucket, parts int) {
	s := uploading(os.Getenv("RESUME_TOKEN"))
	event := s.opts.Event
	wait := func() {
		os.Stdout.WriteString("waiting\n")
		select {}
	}
	s.opts.Event = func(e resume.UploadEvent) {
		if event(e); s.sent >= int64(parts)*part {
			wait()
		}
	}
	s.opts.Save = func(token string) error {
		if token == "" { // the file is stored, but the event hasn't been reported
			wait()
		}
		return nil
	}
	_, err := resume.UploadFile(context.Background(), b, "dir/f", os.Getenv("RESUME_PATH"), &s.opts)
	panic(err)
}

// TestUploadKilled: if an upload is killed several times in a row, the last time after
// the commit, the file is the old one until it is the new one, and hardly anything is
// sent twice.
func TestUploadKilled(t *testing.T) {
	const count = 100
	folder, dir := t.TempDir(), t.TempDir()
	b, err := local.Open(folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	want := content(12, count*part)
	path, token := filepath.Join(dir, "source"), filepath.Join(dir, "token")
	if err := os.WriteFile(path, want, 0o666); err != nil {
		t.Fatal(err)
	}
	put(t, b, "dir/f", []byte("old"))
	sent := 0
	for _, parts := range []int{0, 1, 30, 40, 2 * count} {
		killChild(t, "RESUME_CHILD="+strconv.Itoa(parts), "RESUME_BUCKET="+folder,
			"RESUME_PATH="+path, "RESUME_TOKEN="+token)
		if parts < count {
			sent += parts * part
			wantStored(t, b, "dir/f", []byte("old"))
		} else {
			wantStored(t, b, "dir/f", want)
		}
		if parts == 40 { // what all four processes together may have sent twice
			left := unfinished(t, b)
			if len(left) != 1 || left[0].Size < 71*part {
				t.Errorf("the service has %+v of the %d bytes that were sent", left, sent)
			}
		}
	}
	s := uploading(token)
	info, err := resume.UploadFile(t.Context(), b, "dir/f", path, &s.opts)
	if err != nil || s.sent != 0 || !s.has(resume.UploadFound) {
		t.Fatalf("%+v, %v: %v, %d bytes were sent", info, err, s.kinds, s.sent)
	}
	if stat := wantStored(t, b, "dir/f", want); stat.Version != info.Version {
		t.Errorf("%+v, stored is %+v", info, stat)
	}
	if left := unfinished(t, b); len(left) > 0 {
		t.Errorf("%+v is left", left)
	}
}
