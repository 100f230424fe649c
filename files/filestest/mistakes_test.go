package filestest_test

import (
	"context"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestWrongRules: what is wrong in the source of a test fails it once, with the rule's
// line and the argument, and the rule is applied to no call.
func TestWrongRules(t *testing.T) {
	for _, c := range []struct {
		op   files.Op
		on   string
		rule func(*filestest.Rule)
		want string
	}{
		{op: "putt", rule: func(*filestest.Rule) {}, want: "no such operation"},
		{op: files.OpStat, on: "[", rule: func(*filestest.Rule) {}, want: `"[": syntax error`},
		{op: files.OpStat, rule: func(r *filestest.Rule) { r.Nth(0) }, want: "Nth(0): "},
		{op: files.OpStat, rule: func(r *filestest.Rule) { r.Nth(-1) }, want: "Nth(-1): "},
		{op: files.OpStat, rule: func(r *filestest.Rule) { r.Times(-2) }, want: "Times(-2): "},
		{op: files.OpStat, rule: func(r *filestest.Rule) { r.Rate(2, 7) }, want: "Rate(2, 7): "},
		{
			op:   files.OpStat,
			rule: func(r *filestest.Rule) { r.Rate(math.NaN(), 7) },
			want: "Rate(NaN",
		},
		{op: files.OpStat, rule: func(r *filestest.Rule) { r.Delay(-1) }, want: "Delay(-1ns): "},
		{op: files.OpStat, rule: func(r *filestest.Rule) { r.Fail(nil) }, want: "Fail(nil): "},
		{
			op:   files.OpPut,
			rule: func(r *filestest.Rule) { r.Fail(files.ErrNotExist) },
			want: "the driver of clouds never returns ErrNotExist from put",
		},
		{
			op:   files.OpGet,
			rule: func(r *filestest.Rule) { r.BreakAfter(-1) },
			want: "BreakAfter(-1): ",
		},
		{
			op:   files.OpStat,
			rule: func(r *filestest.Rule) { r.BreakAfter(1) },
			want: "BreakAfter: only",
		},
		{
			op:   files.OpGet,
			rule: func(r *filestest.Rule) { r.StallAfter(1, -time.Second) },
			want: "StallAfter(1, -1s): ",
		},
		{
			op:   files.OpStat,
			rule: func(r *filestest.Rule) { r.LoseAnswer(filestest.Stored) },
			want: "LoseAnswer: it is for writes",
		},
		{
			op:   files.OpPut,
			rule: func(r *filestest.Rule) { r.LoseAnswer(7) },
			want: "LoseAnswer(7): ",
		},
		{op: files.OpPut, rule: func(r *filestest.Rule) { r.Do(nil) }, want: "Do(nil): "},
		{
			op: files.OpPut,
			rule: func(r *filestest.Rule) {
				r.Fail(files.ErrUnavailable).LoseAnswer(filestest.Stored)
			},
			want: "LoseAnswer: the rule has Fail already",
		},
		{
			op:   files.OpPut,
			rule: func(r *filestest.Rule) { r.Nth(-1).Fail(files.ErrUnavailable) },
			want: "Nth(-1): ",
		},
	} {
		o := observe(t)
		b := filestest.New(o)
		c.rule(b.On(c.op, c.on))
		put(t, b, "a", "x") // which no such rule touches
		if _, err := b.Stat(t.Context(), "a", nil); err != nil {
			t.Errorf("Stat beside a mistaken rule (%s): %v", c.want, err)
		}
		o.end()
		o.want(t, c.want)
		if !strings.Contains(o.errors[0], "at filestest/mistakes_test.go:") {
			t.Errorf("no line is shown: %s", o.errors[0])
		}
	}
}

// TestMistakes: what makes no sense ends the test with its name, instead of a panic, or
// of a check that passes.
func TestMistakes(t *testing.T) {
	some := filestest.Tree{"a": "x"}
	for want, f := range map[string]func(o *observed, b *filestest.Bucket){
		"New: option 2 is nil": func(o *observed, _ *filestest.Bucket) {
			filestest.New(o, filestest.AnyError(), nil)
		},
		"the Personality is the zero value": func(o *observed, _ *filestest.Bucket) {
			filestest.New(o, filestest.As(filestest.Personality{}))
		},
		"Within: the function is nil": func(o *observed, b *filestest.Bucket) {
			b.Within(o, filestest.Budget{Calls: 1}, nil)
		},
		"has a negative number": func(o *observed, b *filestest.Bucket) {
			b.Within(o, filestest.Budget{Requests: -1}, func() {})
		},
		"the fs.FS is nil": func(o *observed, b *filestest.Bucket) { b.Fill(o, nil) },
		"the snapshot is nil": func(o *observed, b *filestest.Bucket) {
			b.Restore(o, nil)
		},
		"WantOneOf: there is no tree": func(o *observed, b *filestest.Bucket) { b.WantOneOf(o) },
		`SignFor("127.0.0.1:80")`: func(_ *observed, b *filestest.Bucket) {
			b.SignFor("127.0.0.1:80")
		},
		`SignFor("http://x?a")`: func(_ *observed, b *filestest.Bucket) { b.SignFor("http://x?a") },
		`the calls of putt ""`: func(o *observed, b *filestest.Bucket) {
			b.WantCalls(o, "putt", "", 0)
		},
		`the calls of foo "x"`: func(o *observed, b *filestest.Bucket) {
			b.WantOrder(o, filestest.CallsOf("foo", "x"), filestest.CallsOf(files.OpPut, ""))
		},
		"want 1 file; got 2, and 1 differ": func(o *observed, b *filestest.Bucket) {
			b.FillTree(o, filestest.Tree{"a": "x", "b": "y"})
			b.Want(o, some)
		},
	} {
		o := observe(t)
		done := make(chan struct{})
		go func() { // which FailNow ends
			defer close(done)
			f(o, filestest.New(o))
		}()
		<-done
		o.want(t, want)
	}
}

// TestFillOfAnEndedFake: files that no call can reach any more fail the test that stores
// them.
func TestFillOfAnEndedFake(t *testing.T) {
	ended := observe(t)
	b := filestest.New(ended)
	s := b.Snapshot()
	ended.end()
	for _, f := range []func(o *observed){
		func(o *observed) { b.Fill(o, fstest.MapFS{"a": {}}) },
		func(o *observed) { b.FillTree(o, filestest.Tree{"a": "x"}) },
		func(o *observed) { b.Restore(o, s) },
	} {
		o := observe(t)
		done := make(chan struct{})
		go func() {
			defer close(done)
			f(o)
		}()
		<-done
		o.want(t, "the test TestObserved, which made the fake, has ended")
	}
}

// TestGetThatHasNotReturned is no Reader that wasn't closed, and its line is that of the
// go statement.
func TestGetThatHasNotReturned(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	put(t, b, "a", "x")
	began := make(chan struct{})
	b.On(files.OpGet, "a").Do(func(ctx context.Context, _ *files.Call,
		_ func(context.Context) error) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	})
	go b.Get(context.Background(), "a", nil)
	<-began
	o.end()
	o.want(t, `a call of get has not ended: "a", filestest/mistakes_test.go:`)
}

