package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// modelFinds are faults that random sequences must find, with the largest number of
// steps of the shortest sequence. The other faults need a race, a broken context or
// damage, or have cases of their own.
var modelFinds = map[string]int{
	"commits the bytes that came before the reader failed": 2,
	"creates a file if IfVersion finds none":               1,
	"deletes the old file before the upload":               2,
	"shows the file before it is whole":                    2,
	"changes the attributes before the content":            3,
	"keeps old metadata":                                   3,
	"drops metadata that it can't hold":                    1,
	"forgets the content type":                             1,
	"keeps the tail of a longer old file":                  4,
	"does not store an empty file over another":            3,
	"swaps two blocks of a large file":                     2,
	"repeats a block at the end":                           2,
	"loses the last byte of blocks":                        2,
	"has a constant version":                               2,
	"makes the version from size and second":               2,
	"returns another version than it stored":               2,
	"returns local time":                                   2,
	"folds case in names":                                  2,
	"normalizes names":                                     2,
	"decodes escapes in names":                             2,
	"truncates elements at 255 bytes":                      2,
	"reserves a suffix for itself":                         2,
	"ignores the range's end":                              2,
	"takes the range's end as inclusive":                   2,
	"fails if a range begins at the end":                   2,
	"returns a short body and no error":                    2,
	"returns a body in place of ErrNotModified":            2,
	"ignores the version of a read":                        2,
	"returns ErrNotModified for a deleted file":            2,
	"reports a missing file at the first Read":             1,
	"returns an error of its own for a missing file":       1,
	"finds a directory by Stat":                            2,
	"forgets headers in Stat":                              2,
	"remembers that a file was missing":                    4,
	"reads old content for a while":                        4,
	"misorders names around the slash":                     3,
	"orders by a language":                                 3,
	"drops the last entry of a page":                       3,
	"repeats an entry at a page's boundary":                2,
	"matches a prefix that isn't a directory":              3,
	"lists from start-after inclusive":                     2,
	"enters a directory that start-after has passed":       1,
	"yields the directories in a deep listing":             2,
	"yields a directory for each of its files":             2,
	"does not mark directories":                            2,
	"lists size 0":                                         2,
	"lists no versions":                                    2,
	"returns an error for a directory that doesn't exist":  1,
	"lists its sidecars":                                   3,
	"deletes the directory with the file":                  3,
	"fails to delete what is missing":                      1,
	"deletes a file whatever its version":                  2,
	"can't hold a file and a directory of one name":        2,
	"copies without metadata":                              3,
	"deletes the source of a copy":                         3,
	"copies onto itself by deleting":                       3,
	"ignores conditions of a copy":                         2,
	"destroys the target when the source is missing":       3,
	"loses the reader's own error":                         1,
	"claims what it doesn't do":                            2,
	"does what it doesn't claim":                           1,
	"takes any name":                                       1,
	"refuses with the wrong sentinel":                      2,
	"swaps two writers' content":                           2,
}

// allBroken returns the faults of the suite's tables.
func allBroken() []broken {
	return slices.Concat(brokenNames, brokenPuts, brokenReads, brokenLists, brokenDeletes,
		brokenCopies, brokenErrors, brokenFeatures, brokenCancelled, brokenCloses, brokenShared,
		brokenSigned, brokenLimits, brokenGrowing, brokenUnread, brokenPanics, brokenNils,
		brokenLengths, brokenNoVersions, brokenCosts, brokenNested,
		brokenOpenAts, brokenDeleteDoors, brokenPutDoors, brokenCopyDoors, brokenGetDoors,
		brokenTimes, brokenAfter, brokenLargePuts, brokenLargeReads, brokenLargeCopies,
		brokenEmpties, brokenBreadths, brokenUploads, brokenSignedParts)
}

// findIn runs the case's sequences on the harness with a fixed seed.
func findIn(ctx context.Context, h conformance.Harness) (*difference, conformance.Result) {
	h.Seed = 1
	return findDifference(ctx, h, 300)
}

// TestModelFindsFaults: random sequences find simple faults, and shrink to
// little more than the fault.
func TestModelFindsFaults(t *testing.T) {
	all := allBroken()
	found := make([]*difference, len(all))
	left := len(modelFinds)
	t.Run("faults", func(t *testing.T) {
		for i, b := range all {
			most := modelFinds[b.fault]
			if most == 0 {
				continue
			}
			left--
			t.Run(b.fault, func(t *testing.T) {
				t.Parallel()
				f, r := findIn(t.Context(), b.harness())
				switch {
				case f == nil:
					t.Fatalf("not found: %v", r.Log)
				case f.Steps > most || !f.Always:
					t.Errorf("the sequence has %d steps, always %v, want at most %d:\n%s", f.Steps,
						f.Always, most, f.Code)
				}
				if formatted, err := format.Source([]byte(f.Code)); err != nil ||
					string(formatted) != f.Code {
					t.Errorf("the code isn't formatted by gofmt: %v\n%s", err, f.Code)
				}
				found[i] = f
			})
		}
	})
	if left != 0 {
		t.Errorf("%d of the faults are not in the table", left)
	}
	if testing.Short() || t.Failed() {
		return
	}
	// The code compiles, fails on the bucket for which it was made, and passes on a
	// sound one.
	files := map[string]string{}
	var want, claims []string
	for i, f := range found {
		if f != nil {
			// and so does any bucket that claims it
			if all[i].fault == "does what it doesn't claim" {
				claims = append(claims, fmt.Sprintf("TestPrinted%d", i))
			}
			files[fmt.Sprintf("zz_printed_%d_test.go", i)] = ofFault(f.Code, i)
			want = append(want, fmt.Sprintf("TestPrinted%d", i))
		}
	}
	files["zz_printed_test.go"] = `package conformance_test

import (
	"os"
	"testing"

	"cloudfiles.dev/files"
)

func printedBucket(t *testing.T, fault int) files.Bucket {
	if os.Getenv("CLOUDFILES_PRINTED_SOUND") != "" {
		return mapHarness().New(t)
	}
	return allBroken()[fault].harness().New(t)
}
`
	run := compile(t, ".", files)
	slices.Sort(want)
	if failed, passed := run(false); !slices.Equal(failed, want) {
		t.Errorf("of the printed tests %v pass on their broken bucket, want none; %v fail",
			passed, failed)
	}
	if failed, _ := run(true); !slices.Equal(failed, claims) {
		t.Errorf("on a sound bucket the printed tests %v fail, want %v", failed, claims)
	}
	t.Logf("%d printed sequences fail on their own bucket, and %d of them pass on a sound one",
		len(want), len(want)-len(claims))
}

