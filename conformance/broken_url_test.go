package conformance_test

import (
	"context"
	"net/url"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestURLValueIsQuoted: a driver that quotes the refused value of a parameter
// fails U1/no-values.
func TestURLValueIsQuoted(t *testing.T) {
	driver.Register(files.Scheme{
		Name:    "quoting",
		Package: "example.com/quoting",
		Params:  []files.Param{{Name: "mode", Values: "fast|slow"}},
		Open: func(_ context.Context, u *url.URL) (files.Bucket, error) {
			if mode := u.Query().Get("mode"); mode != "" && mode != "fast" && mode != "slow" {
				return nil, driver.Errorf(files.ErrInvalid,
					"mode %q is neither fast nor slow", mode)
			}
			return mem.New(nil), nil
		},
	})
	h := conformance.Harness{
		New: func(conformance.T) files.Bucket { return mem.New(nil) },
		URL: func(conformance.T) string { return "quoting://b" },
	}
	report, err := conformance.Check(t.Context(), h,
		&conformance.CheckOptions{Pattern: "^U1/no-values$"})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Cases) != 1 || report.OK() {
		t.Errorf("U1/no-values did not fail: %+v", report.Cases)
	}
}
