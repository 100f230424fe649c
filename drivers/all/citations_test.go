package all

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
)

var (
	ruleCited = regexp.MustCompile(`\(([A-Z]\d{1,2})((?:(?:, | to | and )[A-Z]\d{1,2})*)\)`)
	oneRule   = regexp.MustCompile(`[A-Z]\d+`)
	caseCited = regexp.MustCompile(`\b([A-Z]\d{1,2})/[a-z][a-z0-9-]+\b`)
)

// TestCitations: each rule that a comment cites, such as (P8), is one of the contract, and
// so is each case, such as P8/race. (S3) is the service.
func TestCitations(t *testing.T) {
	rules, cases := []string{"S3"}, []string{}
	for _, r := range conformance.Rules() {
		rules = append(rules, r.ID)
	}
	for _, c := range conformance.Cases() {
		cases = append(cases, c.ID())
	}
	cited := 0
	check := func(path, comment string) {
		for _, m := range ruleCited.FindAllString(comment, -1) {
			for _, r := range oneRule.FindAllString(m, -1) {
				if cited++; !slices.Contains(rules, r) {
					t.Errorf("%s cites %s, which is no rule: %s", path, r, comment)
				}
			}
		}
		for _, m := range caseCited.FindAllStringSubmatch(comment, -1) {
			if slices.Contains(rules, m[1]) && !slices.Contains(cases, m[0]) {
				t.Errorf("%s cites %s, which is no case: %s", path, m[0], comment)
			}
		}
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".go":
			for line := range strings.Lines(readText(t, path)) {
				if _, comment, ok := strings.Cut(line, "//"); ok {
					check(path, strings.TrimSpace(comment))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cited < 500 {
		t.Errorf("found only %d citations of rules", cited)
	}
}
