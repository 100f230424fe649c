package files_test

import (
	"go/build"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// forbidden are standard packages that none of the small packages may import, with the
// reason.
var forbidden = map[string]string{
	"net/http":    "adds 2.7 MB to every program, also to those that open no cloud",
	"net":         "brings the resolver into programs that only use memory or a disk",
	"crypto/tls":  "comes with certificates and megabytes of code",
	"crypto/x509": "comes with certificates",
	"testing":     "registers flags in every program",
	"mime": "reads the machine's own tables, so types would differ from machine to " +
		"machine (P6)",
	"text/template": "calls methods by name, so the linker must keep every method of the program",
	"html/template": "calls methods by name, so the linker must keep every method of the program",
	"plugin":        "keeps the linker from leaving out what isn't used",
	"runtime/cgo":   "needs a C compiler",
}

// TestDependencies: the packages below import only the standard library, without the
// network, so that a program's tests and small programs stay small.
func TestDependencies(t *testing.T) {
	for _, pkg := range []string{
		"cloudfiles.dev/files/cache",
		"cloudfiles.dev/files", "cloudfiles.dev/files/driver", "cloudfiles.dev/files/retry",
		"cloudfiles.dev/files/observe",
		"cloudfiles.dev/files/transfer", "cloudfiles.dev/files/resume",
		"cloudfiles.dev/files/lease", "cloudfiles.dev/files/watch",
		"cloudfiles.dev/files/limit", "cloudfiles.dev/files/timeout", "cloudfiles.dev/files/hedge",
		"cloudfiles.dev/files/lease",
		"cloudfiles.dev/files/iofs", "cloudfiles.dev/files/mount",
		"cloudfiles.dev/files/overlay", "cloudfiles.dev/files/mirror",
		"cloudfiles.dev/files/signing", "cloudfiles.dev/files/eventlog",
		"cloudfiles.dev/drivers/mem",
	} {
		out, err := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{.Standard}}",
			pkg).CombinedOutput()
		if err != nil {
			t.Fatalf("go list: %v\n%s", err, out)
		}
		seen := 0
		for line := range strings.Lines(string(out)) {
			path, std, _ := strings.Cut(strings.TrimSpace(line), " ")
			if std == "false" && !strings.HasPrefix(path, "cloudfiles.dev/") {
				t.Errorf("%s imports %s, which is not of the standard library", pkg, path)
			}
			if why, ok := forbidden[path]; ok {
				t.Errorf("%s imports %s: it %s", pkg, path, why)
			}
			seen++
		}
		if seen < 10 {
			t.Errorf("%s: go list gave only %d packages, want at least 10", pkg, seen)
		}
	}
}

// TestArrows: of this module, each package below files imports only what arrows allows,
// and packages below files/internal, which import nothing of it.
func TestArrows(t *testing.T) {
	const own = "cloudfiles.dev/files"
	inner := []string{
		"internal/blockcache", "internal/callers", "internal/cleanup", "internal/content",
		"internal/contenttype", "internal/contexts", "internal/digests", "internal/each",
		"internal/failure", "internal/flock", "internal/guard", "internal/handover",
		"internal/names", "internal/native", "internal/nils",
	}
	arrows := map[string][]string{
		".":        nil,
		"cache":    {own, own + "/driver"},
		"observe":  {own, own + "/driver"},
		"retry":    {own},
		"driver":   {own, own + "/retry"},
		"transfer": {own, own + "/driver", own + "/resume"},
		"resume":   {own, own + "/driver"},
		"lease":    {own, own + "/driver"},
		"compress": {own, own + "/driver"},
		"crypt":    {own, own + "/driver"},
		"watch":    {own, own + "/driver"},
		"limit":    {own, own + "/driver"},
		"timeout":  {own, own + "/driver"},
		"hedge":    {own, own + "/driver"},
		"iofs":     {own, own + "/driver"},
		"mount":    {own, own + "/driver"},
		"overlay":  {own, own + "/driver"},
		"mirror":   {own, own + "/driver"},
		"signing":  {own, own + "/driver"},
		"eventlog": {own, own + "/driver"},
	}
	for _, dir := range inner {
		for from := range arrows {
			arrows[from] = append(arrows[from], own+"/"+dir)
		}
	}
	for _, dir := range inner {
		arrows[dir] = nil
	}
	for dir, allowed := range arrows {
		p, err := build.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, "cloudfiles.dev") && !slices.Contains(allowed, imp) {
				t.Errorf("%s imports %s", p.ImportPath, imp)
			}
		}
	}
}

// weights are the modules that only one layer links, so that other programs don't link
// them.
var weights = map[string]string{
	"filippo.io/age":                 "cloudfiles.dev/files/crypt",
	"github.com/klauspost/compress/": "cloudfiles.dev/files/compress",
}

// TestWeightsAreInOneLayerEach: only the layer that needs a module imports it.
func TestWeightsAreInOneLayerEach(t *testing.T) {
	out, err := exec.Command("go", "list", "-f",
		`{{$p := .ImportPath}}{{range .Imports}}{{$p}} {{.}}{{"\n"}}{{end}}`,
		"cloudfiles.dev/...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	found := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		pkg, imported, _ := strings.Cut(strings.TrimSpace(line), " ")
		for module, layer := range weights {
			switch inside := strings.HasPrefix(imported, module); {
			case inside && pkg == layer:
				found[module] = true
			case inside, imported == layer:
				t.Errorf("%s imports %s", pkg, imported)
			}
		}
	}
	if len(found) != len(weights) {
		t.Errorf("only %v of %v are imported", found, weights)
	}
}
