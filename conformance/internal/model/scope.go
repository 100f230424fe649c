package model

import (
	"cloudfiles.dev/conformance/internal/suite"
)

// scope is a T whose cleanups run at the end of scoped, for cases that make many buckets.
type scope struct {
	suite.T
	cleanups []func()
}

// scoped runs f with a scope, and then the scope's cleanups.
func scoped(t suite.T, f func(t suite.T)) {
	s := &scope{T: t}
	defer func() {
		for len(s.cleanups) > 0 {
			last := s.cleanups[len(s.cleanups)-1]
			s.cleanups = s.cleanups[:len(s.cleanups)-1]
			last()
		}
	}()
	f(s)
}

func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *scope) TempDir() string { return suite.TempDir(s) }
