package resume

import (
	"context"

	"cloudfiles.dev/files/internal/cleanup"
)

// Settle lets a program that exits soon after its context has ended, such as a command
// at Ctrl-C, wait until its calls have cleaned up. A call returns within 100 ms of its
// context's end (X2), but removing an unfinished upload from a distant service may take
// longer, and the exit of the process would interrupt that.
//
//	ctx, settled := resume.Settle(ctx)
//	_, err := b.Put(ctx, name, content, nil)
//	settled()
//
// Settle returns a context for calls, and a function that waits until the calls with
// this context have removed what they left behind. The function waits at most 20
// seconds, after which the attempts to remove end, and returns at once if nothing was
// left behind. It doesn't wait for calls in progress. The function may be called again,
// and by several goroutines. An upload that wasn't removed yet when its call returned
// is named in that call's error. files.PutFS, and Apply of package transfer, wait by
// themselves.
//
// A nil context stays nil.
func Settle(ctx context.Context) (_ context.Context, settled func()) {
	if ctx == nil {
		return nil, func() {}
	}
	ctx, group := cleanup.With(ctx)
	return ctx, group.Wait
}
