package transfer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// withDigests is a bucket whose Stat and Get have only some of the digests.
func withDigests(b files.Bucket, keep func(files.Digest) files.Digest) files.Bucket {
	return files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			err := next(ctx)
			if c.Op == files.OpStat {
				c.Info.Digest = keep(c.Info.Digest)
			}
			return err
		},
	})
}

// TestNotCompared: files without a digest in common are neither equal nor changed. The
// plan says so, a copy takes them, and a move deletes none that it didn't copy.
func TestNotCompared(t *testing.T) {
	src, dst := fine(), fine()
	put(t, src, "a=1", "b=same")
	put(t, dst, "a=2", "b=same")
	crc := func(d files.Digest) files.Digest { return files.Digest{CRC32C: d.CRC32C} }
	for what, from := range map[string]files.Bucket{
		"none": withDigests(src, func(files.Digest) files.Digest { return files.Digest{} }),
		"another": withDigests(src, func(files.Digest) files.Digest {
			return files.Digest{MD5: "d41d8cd98f00b204e9800998ecf8427e"}
		}),
	} {
		to := withDigests(dst, crc)
		o := &transfer.Options{Compare: transfer.ByDigest}
		plans(t, must(transfer.Copy(whole(to), whole(from), o)), "copy a noDigest",
			"copy b noDigest")
		plans(t, must(transfer.Move(whole(to), whole(from), nil)), "move a noDigest",
			"move b noDigest")
		o.NoOverwrite = true
		if res := apply(t, must(transfer.Move(whole(to), whole(from), o))); res.Moved != 0 ||
			res.Skipped != 2 {
			t.Errorf("%s: %+v, want both skipped", what, res)
		}
		o = &transfer.Options{Compare: transfer.ByDigestOrContent}
		plans(t, must(transfer.Copy(whole(to), whole(from), o)), "copy a content")
	}
	plans(t, must(transfer.Copy(whole(withDigests(dst, crc)), whole(withDigests(src, crc)),
		&transfer.Options{Compare: transfer.ByDigest})), "copy a digest")
	holds(t, whole(src), "a=1", "b=same")
}

// TestUnlikeResolutions: between buckets whose times have different resolutions, two
// seconds as on FAT among them, the second plan finds by the listings alone that nothing
// is to do, and a later change is copied.
func TestUnlikeResolutions(t *testing.T) {
	resolutions := []time.Duration{time.Nanosecond, time.Millisecond, time.Second, 2 * time.Second}
	for _, s := range resolutions {
		for _, d := range resolutions {
			t.Run(fmt.Sprintf("%v to %v", s, d), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					src, srcOps := counted(mem.New(&mem.Options{TimeResolution: s}))
					dst, dstOps := counted(mem.New(&mem.Options{TimeResolution: d}))
					put(t, src, "a=1", "b")
					plan := must(transfer.Sync(whole(dst), whole(src), nil))
					apply(t, plan)
					srcOps.reset()
					dstOps.reset()
					plans(t, plan)
					srcOps.only(t, "source", map[files.Op]int{files.OpList: 1})
					dstOps.only(t, "target", map[files.Op]int{files.OpList: 1})
					put(t, src, "a=2")
					apply(t, plan)
					holds(t, whole(dst), "a=2", "b")
				})
			})
		}
	}
}

// TestOnlyTheTimeChanged: a file of which only the time was changed has its type,
// headers and metadata after the next run, whatever is compared. The time that the
// copy stores is the new one, and nothing is left to do.
func TestOnlyTheTimeChanged(t *testing.T) {
	src, dir := folder(t)
	dst := fine()
	attributes := files.Attributes{
		ContentType:     "text/x-own",
		CacheControl:    "no-cache",
		ContentLanguage: "de",
		Metadata:        map[string]string{"k": "v"},
	}
	if _, err := files.PutString(t.Context(), src, "a", "content",
		&files.PutOptions{Attributes: attributes}); err != nil {
		t.Fatal(err)
	}
	for i, o := range []*transfer.Options{
		{}, {}, {StoreTime: true}, {StoreTime: true},
		{Compare: transfer.ByStoredTime}, {Compare: transfer.ByStoredTime},
		{Compare: transfer.ByDigestOrContent}, {Compare: transfer.BySize},
	} {
		when := time.Now()
		if err := os.Chtimes(filepath.Join(dir, "a"), when, when); err != nil {
			t.Fatal(err)
		}
		plan := must(transfer.Sync(whole(dst), whole(src), o))
		apply(t, plan)
		plans(t, plan)
		info, err := dst.Stat(t.Context(), "a", nil)
		stored := info.Metadata["mtime"]
		delete(info.Metadata, "mtime")
		if err != nil || fmt.Sprint(info.Attributes) != fmt.Sprint(attributes) {
			t.Errorf("%d: %+v, %v, want %+v", i, info.Attributes, err, attributes)
		}
		if (o.StoreTime || o.Compare == transfer.ByStoredTime) && stored != stamp(when) {
			t.Errorf("%d: the stored time is %q, want %q", i, stored, stamp(when))
		}
	}
}

// stamp returns a time as transfers store it.
func stamp(at time.Time) string {
	return strings.TrimRight(fmt.Sprintf("%d.%09d", at.Unix(), at.Nanosecond()), "0")
}
