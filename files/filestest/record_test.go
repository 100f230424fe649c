package filestest_test

import (
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestWithinHoldsTheBudget: a budget is what a block may do at most, and a failure
// lists its calls.
func TestWithinHoldsTheBudget(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	put(t, b, "before", "not counted")
	b.Within(o, filestest.Budget{Calls: 2, Writes: 1, Bytes: 8}, func() {
		put(t, b, "a", "text")
		if _, err := files.ReadAll(t.Context(), b, "a", nil); err != nil {
			t.Fatal(err)
		}
	})
	b.Within(o, filestest.Budget{}, func() {})
	o.want(t)
	b.Within(o, filestest.Budget{Writes: 1, Bytes: 4}, func() {
		put(t, b, "a", "text")
		put(t, b, "b", "texts")
	})
	b.Within(o, filestest.Budget{}, func() { b.Stat(t.Context(), "a", nil) })
	o.want(t, "2 writes of at most 1, 9 bytes of at most 4", "1 call of at most 0")
	if strings.Contains(o.errors[0], "before") || !strings.Contains(o.errors[0], `put "b", 5`) {
		t.Errorf("the failure is %q, want only the calls of the budget", o.errors[0])
	}
}

// TestCalls: the record has copies, and says how each call ended.
func TestCalls(t *testing.T) {
	b := filestest.New(t)
	put(t, b, "a", "text")
	b.On(files.OpStat, "a").Fail(files.ErrPermission)
	b.Stat(t.Context(), "a", nil)
	r, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	calls := b.Calls()
	r.Close()
	var lines []string
	for _, c := range calls {
		lines = append(lines, c.String())
	}
	got := strings.Join(lines, "\n")
	for _, part := range []string{"put \"a\", 4\n", "stat \"a\", 0, Permission, by the rule at ",
		"get \"a\", 0, goes on"} {
		if !strings.Contains(got, part) {
			t.Errorf("the calls lack %q:\n%s", part, got)
		}
	}
	if after := b.Calls(); !after[2].Done || calls[2].Done {
		t.Error("the record is not a copy")
	}
}