// ofFault gives the printed file its own names, so that many fit into one package.
func ofFault(code string, i int) string {
	for from, to := range map[string]string{
		`package bucket_test`: `package conformance_test`,
		`TestSequence\b`:      fmt.Sprintf("TestPrinted%d", i),
		`newBucket\(t\)`:      fmt.Sprintf("printedBucket(t, %d)", i),
		`\btext\(`:            fmt.Sprintf("text%d(", i),
		`\berrReader\b`:       fmt.Sprintf("errReader%d", i),
	} {
		code = regexp.MustCompile(from).ReplaceAllString(code, to)
	}
	return code
}

// compile builds the package's tests with more files, which are not written into the
// tree. It returns a function that runs the tests named TestPrinted… and TestSequence,
// and returns their names in order.
func compile(t *testing.T, pkg string,
	more map[string]string) (run func(sound bool) (failed, passed []string)) {
	dir := t.TempDir()
	replace := map[string]string{}
	here, err := filepath.Abs(pkg)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range more {
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(here, name)] = at
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	list, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "printed.exe")
	if err := os.WriteFile(list, overlay, 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"test", "-c", "-overlay", list, "-o", binary}
	if _, err := os.Stat(here); err != nil {
		args = append(args, "-vet=off") // vet would run in the folder, which doesn't exist
	}
	if out, err := exec.Command("go",
		append(args, "./"+filepath.ToSlash(pkg))...).CombinedOutput(); err != nil {
		t.Fatalf("the printed code does not compile: %v\n%s", err, out)
	}
	return func(sound bool) (failed, passed []string) {
		cmd := exec.Command(binary, "-test.run", `^Test(Printed\d+|Sequence)$`, "-test.v")
		if sound {
			cmd.Env = append(os.Environ(), "CLOUDFILES_PRINTED_SOUND=1")
		}
		out, _ := cmd.CombinedOutput() // fails where the tests do
		for line := range strings.Lines(string(out)) {
			if name, ok := strings.CutPrefix(line, "--- FAIL: "); ok {
				failed = append(failed, strings.Fields(name)[0])
			} else if name, ok := strings.CutPrefix(line, "--- PASS: "); ok {
				passed = append(passed, strings.Fields(name)[0])
			}
		}
		slices.Sort(failed)
		slices.Sort(passed)
		if len(failed)+len(passed) == 0 {
			t.Fatalf("no printed test ran:\n%s", out)
		}
		return failed, passed
	}
}

// TestPrintedFile: a failure prints a whole file, to which only newBucket
// must be added, and that the case itself prints it.
func TestPrintedFile(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a package")
	}
	r := conformance.RunCase(t.Context(), conformance.Harness{
		Seed: 1,
		New:  func(conformance.T) files.Bucket { return carefree() },
	}, caseOf(t, "X1/model"))
	_, code, ok := strings.Cut(r.Text(), "As a test:\n\n")
	if r.Outcome != conformance.Failed || !ok {
		t.Fatalf("%s: %s, want it to fail and to print a test", r.Outcome, r.Text())
	}
	code, _, _ = strings.Cut(code, "\n  why it matters:")
	run := compile(t, "printed", map[string]string{
		"sequence_test.go": code,
		"bucket_test.go": `package bucket_test

import (
	"context"
	"os"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

func newBucket(t *testing.T) files.Bucket {
	if os.Getenv("CLOUDFILES_PRINTED_SOUND") != "" {
		return mem.New(nil)
	}
	return files.Wrap(mem.New(nil), files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpDelete {
				c.Delete = nil
			}
			return next(ctx)
		},
	})
}
`,
	})
	if failed, _ := run(false); !slices.Equal(failed, []string{"TestSequence"}) {
		t.Errorf("the printed test does not fail on its bucket:\n%s", code)
	}
	if _, passed := run(true); !slices.Equal(passed, []string{"TestSequence"}) {
		t.Errorf("the printed test does not pass on a sound bucket:\n%s", code)
	}
}

// carefree ignores the condition of a delete.
func carefree() files.Bucket {
	return files.Wrap(mem.New(nil), files.Hooks{
		CloseInner: true,
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpDelete {
				c.Delete = nil
			}
			return next(ctx)
		},
	})
}
