// Package pkgdoc reads the documentation of the package that a test belongs to. It is for
// tests only.
package pkgdoc

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Here returns the documentation of the package in the working directory, which is the
// one under test.
func Here(t testing.TB) *doc.Package {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var sources []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, f)
	}
	p, err := doc.NewFromFiles(fset, sources, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}
