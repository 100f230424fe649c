package files_test

import (
	"context"
	"io"
	"runtime"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestBodyInBrokenCode: a panic or runtime.Goexit of the writer or the loop that reads
// a body is reported to Done, like that of a listing's loop.
func TestBodyInBrokenCode(t *testing.T) {
	ctx := context.Background()
	layered := func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
		return io.MultiReader(r)
	}
	for name, end := range map[string]func(){
		"panic":  func() { panic("of the caller") },
		"Goexit": runtime.Goexit,
	} {
		broken := writerFunc(func([]byte) (int, error) { end(); return 0, nil })
		for use, read := range map[string]func(b files.Bucket){
			"WriteTo": func(b files.Bucket) {
				r, _ := b.Get(ctx, "a", nil)
				defer r.Close()
				r.WriteTo(broken)
			},
			"Chunks": func(b files.Bucket) {
				r, _ := b.Get(ctx, "a", nil)
				defer r.Close()
				for range r.Chunks(2) {
					end()
				}
			},
			"Download": func(b files.Bucket) { files.Download(ctx, b, "a", broken, nil) },
		} {
			for _, layer := range []files.Hooks{{}, {Body: layered}} {
				in := files.Wrap(mem.New(nil), layer)
				if _, err := files.PutString(ctx, in, "a", "content", nil); err != nil {
					t.Fatal(err)
				}
				var e ends
				b := e.watching(in, files.Hooks{}, nil)
				over := make(chan struct{})
				go func() {
					defer close(over)
					defer func() { recover() }()
					read(b)
				}()
				<-over
				e.check(t, use+" with "+name, true)
			}
		}
	}
	// Breaking off a loop, or reading to the end after a panic, is not an error.
	in := mem.New(nil)
	if _, err := files.PutString(ctx, in, "a", "content", nil); err != nil {
		t.Fatal(err)
	}
	var e ends
	b := e.watching(in, files.Hooks{}, nil)
	for _, all := range []bool{false, true} {
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() { recover() }()
			for range r.Chunks(2) {
				if !all {
					break
				}
				panic("of the caller")
			}
		}()
		if all {
			if _, err := r.ReadAll(); err != nil {
				t.Errorf("behind a panic: %v, want no error", err)
			}
		}
		r.Close()
	}
	e.check(t, "a loop that is broken off, or goes on", false)
}
