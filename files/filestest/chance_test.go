package filestest_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestFirstRuleWins: of rules for one call the first is applied, the table of calls says
// which, and one that is always hidden is named as such.
func TestFirstRuleWins(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	wide := b.On(files.OpPut, "").Fail(files.ErrUnavailable)
	narrow := b.On(files.OpPut, "a").Fail(files.ErrPermission)
	for range 2 {
		if _, err := files.PutString(t.Context(), b, "a", "x", nil); !errors.Is(err,
			files.ErrUnavailable) {
			t.Errorf("Put: %v", err)
		}
	}
	if wide.Applied() != 2 || narrow.Applied() != 0 {
		t.Errorf("applied %d and %d times", wide.Applied(), narrow.Applied())
	}
	if rule := b.Calls()[0].Rule; !strings.Contains(rule, "chance_test.go:") {
		t.Errorf("the call was hit by the rule at %q", rule)
	}
	o.end()
	o.want(t, "2 calls that it is for were taken by a rule that was made before it, such as the "+
		"one at "+b.Calls()[0].Rule+", which always hides it")
}

// TestNthAndTimes: how calls are counted, also together and with a rate.
func TestNthAndTimes(t *testing.T) {
	for what, c := range map[string]struct {
		rule func(r *filestest.Rule)
		want []int
	}{
		"Nth":            {func(r *filestest.Rule) { r.Nth(3) }, []int{3}},
		"Times":          {func(r *filestest.Rule) { r.Times(2) }, []int{1, 2}},
		"both":           {func(r *filestest.Rule) { r.Nth(3).Times(2) }, []int{3, 4}},
		"the other way":  {func(r *filestest.Rule) { r.Times(2).Nth(3) }, []int{3, 4}},
		"neither":        {func(r *filestest.Rule) {}, []int{1, 2, 3, 4, 5, 6}},
		"always":         {func(r *filestest.Rule) { r.Rate(1, 7) }, []int{1, 2, 3, 4, 5, 6}},
		"the last seed":  {func(r *filestest.Rule) { r.Rate(0, math.MaxUint64) }, nil},
		"never":          {func(r *filestest.Rule) { r.Rate(0, 7) }, nil},
		"until an end":   {func(r *filestest.Rule) { r.Rate(1, 7).Times(2) }, []int{1, 2}},
		"from the third": {func(r *filestest.Rule) { r.Rate(1, 7).Nth(3) }, []int{3, 4, 5, 6}},
	} {
		b := filestest.New(t)
		b.FillTree(t, filestest.Tree{"a": "x"})
		c.rule(b.On(files.OpStat, "a").Fail(files.ErrPermission))
		var got []int
		for i := range 6 {
			if _, err := b.Stat(t.Context(), "a", nil); err != nil {
				got = append(got, i+1)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: hit %v, want %v", what, got, c.want)
		}
	}
}

// TestChanceByName: what chance hits of one name doesn't depend on the calls for others,
// so it is the same if they come at once; and a test that fails logs the seed.
func TestChanceByName(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	run := func(atOnce bool) map[string][]int {
		o := observe(t)
		b := filestest.New(o)
		for _, name := range names {
			b.FillTree(t, filestest.Tree{name: "x"})
		}
		b.On(files.OpStat, "").Rate(0.5, 3).Fail(files.ErrPermission)
		hits := make([][]int, len(names))
		var all sync.WaitGroup
		for i, name := range names {
			one := func() {
				for k := range 50 {
					if _, err := b.Stat(t.Context(), name, nil); err != nil {
						hits[i] = append(hits[i], k)
					}
				}
			}
			if atOnce {
				all.Go(one)
			} else {
				one()
			}
		}
		all.Wait()
		o.Errorf("planted")
		o.end()
		if len(o.logs) != 1 || !strings.Contains(o.logs[0], "Rate(0.5, 3), was applied to") {
			t.Errorf("logged %q", o.logs)
		}
		of := map[string][]int{}
		for i, name := range names {
			of[name] = hits[i]
		}
		return of
	}
	inTurn := run(false)
	if !reflect.DeepEqual(inTurn, run(true)) {
		t.Error("the rule was applied to other calls when they ran at the same time")
	}
	if reflect.DeepEqual(inTurn["a"], inTurn["b"]) || len(inTurn["a"]) == 0 {
		t.Errorf("the names are not told apart: %v", inTurn)
	}
}

// TestChanceOfDeleteMany: a call for many names is drawn by all of them.
func TestChanceOfDeleteMany(t *testing.T) {
	hits := 0
	for i := range 40 {
		b := filestest.New(t)
		b.On(files.OpDeleteMany, "").Rate(0.5, 1).Fail(files.ErrPermission)
		if errs := b.DeleteMany(t.Context(), []string{fmt.Sprint(i), "x"}); errs[0] != nil {
			hits++
		}
	}
	if hits < 8 || hits > 32 {
		t.Errorf("%d of 40 were hit", hits)
	}
}
