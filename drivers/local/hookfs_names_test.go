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

// Every method of fsys.Dir that takes a name is a method of spelledDir, which finds how
// the name is spelled. An embedded method would use the name unchanged.
func TestSpelledSeam(t *testing.T) {
	const none = "the method takes no name"
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
			t.Errorf("%s: is a method of spelledDir: %v; is an exception of this test: %v; want "+
				"one of them", name, own[name], ok)
		}
	}
}

// methodsOf returns the methods that the source declares on a pointer to the type.
// Embedded methods are not among them.
func methodsOf(t *testing.T, receiver string) map[string]bool {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("Glob finds no source: %v", err)
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
