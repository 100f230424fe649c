package all

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// link matches text that is meant as a link in a doc comment.
var link = regexp.MustCompile(`\[\*?([a-z]+\.)?[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)?\]`)

// TestDocLinks: every link in a doc comment has a target, so that the documentation
// names no name that has moved to another package.
func TestDocLinks(t *testing.T) {
	dirs := 0
	err := filepath.WalkDir(root, func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name == "testdata" || strings.HasPrefix(name, ".") && name != ".." {
			return fs.SkipDir
		}
		if docLinks(t, dir) {
			dirs++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if dirs < 30 {
		t.Errorf("%d packages have doc comments, want at least 30", dirs)
	}
}

// docLinks reports the links of the package in dir that have no target, and returns
// whether there is a package.
func docLinks(t *testing.T, dir string) bool {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	byPackage := map[string][]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		byPackage[f.Name.Name] = append(byPackage[f.Name.Name], f)
	}
	for _, parsed := range byPackage {
		p, err := doc.NewFromFiles(set, parsed, "cloudfiles.dev/"+filepath.ToSlash(dir),
			doc.AllDecls)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range docTexts(p) {
			for _, l := range deadLinks(p.Parser().Parse(text).Content) {
				t.Errorf("%s: the link %s has no target", dir, l)
			}
		}
	}
	return len(byPackage) > 0
}

// docTexts returns the doc comments of a package.
func docTexts(p *doc.Package) []string {
	texts := []string{p.Doc}
	values := func(all []*doc.Value) {
		for _, v := range all {
			texts = append(texts, v.Doc)
		}
	}
	funcs := func(all []*doc.Func) {
		for _, f := range all {
			texts = append(texts, f.Doc)
		}
	}
	values(p.Consts)
	values(p.Vars)
	funcs(p.Funcs)
	for _, t := range p.Types {
		texts = append(texts, t.Doc)
		values(t.Consts)
		values(t.Vars)
		funcs(t.Funcs)
		funcs(t.Methods)
	}
	return texts
}

// deadLinks returns text that is written as a link and was parsed as plain text.
func deadLinks(blocks []comment.Block) (dead []string) {
	inText := func(parts []comment.Text) {
		for _, part := range parts {
			if plain, ok := part.(comment.Plain); ok {
				dead = append(dead, link.FindAllString(string(plain), -1)...)
			}
		}
	}
	for _, b := range blocks {
		switch b := b.(type) {
		case *comment.Paragraph:
			inText(b.Text)
		case *comment.Heading:
			inText(b.Text)
		case *comment.List:
			for _, item := range b.Items {
				dead = append(dead, deadLinks(item.Content)...)
			}
		}
	}
	return dead
}
