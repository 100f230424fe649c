package transfer_test

import (
	"testing"
	"testing/fstest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// TestFutureTimes: a file whose time is in the future is copied once, into memory and
// onto a disk, also if it is large. A later change of its content is copied too.
func TestFutureTimes(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	for _, ahead := range []time.Duration{10 * time.Second, time.Hour, century} {
		for _, target := range []string{"memory", "disk"} {
			dst := fine()
			if target == "disk" {
				dst, _ = folder(t)
			}
			when := time.Now().Add(ahead)
			tree := fstest.MapFS{
				"small": {Data: []byte("content"), ModTime: when},
				"large": {Data: random(7, 3<<10), ModTime: when},
				"old":   {Data: []byte("content"), ModTime: time.Unix(1e9, 0)},
			}
			src := fromFS(t, tree, nil)
			o := &transfer.Options{ResumeSize: 2 << 10, StateDir: t.TempDir()}
			plan := must(transfer.Sync(whole(dst), whole(src), o))
			apply(t, plan)
			holdsTree(t, dst, tree)
			plans(t, plan)
			info, err := dst.Stat(t.Context(), "old", nil)
			if err != nil || len(info.Metadata) > 0 {
				t.Errorf("%s: the metadata of an old file is %v, %v", target, info.Metadata, err)
			}
			tree["small"] = &fstest.MapFile{Data: []byte("CONTENT"), ModTime: when.Add(time.Second)}
			plans(t, plan, "copy small newer")
			apply(t, plan)
			holdsTree(t, dst, tree)
			plans(t, plan)
		}
	}
}

// TestSkewedTimes: with a ClockSkew, a file that was changed within it is copied once,
// though the times don't show that the copy is later.
func TestSkewedTimes(t *testing.T) {
	dst := fine()
	tree := fstest.MapFS{"a": {Data: []byte("content"), ModTime: time.Now().Add(-time.Minute)}}
	plan := must(transfer.Sync(whole(dst), whole(fromFS(t, tree, nil)),
		&transfer.Options{ClockSkew: 15 * time.Minute}))
	apply(t, plan)
	plans(t, plan)
	tree["a"] = &fstest.MapFile{Data: []byte("CONTENT"), ModTime: time.Now().Add(-time.Second)}
	plans(t, plan, "copy a newer")
}

// holdsTree checks that the bucket has the content of the file system.
func holdsTree(t *testing.T, b files.Bucket, tree fstest.MapFS) {
	t.Helper()
	for name, f := range tree {
		wantBytes(t, b, name, f.Data)
	}
}

// TestLargeSkewed: a run continues a large file of which the run before was to store the
// time, though its own copies would not store it.
func TestLargeSkewed(t *testing.T) {
	p := random(8, largeSize)
	dst, inner := fine(), fine()
	putBytes(t, inner, "big", p, nil)
	src := readsOf(inner)
	o := resuming(t.TempDir())
	o.ClockSkew = 15 * time.Minute
	cutOff(t, dst, src, largeSize/2, o)
	o.ClockSkew = 0
	apply(t, must(transfer.Copy(in(dst, "there"), whole(src), o)))
	info := wantBytes(t, dst, "there/big", p)
	if n := src.n.Load(); n > largeSize*6/10+100 || info.Metadata["mtime"] == "" {
		t.Errorf("%d bytes of %d were read again, and the metadata is %v",
			n, largeSize, info.Metadata)
	}
}
