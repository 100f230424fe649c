// Command matrix keeps the tables in the documents up to date. It makes the README's
// chooser and the table of stores from the claims of buckets and profiles, and the table
// of rules by bucket in conformance/MATRIX.md from the reports of a test run.
//
//	go run ./conformance/internal/matrix -reports DIR      fails if a table is out of date
//	go run ./conformance/internal/matrix -reports DIR -w   writes the tables
//	go run ./conformance/internal/matrix -w                first runs the tests that write reports
//	go run ./conformance/internal/matrix -claims -w        writes the tables that need no reports
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/conformance/longtest"
)

// column is one bucket of the table.
type column struct {
	report string // the Name of its harness
	title  string // the heading in the table
	// pkg and test are the package and the name of the test that writes the report.
	pkg, test string
}

// columns are the columns of the table. A missing report is an error, so that no cell
// is older than the others.
var columns = []column{
	{"mem", "`mem://`", "./conformance", "TestMem"},
	{"local", "`file://`", "./conformance", "TestLocal"},
	{"memblob", "Go CDK memblob", "./drivers/gocloud", "TestMemblobConforms"},
	{"fileblob", "Go CDK fileblob", "./drivers/gocloud", "TestFileblobConforms"},
	{"s3-versitygw", "`s3://` on versitygw", "./drivers/s3", "TestConformance"},
	{"s3-ceph", "`s3://` on Ceph", "./drivers/s3", "TestConformanceCeph"},
	{"s3-minio", "`s3://` on MinIO", "./drivers/s3/internal/miniotest", "TestConformance"},
	{"gcs-fake", "`gs://` on fake-gcs-server", "./drivers/gcs", "TestConformance"},
	{"azure-azurite", "`azblob://` on Azurite", "./drivers/azure", "TestConformance"},
}

const update = "go run ./conformance/internal/matrix -w"

func main() {
	reports := flag.String("reports", "",
		"the `folder` with the reports of a run with "+conformance.ReportDir+
			"; empty runs the tests")
	root := flag.String("root", ".", "the module's `folder`")
	write := flag.Bool("w", false, "write the tables into the documents")
	claims := flag.Bool("claims", false, "check or write only the tables that need no reports")
	flag.Parse()
	do := run
	if *claims {
		do = runClaims
	}
	if err := do(*reports, *root, *write); err != nil {
		fmt.Fprintln(term.Writer(os.Stderr), "matrix:", err)
		os.Exit(1)
	}
}

func run(reports, dir string, write bool) error {
	if reports == "" {
		var err error
		reports, err = os.MkdirTemp("", "cloudfiles-matrix-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(reports)
		if err := test(reports); err != nil {
			return err
		}
	}
	all, err := read(reports)
	if err != nil {
		return err
	}
	parts, err := fromClaims(context.Background())
	if err != nil {
		return err
	}
	return keep(append(parts, fromReports(all)), dir, write)
}

// runClaims is run for the tables that need no reports.
func runClaims(_, dir string, write bool) error {
	parts, err := fromClaims(context.Background())
	if err != nil {
		return err
	}
	return keep(parts, dir, write)
}

// keep writes the tables, or checks them.
func keep(parts []part, dir string, write bool) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if write {
		return each(parts, func(p part) error { return p.write(root) })
	}
	if err := each(parts, func(p part) error { return p.check(root) }); err != nil {
		return err
	}
	fmt.Printf("%d tables are up to date\n", len(parts))
	return nil
}

// fromReports returns the matrix, which is made from the reports of a test run.
func fromReports(all []*conformance.Report) part {
	return part{"matrix", "conformance/MATRIX.md", table(columns, all)}
}

// fromClaims returns the tables that are made from what buckets and profiles claim.
func fromClaims(ctx context.Context) ([]part, error) {
	all, err := opened(ctx)
	if err != nil {
		return nil, err
	}
	return []part{
		{"chooser", "README.md", chooser(all)},
		{"stores", "conformance/MATRIX.md", stores()},
	}, nil
}

// test runs the tests that write the reports of all columns into the folder.
func test(dir string) error {
	for _, c := range columns {
		cmd := exec.Command("go", "test", "-count=1", "-run", "^"+c.test+"$", c.pkg)
		cmd.Env = append(os.Environ(), conformance.ReportDir+"="+dir, longtest.Variable+"=1")
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s in %s: %w", c.test, c.pkg, err)
		}
	}
	return nil
}

// read reads a report for each column. A report must be of a whole run in which only
// known failures occurred.
func read(dir string) (all []*conformance.Report, err error) {
	var errs []error
	for _, c := range columns {
		r, err := readOne(filepath.Join(dir, c.report+".json"))
		switch {
		case err != nil:
			err = fmt.Errorf("the report of %s, which %s in %s writes: %w",
				c.report, c.test, c.pkg, err)
		case r.Name != c.report:
			err = fmt.Errorf("the report of %s has the name %s", c.report, r.Name)
		case !whole(r):
			err = fmt.Errorf("the report of %s has %d cases, want %d: "+
				"run the whole suite of this tree, without -short",
				c.report, len(r.Cases), len(conformance.Cases()))
		case !r.OK():
			failed := r.Count(conformance.Failed)
			err = fmt.Errorf("in the report of %s %d cases failed", c.report, failed)
		}
		errs, all = append(errs, err), append(all, r)
	}
	return all, errors.Join(errs...)
}

// whole reports whether every case of this tree's suite was run.
func whole(r *conformance.Report) bool {
	return !r.Short && r.Pattern == "" && !r.Interrupted &&
		len(r.Cases) == r.Suite && r.Suite == len(conformance.Cases())
}

func readOne(path string) (*conformance.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return conformance.ReadReport(f)
}
