package local

import (
	"runtime"
	"sync"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// keeper closes the file of a body that became unreachable without a Close. Released
// keepers are reused, because making one takes longer than a system call.
type keeper struct{ kept *kept }

// kept is what a keeper closes. It doesn't refer to the keeper.
type kept struct{ f fsys.File }

var keepers = sync.Pool{New: func() any {
	k := &keeper{kept: &kept{}}
	runtime.AddCleanup(k, (*kept).close, k.kept)
	return k
}}

func (k *kept) close() {
	if k.f != nil {
		k.f.Close()
	}
}

// keepFile returns the keeper of an open file.
func keepFile(f fsys.File) *keeper {
	k := keepers.Get().(*keeper)
	k.kept.f = f
	return k
}

// release returns the keeper to the pool; it may be called once. The caller closes the
// file.
func (k *keeper) release() {
	k.kept.f = nil
	keepers.Put(k)
}
