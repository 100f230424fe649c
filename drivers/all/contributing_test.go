package all

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	goFile    = regexp.MustCompile("`([a-z0-9_/*]+\\.go)`")
	ruleRange = regexp.MustCompile(`\b([A-Z])(\d+)(?:–([A-Z])(\d+))?`)
	ruleTitle = regexp.MustCompile(`(?m)^//   - ([A-Z]\d+): `)
)

// TestWhereRulesAreKept: the table in CONTRIBUTING.md that says where each rule is kept
// has every rule of the contract, and the files that it names exist.
func TestWhereRulesAreKept(t *testing.T) {
	_, after, ok := strings.Cut(readText(t, root+"/CONTRIBUTING.md"), "### Where a rule is kept\n")
	if !ok {
		t.Fatal(`CONTRIBUTING.md has no section "Where a rule is kept"`)
	}
	section, _, _ := strings.Cut(after, "\n##")
	folders := [][]string{
		{"", "files", "files/driver"},
		{"drivers/mem"},
		{"drivers/local"},
		{"drivers/s3", "drivers/gcs", "drivers/azure"},
		{"drivers/gocloud"},
	}
	kept := map[string]bool{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(line, "|\n"), "|")
		if !strings.HasPrefix(line, "|") || len(cells) != 1+len(folders) {
			continue
		}
		for _, r := range rulesIn(t, cells[0]) {
			kept[r] = true
		}
		for i, in := range folders {
			for _, m := range goFile.FindAllStringSubmatch(cells[1+i], -1) {
				if !exists(t, in, m[1]) {
					t.Errorf("the row of %s names %s, which is in none of %q",
						strings.TrimSpace(cells[0]), m[1], in)
				}
			}
		}
	}
	// Section Z, after the rules, lists services such as S3.
	contract, _, ok := strings.Cut(readText(t, root+"/files/doc.go"), "\n// Z. ")
	if !ok {
		t.Fatal("files/doc.go has no section Z")
	}
	rules := ruleTitle.FindAllStringSubmatch(contract, -1)
	if len(rules) < 40 {
		t.Errorf("files/doc.go has %d rules, want at least 40", len(rules))
	}
	for _, m := range rules {
		if !kept[m[1]] {
			t.Errorf("the table doesn't say where rule %s is kept", m[1])
		}
	}
}

// rulesIn returns the rules that a text names, such as "P1–P4, P8".
func rulesIn(t *testing.T, text string) (rules []string) {
	t.Helper()
	for _, m := range ruleRange.FindAllStringSubmatch(text, -1) {
		first, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatalf("the number of rule %s: %v", m[0], err)
		}
		last := first
		if m[4] != "" {
			if last, err = strconv.Atoi(m[4]); err != nil || m[3] != m[1] {
				t.Fatalf("%s isn't a range of rules of one group", m[0])
			}
		}
		for n := first; n <= last; n++ {
			rules = append(rules, m[1]+strconv.Itoa(n))
		}
	}
	return rules
}

// exists reports whether one of the folders has a file that matches the pattern.
func exists(t *testing.T, folders []string, pattern string) bool {
	t.Helper()
	for _, dir := range folders {
		found, err := filepath.Glob(filepath.Join(root, dir, pattern))
		if err != nil {
			t.Fatalf("the pattern %s: %v", pattern, err)
		}
		if len(found) > 0 {
			return true
		}
	}
	return false
}
