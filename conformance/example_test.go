package conformance_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// Check runs the suite outside go test, here the cases of one rule.
func ExampleCheck() {
	h := conformance.Harness{
		Name: "mem",
		New:  func(conformance.T) files.Bucket { return mem.New(nil) },
	}
	r, err := conformance.Check(context.Background(), h, &conformance.CheckOptions{Pattern: "^S1/"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.OK(), r.Count(conformance.Failed), "failed")
	// Output: true 0 failed
}

// A report names every case, with the reason where one is not applicable. It can be
// written as JSON and as a certificate for people.
func ExampleReport() {
	h := conformance.Harness{
		Name: "mem",
		New:  func(conformance.T) files.Bucket { return mem.New(nil) },
	}
	r, err := conformance.Check(context.Background(), h,
		&conformance.CheckOptions{Pattern: "^(P4/reopened|S1/is-get)$"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range r.Cases {
		fmt.Println(c.ID, c.Outcome, c.Missing)
	}
	var certificate bytes.Buffer
	if err := r.WriteMarkdown(&certificate); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Contains(certificate.String(), "P4/reopened"))
	// Output:
	// P4/reopened not applicable [Durable]
	// S1/is-get passed []
	// true
}

// A command can run one case by itself.
func ExampleRunCase() {
	h := conformance.Harness{New: func(conformance.T) files.Bucket { return mem.New(nil) }}
	for _, c := range conformance.Cases() {
		if c.ID() == "D1/missing" {
			fmt.Println(conformance.RunCase(context.Background(), h, c).Outcome)
		}
	}
	// Output: passed
}
