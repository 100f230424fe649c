package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// A finder collects the mutants of one file.
type finder struct {
	module   string
	pkg      string // the folder
	name     string // of the file, below the module
	src      []byte
	fset     *token.FileSet
	info     *types.Info
	qualify  types.Qualifier
	stack    []ast.Node
	function string

	mutants []*mutant
	edits   []*edit
}

// swaps are the operators that take each other's place.
var swaps = map[token.Token]token.Token{
	token.ADD:  token.SUB,
	token.MUL:  token.QUO,
	token.QUO:  token.MUL,
	token.REM:  token.QUO,
	token.AND:  token.OR,
	token.OR:   token.AND,
	token.SHL:  token.SHR,
	token.SHR:  token.SHL,
	token.LAND: token.LOR,
	token.LOR:  token.LAND,
}

// opposites are the comparisons that negate each other.
var opposites = map[token.Token]token.Token{
	token.EQL: token.NEQ,
	token.NEQ: token.EQL,
	token.LSS: token.GEQ,
	token.GEQ: token.LSS,
	token.GTR: token.LEQ,
	token.LEQ: token.GTR,
}

// boundaries are the comparisons that differ where both sides are equal.
var boundaries = map[token.Token]token.Token{
	token.LSS: token.LEQ,
	token.LEQ: token.LSS,
	token.GTR: token.GEQ,
	token.GEQ: token.GTR,
}

// find walks the file.
func (f *finder) find(file *ast.File) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			f.function = functionName(d)
			if d.Body != nil {
				f.walk(d.Body)
			}
		case *ast.GenDecl:
			if d.Tok != token.VAR {
				continue
			}
			for _, s := range d.Specs {
				s := s.(*ast.ValueSpec)
				f.function = "var " + s.Names[0].Name
				for _, v := range s.Values {
					f.walk(v)
				}
			}
		}
	}
}

func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return d.Name.Name
	}
	t, star := d.Recv.List[0].Type, ""
	if s, ok := t.(*ast.StarExpr); ok {
		t, star = s.X, "*"
	}
	if g, ok := t.(*ast.IndexExpr); ok {
		t = g.X
	}
	id, ok := t.(*ast.Ident)
	if !ok {
		return d.Name.Name
	}
	return "(" + star + id.Name + ")." + d.Name.Name
}

func (f *finder) walk(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			f.stack = f.stack[:len(f.stack)-1]
			return true
		}
		deeper := f.visit(n)
		if deeper {
			f.stack = append(f.stack, n)
		}
		return deeper
	})
}

// visit adds the mutants of one node, and reports whether to look below it.
func (f *finder) visit(n ast.Node) bool {
	if e, ok := n.(ast.Expr); ok {
		tv, known := f.info.Types[e]
		if known && tv.IsType() {
			return false
		}
		if known && tv.Value != nil {
			f.constant(e, tv)
			return false
		}
		if isErrorText(e) {
			return false
		}
		f.expression(e)
	}
	switch n := n.(type) {
	case *ast.BlockStmt:
		f.statements(n.List)
	case *ast.CaseClause:
		f.statements(n.Body)
	case *ast.CommClause:
		f.statements(n.Body)
	case *ast.ReturnStmt:
		f.returned(n)
	case *ast.DeclStmt:
		return n.Decl.(*ast.GenDecl).Tok == token.VAR
	}
	return true
}

// isErrorText reports whether e makes an error of a format, or panics: its words are
// for people.
func isErrorText(e ast.Expr) bool {
	c, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch fun := c.Fun.(type) {
	case *ast.Ident:
		return strings.EqualFold(fun.Name, "errorf") || fun.Name == "invalid" || fun.Name == "panic"
	case *ast.SelectorExpr:
		return fun.Sel.Name == "Errorf"
	}
	return false
}

// expression adds the mutants of an expression that is not constant.
func (f *finder) expression(e ast.Expr) {
	b, ok := e.(*ast.BinaryExpr)
	if !ok {
		if f.isCondition(e) {
			f.negate(e)
		}
		if c, ok := e.(*ast.CallExpr); ok {
			f.swapArguments(c)
		}
		return
	}
	replaced := func(op token.Token) string {
		return f.text(b.X) + " " + op.String() + " " + f.text(b.Y)
	}
	if op, ok := opposites[b.Op]; ok {
		f.add(condition, "negated", b, replaced(op), "")
		if op, ok := boundaries[b.Op]; ok {
			m := f.mutant("boundary", b, f.text(b), replaced(op))
			f.edit(condition, b, "", alt{m, replaced(op), pure(b)})
		}
		return
	}
	if b.Op == token.LAND || b.Op == token.LOR {
		f.add(condition, "logic", b, replaced(swaps[b.Op]), "")
		return
	}
	typ, ok := f.typeOf(b)
	if !ok {
		return
	}
	how := value
	if !pure(b) || b.Op == token.QUO || b.Op == token.REM || swaps[b.Op] == token.QUO {
		how = lazy
	}
	text := b.Op == token.ADD && f.isString(b)
	if text || b.Op == token.SUB {
		f.add(how, "swapped", b, f.text(b.Y)+" "+b.Op.String()+" "+f.text(b.X), typ)
	} else if op, ok := swaps[b.Op]; ok {
		f.add(how, "operator", b, replaced(op), typ)
	}
}

// isCondition reports whether e, which is no comparison, decides something.
func (f *finder) isCondition(e ast.Expr) bool {
	if t, ok := f.info.Types[e].Type.(*types.Basic); !ok || t.Info()&types.IsBoolean == 0 {
		return false
	}
	if len(f.stack) == 0 {
		return false
	}
	switch p := f.stack[len(f.stack)-1].(type) {
	case *ast.IfStmt:
		return p.Cond == e
	case *ast.ForStmt:
		return p.Cond == e
	case *ast.BinaryExpr:
		return p.Op == token.LAND || p.Op == token.LOR
	case *ast.CaseClause:
		for i := len(f.stack) - 2; i >= 0; i-- {
			if s, ok := f.stack[i].(*ast.SwitchStmt); ok {
				return s.Tag == nil
			}
		}
	}
	return false
}

