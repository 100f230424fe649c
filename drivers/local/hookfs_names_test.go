package local

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// TestSpelledSeam: a method of the seam that takes a name is one of spelledDir's own,
// which finds how the name is spelled; a method that is only embedded would look for
// the name as it is.
func TestSpelledSeam(t *testing.T) {
	const none = "the method has no name of an entry"
	without := map[string]string{
		"Stat":          none,
		"CreateUnnamed": none,
		"Kind":          none,
		"SetMode":       none,
		"SetOwner":      none,
		"Sync":          none,
		"TryLock":       none,
		"Unlock":        none,
		"Claim":         none,
		"Claimed":       none,
		"Volume":        none,
		"Close":         none,
	}
	own := methodsOf(t, "spelledDir")
	seam := reflect.TypeFor[fsys.Dir]()
	for i := range seam.NumMethod() {
		name := seam.Method(i).Name
		if _, ok := without[name]; ok == own[name] {
			t.Errorf("%s: spelledDir has its own: %v; named in this test: %v", name, own[name], ok)
		}
	}
}

// methodsOf reads from the source which methods a pointer to the type has, without
// those of what it embeds.
func methodsOf(t *testing.T, receiver string) map[string]bool {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no source: %v", err)
	}
	methods := map[string]bool{}
	for _, path := range sources {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv == nil {
				continue
			}
			if star, ok := fn.Recv.List[0].Type.(*ast.StarExpr); ok {
				if id, ok := star.X.(*ast.Ident); ok && id.Name == receiver {
					methods[fn.Name.Name] = true
				}
			}
		}
	}
	return methods
}