// TestStatusOfTheService: a PUT and a DELETE that succeed have the status that the
// service answers with, whether the file is new or not.
func TestStatusOfTheService(t *testing.T) {
	for _, c := range []struct {
		as                  filestest.Personality
		put, again, deleted int
	}{
		{as: filestest.S3, put: 200, again: 200, deleted: 204},
		{as: filestest.GCS, put: 200, again: 200, deleted: 204},
		{as: filestest.MinIO, put: 200, again: 200, deleted: 204},
		{as: filestest.Clouds, put: 200, again: 200, deleted: 204},
		{as: filestest.Azure, put: 201, again: 201, deleted: 202},
		{as: filestest.Disk, put: 201, again: 204, deleted: 204},
	} {
		b := filestest.New(t, filestest.As(c.as))
		up := sign(t, b, "a", files.SignOptions{Method: http.MethodPut})
		gone := sign(t, b, "a", files.SignOptions{Method: http.MethodDelete})
		first, _ := send(t, b.Client(), up, "x", nil)
		again, _ := send(t, b.Client(), up, "y", nil)
		deleted, _ := send(t, b.Client(), gone, "", nil)
		if first != c.put || again != c.again || deleted != c.deleted {
			t.Errorf("%s: PUT has the status %d, again %d, DELETE %d, want %d, %d, %d",
				c.as, first, again, deleted, c.put, c.again, c.deleted)
		}
	}
}

// TestUsageShowsItself: a log has numbers with their words.
func TestUsageShowsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t, filestest.As(filestest.S3))
		put(t, b, "a", "xyz")
		want := "1 call, 1 write, 0 bytes read, 3 stored (1 PutObject)"
		if got := b.Usage().String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		cost := b.Cost(filestest.Prices{Currency: "EUR"}, 1).String()
		want = "0.00 EUR a month: traffic 0.00, write without a price (a list without a name)"
		if cost != want {
			t.Errorf("%s, want %s", cost, want)
		}
	})
}
