package bench

import (
	"io"
	"runtime"
	"runtime/debug"
	"testing"

	"cloudfiles.dev/files"
)

// stream is a reader of n bytes that reports no length. It samples the process's memory
// while it is read.
type stream struct {
	n    int64
	peak uint64
	next int64 // the next sample is taken when n falls to this
}

func (s *stream) Read(p []byte) (int, error) {
	if s.n == 0 {
		return 0, io.EOF
	}
	if s.n <= s.next {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		s.peak = max(s.peak, m.Sys-m.HeapReleased)
		s.next = s.n - 64<<20
	}
	p = p[:min(int64(len(p)), s.n)]
	for i := 0; i < len(p); i += 512 {
		p[i] = byte(s.n >> 20)
	}
	s.n -= int64(len(p))
	return len(p), nil
}

// TestPutMemory checks that a Put of a large stream of unknown length takes at most
// 32 MiB of memory (P11).
func TestPutMemory(t *testing.T) {
	size := int64(4 << 30)
	if testing.Short() {
		size = 256 << 20
	}
	s := openLocal(t, folder(t), false, files.PutOptions{}).(bucket)
	debug.FreeOSMemory()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	src := &stream{n: size, next: size}
	info, err := s.b.Put(ctx, "large.bin", src, nil)
	if err != nil || info.Size != size {
		t.Fatalf("Put of %d bytes: size %d, %v", size, info.Size, err)
	}
	above := int64(src.peak) - int64(before.Sys-before.HeapReleased)
	t.Logf("%d MiB put; at most %d KiB above the start", size>>20, above>>10)
	if above > 32<<20 {
		t.Errorf("Put of %d MiB took %d MiB of memory, want at most 32", size>>20, above>>20)
	}
}