func (f *finder) negate(e ast.Expr) {
	to := "!" + f.text(e)
	if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.NOT {
		to = f.text(u.X)
	} else if _, ok := e.(*ast.ParenExpr); ok {
		return // what it holds is negated
	}
	f.add(condition, "negated", e, to, "")
}

// constant changes a constant number or truth. Text is left alone: much of it is for
// people.
func (f *finder) constant(e ast.Expr, tv types.TypeAndValue) {
	typ, ok := f.typeOf(e)
	if !ok || f.isCapacity(e) {
		return
	}
	switch tv.Value.Kind() {
	case constant.Bool:
		to := "true"
		if constant.BoolVal(tv.Value) {
			to = "false"
		}
		f.add(value, "constant", e, to, typ)
	case constant.Int:
		if s, ok := e.(*ast.SelectorExpr); ok {
			if obj := f.info.Uses[s.Sel]; obj != nil && !f.ours(obj) {
				return // os.O_RDWR + 1 is no fault that anyone makes
			}
		}
		to := f.text(e) + " + 1"
		switch {
		case tv.Value.ExactString() == "0":
			to = "1"
		case typ == "time.Duration":
			to = "0"
		case tv.Value.ExactString() == "1":
			to = "0"
		}
		f.add(value, "constant", e, to, typ)
	}
}

// ours reports whether obj is of this module, not of the standard library or another one.
func (f *finder) ours(obj types.Object) bool {
	return obj.Pkg() != nil && strings.HasPrefix(obj.Pkg().Path()+"/", f.module+"/")
}

// isCapacity reports whether e is the third argument of make, which no caller can see.
func (f *finder) isCapacity(e ast.Expr) bool {
	if len(f.stack) == 0 {
		return false
	}
	c, ok := f.stack[len(f.stack)-1].(*ast.CallExpr)
	if !ok || len(c.Args) != 3 || c.Args[2] != e {
		return false
	}
	id, ok := c.Fun.(*ast.Ident)
	return ok && id.Name == "make"
}

// swapArguments swaps neighbours of one type.
func (f *finder) swapArguments(c *ast.CallExpr) {
	if c.Ellipsis.IsValid() {
		return
	}
	if id, ok := c.Fun.(*ast.Ident); ok {
		switch id.Name {
		case "min", "max", "append", "make":
			return
		}
	}
	for i := 0; i+1 < len(c.Args); i++ {
		a, b := c.Args[i], c.Args[i+1]
		ta, tb := f.info.Types[a], f.info.Types[b]
		if ta.Type == nil || tb.Type == nil || !types.Identical(ta.Type, tb.Type) ||
			ta.IsType() || ta.IsNil() || ta.Value != nil && tb.Value != nil ||
			!pure(a) || !pure(b) || f.text(a) == f.text(b) {
			continue
		}
		typ, ok := f.typeOf(a)
		if !ok {
			continue
		}
		m := f.mutant("swapped", c, f.text(a)+", "+f.text(b), f.text(b)+", "+f.text(a))
		f.edit(value, a, typ, alt{m: m, text: f.text(b)})
		f.edit(value, b, typ, alt{m: m, text: f.text(a)})
	}
}

// isBasic reports whether n is a number, a truth or text: comparing two costs nothing.
func (f *finder) isBasic(n ast.Node) bool {
	e, ok := n.(ast.Expr)
	if !ok || f.info.Types[e].Type == nil {
		return false
	}
	t, ok := f.info.Types[e].Type.Underlying().(*types.Basic)
	return ok && t.Kind() != types.UnsafePointer && t.Kind() != types.UntypedNil
}

func (f *finder) isString(e ast.Expr) bool {
	t, ok := f.info.Types[e].Type.Underlying().(*types.Basic)
	return ok && t.Info()&types.IsString != 0
}

// typeOf writes the type of e as this file can name it.
func (f *finder) typeOf(e ast.Expr) (string, bool) {
	t := f.info.Types[e].Type
	if t == nil {
		return "", false
	}
	s := types.TypeString(types.Default(t), f.qualify)
	return s, !strings.Contains(s, "?") && !strings.Contains(s, "invalid type")
}

func (f *finder) text(n ast.Node) string {
	return string(f.src[f.offset(n.Pos()):f.offset(n.End())])
}

func (f *finder) offset(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *finder) mutant(form string, at ast.Node, from, to string) *mutant {
	m := &mutant{
		pkg:      f.pkg,
		file:     f.name,
		line:     f.fset.Position(at.Pos()).Line,
		function: f.function,
		form:     form,
		from:     oneLine(from),
		to:       oneLine(to),
	}
	f.mutants = append(f.mutants, m)
	return m
}

func (f *finder) add(how rewriting, form string, e ast.Expr, to, typ string) {
	f.edit(how, e, typ, alt{m: f.mutant(form, e, f.text(e), to), text: to})
}

// edit puts an alternative beside those that the same range has already.
func (f *finder) edit(how rewriting, n ast.Node, typ string, a alt) {
	start, end := f.offset(n.Pos()), f.offset(n.End())
	for _, e := range f.edits {
		if e.start == start && e.end == end && e.how == how {
			e.alts = append(e.alts, a)
			return
		}
	}
	f.edits = append(f.edits, &edit{
		start: start,
		end:   end,
		how:   how,
		typ:   typ,
		basic: f.isBasic(n),
		alts:  []alt{a},
	})
}
