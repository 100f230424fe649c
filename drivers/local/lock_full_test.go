package local

import (
	"errors"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
)

// If there is no room for the lock file, an unconditional Delete does without it, since
// it makes room. Every other change needs the lock (D3).
func TestDeleteWithoutRoomForLock(t *testing.T) {
	for _, cause := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS} {
		dir := memdir.New(t)
		prepared := openBucket(t, dir, noSync)
		for _, name := range []string{"a", "b"} {
			putIn(t, prepared, name, name, nil)
		}
		version := stat(t, prepared, "b").Version
		h := &hookFS{noDirLocks: true}
		b := openHooked(t, dir, noSync, h)
		h.before = func(op, _ string) error {
			if op == "openlock" {
				return cause
			}
			return nil
		}
		if err := b.Delete(t.Context(), "a", nil); err != nil {
			t.Errorf("Delete without the lock (%v) = %v, want nil", cause, err)
		}
		if _, err := b.Stat(t.Context(), "a", nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("Stat after Delete = %v, want ErrNotExist", err)
		}
		err := b.Delete(t.Context(), "b", &files.DeleteOptions{IfVersion: version})
		if !errors.Is(err, cause) {
			t.Errorf("Delete of a version without the lock = %v, want %v", err, cause)
		}
		if _, err := files.PutString(t.Context(), b, "b", "new", nil); !errors.Is(err, cause) {
			t.Errorf("Put without the lock = %v, want %v", err, cause)
		}
		if s, _ := fetch(t, b, "b"); s != "b" {
			t.Errorf("b is %q, want %q", s, "b")
		}
	}
}
