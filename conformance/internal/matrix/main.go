// Command matrix keeps the table of rules by bucket in the README, which it makes of the reports of the test run.
//
//	go run ./conformance/internal/matrix -reports DIR      fails where the README's table isn't that of the reports
//	go run ./conformance/internal/matrix -reports DIR -w   writes it
//	go run ./conformance/internal/matrix -w                runs the tests that write the reports first
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/internal/term"
)

// column is one bucket of the table.
type column struct {
	report string // its name, as the harness gives it
	title  string // in the table's head
	// The test that writes the report.
	pkg, test string
}

// columns are those of the table. Every one has a report: a missing one is an error, so that no cell is older than the others.
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
	reports := flag.String("reports", "", "the `folder` with the reports that "+conformance.ReportDir+" made; empty runs the tests")
	readme := flag.String("readme", "README.md", "the `file` with the table")
	write := flag.Bool("w", false, "write the table into the file")
	flag.Parse()
	if err := run(*reports, *readme, *write); err != nil {
		fmt.Fprintln(term.Writer(os.Stderr), "matrix:", err)
		os.Exit(1)
	}
}

func run(reports, readme string, write bool) error {
	if reports == "" {
		dir, err := os.MkdirTemp("", "cloudfiles-matrix-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := test(dir); err != nil {
			return err
		}
		reports = dir
	}
	all, err := read(reports)
	if err != nil {
		return err
	}
	old, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	now, err := replace(old, table(columns, all))
	if err != nil {
		return fmt.Errorf("%s: %w", readme, err)
	}
	switch {
	case bytes.Equal(old, now):
		fmt.Print(term.Sprintf("the matrix in %s is that of %d reports\n", readme, len(all)))
		return nil
	case write:
		return os.WriteFile(readme, now, 0o644)
	}
	return fmt.Errorf("the matrix in %s is not that of the reports. Look at what changed, then run\n\n\t%s\n\n%s", readme, update, difference(old, now))
}

// test writes the reports of all columns into the folder.
func test(dir string) error {
	for _, c := range columns {
		cmd := exec.Command("go", "test", "-count=1", "-run", "^"+c.test+"$", c.pkg)
		cmd.Env = append(os.Environ(), conformance.ReportDir+"="+dir)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s in %s: %w", c.test, c.pkg, err)
		}
	}
	return nil
}

// read reads a report for each column, of a whole run in which no case failed that isn't known to.
func read(dir string) (all []*conformance.Report, err error) {
	var errs []error
	for _, c := range columns {
		r, err := readOne(filepath.Join(dir, c.report+".json"))
		switch {
		case err != nil:
			err = fmt.Errorf("the report of %s, which %s in %s writes: %w", c.report, c.test, c.pkg, err)
		case r.Name != c.report:
			err = fmt.Errorf("the report of %s is that of %s", c.report, r.Name)
		case r.Short || r.Pattern != "" || r.Interrupted || len(r.Cases) != r.Suite || r.Suite != len(conformance.Cases()):
			err = fmt.Errorf("the report of %s is of %d cases, and the suite has %d: it takes a whole run of this tree, not -short", c.report, len(r.Cases), len(conformance.Cases()))
		case !r.OK():
			err = fmt.Errorf("in the report of %s %d cases failed", c.report, r.Count(conformance.Failed))
		}
		errs, all = append(errs, err), append(all, r)
	}
	return all, errors.Join(errs...)
}

func readOne(path string) (*conformance.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return conformance.ReadReport(f)
}
