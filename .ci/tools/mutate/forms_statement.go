package main

import (
	"go/ast"
	"go/token"
)

// returned drops the error that a function reports.
func (f *finder) returned(r *ast.ReturnStmt) {
	if len(r.Results) == 0 {
		return
	}
	last := r.Results[len(r.Results)-1]
	tv := f.info.Types[last]
	if tv.Type == nil || tv.IsNil() {
		return
	}
	if t := tv.Type.String(); t == "error" {
		f.add(value, "error", last, "nil", "error")
	}
}

// statements drops statements from a list.
func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		if f.canDrop(s) {
			m := f.mutant("dropped", s, f.text(s), "")
			f.edit(statement, s, "", alt{m: m})
		}
	}
}

func (f *finder) canDrop(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		c, ok := s.X.(*ast.CallExpr)
		if !ok {
			return true
		}
		id, ok := c.Fun.(*ast.Ident)
		return !ok || id.Name != "panic" // often the end that a function needs
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return false
		}
		for _, l := range s.Lhs {
			if id, ok := l.(*ast.Ident); !ok || id.Name != "_" {
				return true
			}
		}
		return false
	case *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
		return true
	case *ast.BranchStmt:
		return s.Tok == token.BREAK || s.Tok == token.CONTINUE
	case *ast.ReturnStmt:
		return f.canFallThrough(s)
	}
	return false
}

// canFallThrough reports whether a function is whole without this return, and whether
// dropping it is another fault than dropping its error.
func (f *finder) canFallThrough(r *ast.ReturnStmt) bool {
	if len(f.stack) == 0 {
		return false
	}
	// f.stack ends at the parent of the block whose statements are looked at.
	p, ok := f.stack[len(f.stack)-1].(*ast.IfStmt)
	if !ok || p.Else != nil {
		return false
	}
	if len(r.Results) == 0 {
		return true
	}
	tv := f.info.Types[r.Results[len(r.Results)-1]]
	return tv.IsNil() || tv.Type == nil || tv.Type.String() != "error"
}
