package check

import (
	"context"
	"fmt"
	"math"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// LiarSize is the length of a Liar's bodies in bytes.
const LiarSize = 2600

// liarLengths are the lengths that a Liar reports for its bodies of LiarSize bytes.
var liarLengths = []int64{
	-1, math.MinInt64, LiarSize + 1, 1 << 40, math.MaxInt64 - 1, math.MaxInt64,
}

// Liar is a store that reports a wrong length for every body.
type Liar struct {
	Memory
	length int64
	// size reports whether the file's size is wrong too, and not only the body's.
	size bool
}

func (l *Liar) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	o, err := l.Memory.Open(ctx, req)
	o.Length = l.length
	if l.size {
		o.Info.Size, o.Info.Digest = l.length, files.Digest{}
	}
	return o, err
}

func (l *Liar) Copy(
	context.Context, driver.Backend, *driver.CopyRequest,
) (files.Info, error) {
	return files.Info{}, files.ErrUnsupported
}

// EachLiar calls do with a store for each wrong length and for each way to report it.
func EachLiar(do func(what string, l *Liar)) {
	for _, n := range liarLengths {
		for _, size := range []bool{false, true} {
			what := fmt.Sprintf("a body of %d bytes that is reported to have %d", LiarSize, n)
			if size {
				what = fmt.Sprintf("a file of %d bytes that is reported to have %d", LiarSize, n)
			}
			do(what, &Liar{driver.Unwrap(mem.New(nil)).(Memory), n, size})
		}
	}
}

// Memory has the optional interfaces of mem's backend.
type Memory interface {
	driver.Backend
	driver.Copier
	driver.ManyDeleter
	driver.Identifier
}
