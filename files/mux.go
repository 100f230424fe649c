package files

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Scheme is what a driver registers: how to open URLs of one scheme.
type Scheme struct {
	// Name is the URL's scheme, in lower case: "file".
	Name string
	// Package is the import path that registers it.
	Package string
	// Example is a URL as a user would write it: "file:///var/lib/app?create_dir=1".
	Example string
	// Params are the query parameters that Open supports. "prefix", "key" and
	// "readonly" are known for every scheme. They never reach Open, and neither do
	// those of layers (Mux.RegisterLayer).
	Params []Param
	// AnyParam allows parameters that Params doesn't have: Open checks them itself.
	AnyParam bool
	// Open opens the bucket. It makes no request (U3).
	Open func(ctx context.Context, u *url.URL) (Bucket, error)
}

// Param documents a query parameter.
type Param struct {
	Name string `json:"name"`
	// Values shows what the value may be: "full|none", "path", "1".
	Values string `json:"values"`
	// Doc says what the parameter does.
	Doc string `json:"doc"`
	// Public says that a correct value is not a secret, such as an endpoint or an
	// account's name: logs and errors show it unless it looks like a key. Numbers, and
	// values that are listed in Values, are always shown.
	Public bool `json:"public,omitempty"`
}

// Mux opens URLs by their scheme. The zero Mux has no schemes. It is safe for
// concurrent use.
type Mux struct {
	mu       sync.RWMutex
	schemes  map[string]Scheme
	fallback []func(scheme string) (Scheme, bool)
	layers   map[string]layerParam
}

var defaultMux Mux

// DefaultMux is the Mux of Open, in which drivers register their schemes.
func DefaultMux() *Mux { return &defaultMux }

// Register adds a scheme to the Mux. It panics if the scheme is incomplete or
// registered already.
func (m *Mux) Register(s Scheme) {
	if s.Name == "" || s.Open == nil || s.Name != strings.ToLower(s.Name) {
		panic(fmt.Sprintf("files: Register of an incomplete scheme %q", s.Name))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.schemes[s.Name]; ok {
		panic(fmt.Sprintf("files: scheme %q is registered twice, by %s and %s", s.Name, old.Package,
			s.Package))
	}
	if m.schemes == nil {
		m.schemes = map[string]Scheme{}
	}
	m.schemes[s.Name] = s
}

// RegisterFallback adds a function that is called for schemes that aren't registered,
// in the order of registration. An adapter offers another library's schemes in this
// way.
func (m *Mux) RegisterFallback(f func(scheme string) (Scheme, bool)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fallback = append(m.fallback, f)
}

// Schemes returns the registered schemes by name, without those of fallbacks.
func (m *Mux) Schemes() []Scheme {
	if m == nil {
		return nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var s []Scheme
	for _, v := range m.schemes {
		v.Params = slices.Clone(v.Params)
		s = append(s, v)
	}
	slices.SortFunc(s, func(a, b Scheme) int { return strings.Compare(a.Name, b.Name) })
	return s
}

func (m *Mux) lookup(name string) (Scheme, bool) {
	if m == nil {
		return Scheme{}, false
	}
	m.mu.RLock()
	s, ok := m.schemes[name]
	fallback := m.fallback
	m.mu.RUnlock()
	for i := 0; !ok && i < len(fallback); i++ {
		s, ok = fallback[i](name)
	}
	return s, ok
}
