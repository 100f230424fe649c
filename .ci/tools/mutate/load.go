package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A source is a file of a package with its edits.
type source struct {
	path  string // absolute
	src   []byte
	edits []*edit
}

// A target is a package with all the mutants that compile.
type target struct {
	folder  string // "drivers/mem"
	name    string // in its package clause
	pkg     *packages.Package
	sources []*source
	mutants []*mutant
}

// load finds the mutants of packages of the module in dir. Ids count from 1 through all
// of them.
func load(dir string, folders []string) ([]*target, error) {
	patterns := make([]string, len(folders))
	for i, f := range folders {
		patterns[i] = "./" + f
	}
	fset := token.NewFileSet()
	pkgs, err := packages.Load(&packages.Config{
		Dir:  dir,
		Fset: fset,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles |
			packages.NeedImports | packages.NeedTypes | packages.NeedSyntax |
			packages.NeedTypesInfo | packages.NeedModule,
	}, patterns...)
	if err != nil {
		return nil, err
	}
	var targets []*target
	id := 0
	for _, folder := range folders {
		i := slices.IndexFunc(pkgs, func(p *packages.Package) bool {
			return len(p.GoFiles) > 0 && filepath.Dir(p.GoFiles[0]) == filepath.Join(dir, folder)
		})
		if i < 0 {
			return nil, fmt.Errorf("no package in %s", folder)
		}
		if len(pkgs[i].Errors) > 0 {
			return nil, pkgs[i].Errors[0]
		}
		t := &target{folder: folder, name: pkgs[i].Name, pkg: pkgs[i]}
		if err := t.find(dir); err != nil {
			return nil, err
		}
		slices.SortStableFunc(t.mutants, func(a, b *mutant) int {
			return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
		})
		for _, m := range t.mutants {
			id++
			m.id = id
		}
		if err := t.dropBroken(); err != nil {
			return nil, err
		}
		number(t.mutants)
		targets = append(targets, t)
	}
	return targets, nil
}

func (t *target) find(dir string) error {
	for i, file := range t.pkg.Syntax {
		path := t.pkg.CompiledGoFiles[i]
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f := &finder{
			module:  t.pkg.Module.Path,
			pkg:     t.folder,
			name:    filepath.ToSlash(name),
			src:     src,
			fset:    t.pkg.Fset,
			info:    t.pkg.TypesInfo,
			qualify: qualifier(t.pkg.Types, file),
		}
		f.find(file)
		t.sources = append(t.sources, &source{path, src, f.edits})
		t.mutants = append(t.mutants, f.mutants...)
	}
	return nil
}

// qualifier names packages as the file imports them; a type that it can't name contains
// a "?".
func qualifier(pkg *types.Package, file *ast.File) types.Qualifier {
	names := map[string]string{}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		names[path] = ""
		if spec.Name != nil {
			names[path] = spec.Name.Name
		}
	}
	return func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		name, ok := names[p.Path()]
		switch {
		case !ok || name == "_" || name == ".":
			return "?"
		case name != "":
			return name
		}
		return p.Name()
	}
}

// dropBroken removes mutants that don't compile, found by the type checker.
func (t *target) dropBroken() error {
	for range 200 {
		bad, err := t.broken()
		if err != nil {
			return err
		}
		if len(bad) == 0 {
			return nil
		}
		for _, s := range t.sources {
			without(s.edits, bad)
		}
		t.mutants = slices.DeleteFunc(t.mutants, func(m *mutant) bool { return bad[m] })
	}
	return errors.New("mutants that don't compile remain in " + t.folder)
}

var switchCall = regexp.MustCompile(`mutant(?:On|Off|Error|(?:Value|Basic)\[[^(]*\])\((\d+)`)

// broken type-checks the package with its mutants, and blames the last one that begins
// before each error.
func (t *target) broken() (map[*mutant]bool, error) {
	byID := map[int]*mutant{}
	for _, m := range t.mutants {
		byID[m.id] = m
	}
	fset := token.NewFileSet()
	var files []*ast.File
	texts := map[string]string{}
	parse := func(path, text string) error {
		f, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("the mutants of %s don't parse: %w", path, err)
		}
		files = append(files, f)
		texts[path] = text
		return nil
	}
	for _, s := range t.sources {
		if err := parse(s.path, render(s.src, s.edits)); err != nil {
			return nil, err
		}
	}
	if err := parse("switchboard.go", "package "+t.name+"\n"+switchboardStub); err != nil {
		return nil, err
	}
	bad := map[*mutant]bool{}
	var unexplained error
	blame := func(err error) {
		var te types.Error
		if !errors.As(err, &te) {
			unexplained = err
			return
		}
		p := fset.Position(te.Pos)
		text := texts[p.Filename]
		// The position may be inside of the call that switches, as its argument's is.
		calls := switchCall.FindAllStringSubmatchIndex(text, -1)
		for _, c := range slices.Backward(calls) {
			id, _ := strconv.Atoi(text[c[2]:c[3]])
			if c[0] <= p.Offset && byID[id] != nil {
				bad[byID[id]] = true
				return
			}
		}
		unexplained = err
	}
	conf := types.Config{
		Error: blame,
		Importer: importerFunc(func(path string) (*types.Package, error) {
			if p := t.pkg.Imports[path]; p != nil && p.Types != nil {
				return p.Types, nil
			}
			return nil, fmt.Errorf("no types of %s", path)
		}),
	}
	conf.Check(t.pkg.PkgPath, fset, files, nil) // its errors went to blame
	if len(bad) == 0 && unexplained != nil {
		return nil, unexplained
	}
	return bad, nil
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	return f(path)
}

// overlay writes the mutated packages below tmp, and the description that go build reads.
func overlay(targets []*target, tmp string) (string, error) {
	var pairs []string
	add := func(path, text string) error {
		at := filepath.Join(tmp, fmt.Sprintf("overlay%d.go", len(pairs)))
		pairs = append(pairs, fmt.Sprintf("%q: %q", path, at))
		return os.WriteFile(at, []byte(text), 0o666)
	}
	for _, t := range targets {
		for _, s := range t.sources {
			if err := add(s.path, render(s.src, s.edits)); err != nil {
				return "", err
			}
		}
		at := filepath.Join(filepath.Dir(t.sources[0].path), "zz_mutant_switchboard.go")
		if err := add(at, "package "+t.name+"\n"+switchboard); err != nil {
			return "", err
		}
	}
	path := filepath.Join(tmp, "overlay.json")
	text := `{"Replace": {` + strings.Join(pairs, ",\n") + "}}\n"
	return path, os.WriteFile(path, []byte(text), 0o666)
}
