// Command apilist prints the exported API of packages, one line a symbol, sorted: what a
// change adds or breaks shows as added or removed lines.
//
//	apilist [-dir module] pattern ...
package main

import (
	"bufio"
	"flag"
	"fmt"
	"go/types"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	dir := flag.String("dir", ".", "the module's folder")
	flag.Parse()
	lines, err := list(*dir, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "apilist:", err)
		os.Exit(1)
	}
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	for _, l := range lines {
		fmt.Fprintln(w, l)
	}
}

func list(dir string, patterns []string) ([]string, error) {
	pkgs, err := packages.Load(&packages.Config{
		Dir: dir,
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports |
			packages.NeedDeps | packages.NeedSyntax | packages.NeedTypesInfo,
	}, patterns...)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, p := range pkgs {
		if len(p.Errors) > 0 {
			return nil, p.Errors[0]
		}
		if p.Name == "main" || strings.Contains(p.PkgPath, "/internal") {
			continue
		}
		lines = append(lines, exported(p.Types)...)
	}
	slices.Sort(lines)
	return slices.Compact(lines), nil
}

// exported lists a package's symbols, with fields and methods of their own.
func exported(pkg *types.Package) []string {
	qualify := func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		return p.Name()
	}
	var lines []string
	add := func(format string, args ...any) {
		lines = append(lines, "pkg "+pkg.Path()+", "+fmt.Sprintf(format, args...))
	}
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		t, ok := obj.(*types.TypeName)
		if !ok || t.IsAlias() {
			add("%s", types.ObjectString(obj, qualify))
			continue
		}
		named := t.Type().(*types.Named)
		switch u := named.Underlying().(type) {
		case *types.Struct:
			add("type %s struct", name)
			for f := range u.Fields() {
				if f.Exported() {
					add("type %s struct, %s %s", name, f.Name(),
						types.TypeString(f.Type(), qualify))
				}
			}
		case *types.Interface:
			add("type %s interface", name)
			for m := range u.Methods() {
				add("type %s interface, %s%s", name, m.Name(),
					strings.TrimPrefix(types.TypeString(m.Type(), qualify), "func"))
			}
		default:
			add("type %s %s", name, types.TypeString(u, qualify))
		}
		if types.IsInterface(named) {
			continue
		}
		for sel := range types.NewMethodSet(types.NewPointer(named)).Methods() {
			if m := sel.Obj(); m.Exported() && len(sel.Index()) == 1 {
				add("method (%s) %s%s", receiver(m, qualify), m.Name(),
					strings.TrimPrefix(types.TypeString(m.Type(), qualify), "func"))
			}
		}
	}
	return lines
}

func receiver(m types.Object, q types.Qualifier) string {
	return types.TypeString(m.Type().(*types.Signature).Recv().Type(), q)
}
