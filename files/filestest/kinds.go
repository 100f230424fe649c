package filestest

import (
	"fmt"
	"slices"

	"cloudfiles.dev/files"
)

// given says of which operations alone a driver returns an error of this kind. Every
// operation can fail with the other kinds. The drivers' error mappings are compared with
// it by the tests of package drivers/all.
var given = map[error][]files.Op{
	files.ErrNotExist:     {files.OpGet, files.OpStat, files.OpCopy, files.OpCopyFrom},
	files.ErrExist:        {files.OpPut, files.OpCopy},
	files.ErrNotModified:  {files.OpGet},
	files.ErrPrecondition: {files.OpPut, files.OpGet, files.OpDelete, files.OpCopy},
	files.ErrUncertain:    {files.OpPut, files.OpDelete, files.OpDeleteMany, files.OpCopy},
	files.ErrChanged:      {files.OpGet, files.OpCopy},
}

// Gives reports whether a driver of this service can return an error of this kind, one
// of the sentinels of package files, from this operation. It returns false if kind is
// nil.
func (p Personality) Gives(op files.Op, kind error) bool {
	if kind == nil {
		return false
	}
	ops, some := given[kind]
	return !some || slices.Contains(ops, op)
}

// AnyError lets rules return errors that no driver returns. Without it they fail the
// test.
func AnyError() Option { return func(c *config) { c.anyError = true } }

// foreign says that no driver gives an error of this kind from the operation, or returns
// "".
func (b *instruments) foreign(op files.Op, err error) string {
	if b.gives == nil {
		return ""
	}
	kind := files.KindOf(err)
	if b.gives(op, kind) {
		return ""
	}
	what := "an error that is none of the sentinels"
	if kind != nil {
		what = fmt.Sprintf("Err%s", files.KindName(kind))
	}
	return fmt.Sprintf("%s never returns %s from %s, so no program has to expect it; "+
		"filestest.AnyError allows it", b.driver, what, op)
}
