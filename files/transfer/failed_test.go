package transfer_test

import (
	"context"
	"os"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

// TestFailedCopyInside: if a copy inside a store fails before or after it is done, the
// target has the old or the new file, whole, and no file is deleted.
func TestFailedCopyInside(t *testing.T) {
	for _, after := range []bool{false, true} {
		b := fine()
		put(t, b, "from/a=new", "to/a=old content")
		broken, n := counted(files.Wrap(b, files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op != files.OpCopy {
					return next(ctx)
				}
				if after {
					next(ctx)
				}
				return files.ErrUncertain
			},
		}))
		res, err := must(transfer.Copy(in(broken, "to"), in(b, "from"), nil)).Apply(t.Context())
		is(t, err, files.ErrUncertain)
		want := map[bool]string{false: "a=old content", true: "a=new"}[after]
		holds(t, in(b, "to"), want)
		holds(t, in(b, "from"), "a=new")
		if res.Failed != 1 ||
			n.ops[files.OpPut]+n.ops[files.OpDelete]+n.ops[files.OpDeleteMany] > 0 {
			t.Errorf("%+v; the operations are %v", res, n.ops)
		}
	}
}

// TestFailedLargeCopies: wherever the copy of a large file breaks off, before or after a
// step is done, the target has the old file or the new one, and no file is deleted. The
// next run stores the new one, and no part is left.
func TestFailedLargeCopies(t *testing.T) {
	p := random(60, 3<<20)
	inner := fine()
	putBytes(t, inner, "big", p, nil)
	src := readsOf(inner) // so that it isn't copied inside memory
	stored := 0
	for at := int64(1); ; at++ {
		for _, after := range []bool{false, true} {
			dst, dir := fine(), t.TempDir()
			put(t, dst, "big=old")
			var steps, deletes atomic.Int64
			broken := files.Wrap(dst, files.Hooks{
				Uploads: true,
				Around: func(ctx context.Context, c *files.Call,
					next func(context.Context) error) error {
					if c.Op == files.OpDelete || c.Op == files.OpDeleteMany {
						deletes.Add(1)
					}
					if c.Op != files.OpUpload && c.Op != files.OpPut {
						return next(ctx)
					}
					switch k := steps.Add(1); {
					case k < at:
						return next(ctx)
					case k == at && after:
						next(ctx)
					}
					return errCut
				},
			})
			o := &transfer.Options{ResumeSize: 1 << 20, StateDir: dir}
			_, err := must(transfer.Copy(whole(broken), whole(src), o)).Apply(t.Context())
			if err == nil { // there is no step of that number
				if at < 10 || stored == 0 {
					t.Errorf("the copy has %d steps", at)
				}
				return
			}
			is(t, err, files.ErrUnavailable)
			text, err := files.ReadString(t.Context(), dst, "big", nil)
			if err != nil || text != "old" && text != string(p) {
				t.Errorf("step %d, after %t: the target has %d bytes, %v", at, after, len(text),
					err)
			}
			if text == string(p) {
				stored++
			}
			if deletes.Load() > 0 {
				t.Errorf("step %d, after %t: %d deletions", at, after, deletes.Load())
			}
			apply(t, must(transfer.Copy(whole(dst), whole(src), o)))
			wantBytes(t, dst, "big", p)
			// If the response to the beginning is lost, nobody knows the upload, which has
			// no part. If the response to the end is lost, the note is left for a week.
			for u, err := range resume.Uploads(t.Context(), dst, "") {
				if u.Size > 0 || err != nil {
					t.Errorf("step %d, after %t: %+v is left, %v", at, after, u, err)
				}
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 && text != string(p) {
				t.Errorf("step %d, after %t: %v is left, %v", at, after, left, err)
			}
		}
	}
}
