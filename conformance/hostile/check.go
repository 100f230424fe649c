package hostile

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"cloudfiles.dev/files"
)

// check is one operation under one way.
type check struct {
	*runner
	way  *Way
	op   *operation
	hits func(int) bool
	most int // requests

	endpoint *endpoint
	bucket   files.Bucket

	written     files.Version // the version that a write returned
	writtenName string
	deleted     *files.DeleteResult
}

// outcome is the result of a check.
type outcome struct {
	err      error
	wrong    string
	requests int
	late     time.Duration
	log      string
}

// run makes the operation, with a context that ends after limit.
func (c *check) run(limit time.Duration) (out outcome) {
	store := c.world.store.Clone()
	c.endpoint = newEndpoint(c.cfg.Service, store, c.way, c.hits, c.other)
	defer c.endpoint.close()
	c.bucket = c.cfg.Open(c.endpoint.url())
	defer c.bucket.Close()
	ctx, cancel := context.WithTimeout(c.t.Context(), limit)
	defer cancel()
	if c.most > 0 {
		c.endpoint.tooMany(4*c.most, cancel)
	}
	awake := control(ctx)
	wrong := c.call(ctx, &out)
	if ctx.Err() != nil {
		out.late = time.Since(awake())
	}
	out.requests, _ = c.endpoint.count()
	out.log = c.endpoint.log()
	if out.wrong == "" {
		out.wrong = c.judge(wrong, out.err, store.Files())
	}
	if out.wrong == "" && out.err == nil && c.writtenName != "" {
		out.wrong = c.judgeVersion()
	}
	return out
}

// call makes the call. A panic of the call becomes out.wrong.
func (c *check) call(ctx context.Context, out *outcome) (wrong string) {
	defer func() {
		if p := recover(); p != nil {
			out.wrong = fmt.Sprintf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	wrong, out.err = c.op.do(ctx, c)
	return wrong
}

// judgeVersion compares the version that a write returned with the file's version.
func (c *check) judgeVersion() string {
	if !c.world.features.PutReturnsVersion && c.written == "" || !c.world.features.Versions {
		return ""
	}
	c.endpoint.truthful()
	ctx, cancel := context.WithTimeout(c.t.Context(), guardTime)
	defer cancel()
	b := c.cfg.Open(c.endpoint.url())
	defer b.Close()
	info, err := b.Stat(ctx, c.writtenName, nil)
	if err != nil {
		if errors.Is(err, files.ErrNotExist) {
			return "nil, but the file isn't there"
		}
		return fmt.Sprintf("Stat of the written file, with true responses: %v", err)
	}
	if bad := c.version(c.written, info.Version); bad != "" {
		return "nil, but " + bad
	}
	return ""
}
