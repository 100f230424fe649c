package conformance

import (
	"reflect"
	"testing"
	"time"

	"cloudfiles.dev/conformance/internal/suite"
)

// TestResultHasEverything: Result has every field of the runner's result.
func TestResultHasEverything(t *testing.T) {
	inner := suite.Result{
		Case:     suite.Case{Rule: "P8", Name: "race", Why: "it matters"},
		Outcome:  suite.Failed,
		Missing:  []string{"a"},
		Refused:  []string{"b"},
		Racing:   true,
		Failures: []string{"c"},
		Reason:   "d",
		Log:      []string{"e"},
		Took:     time.Second,
	}
	r := resultOf(inner)
	if r.Text() != inner.Text() {
		t.Errorf("the text is %q, want %q", r.Text(), inner.Text())
	}
	got, want := reflect.ValueOf(r), reflect.ValueOf(inner)
	if got.NumField() != want.NumField() {
		t.Fatalf("Result has %d fields, want %d as in the runner", got.NumField(), want.NumField())
	}
	for i := range want.NumField() {
		name := want.Type().Field(i).Name
		f := got.FieldByName(name)
		switch {
		case want.Field(i).IsZero():
			t.Errorf("the test sets no %s", name)
		case !f.IsValid():
			t.Errorf("Result has no field %s", name)
		case !reflect.DeepEqual(f.Convert(want.Field(i).Type()).Interface(),
			want.Field(i).Interface()) && name != "Case": // Case has functions
			t.Errorf("%s is %v, want %v", name, f, want.Field(i))
		}
	}
	if r.Case.ID() != inner.Case.ID() || r.Case.Why != inner.Case.Why {
		t.Errorf("the case is %v, want %v", r.Case, inner.Case)
	}
}

// TestConstantsAgree: the documented constants are those of the runner.
func TestConstantsAgree(t *testing.T) {
	for outcome, want := range map[Outcome]suite.Outcome{
		Passed:        suite.Passed,
		Failed:        suite.Failed,
		NotApplicable: suite.NotApplicable,
		KnownFailure:  suite.KnownFailure,
		ServerFault:   suite.ServerFault,
	} {
		if string(outcome) != string(want) {
			t.Errorf("the outcome %q is %q in the runner", outcome, want)
		}
	}
	if DefaultLimit != suite.DefaultLimit || StorePrefix != suite.StorePrefix {
		t.Errorf("%v and %q, want %v and %q", DefaultLimit, StorePrefix, suite.DefaultLimit,
			suite.StorePrefix)
	}
}
