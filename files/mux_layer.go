package files

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// layerParam is what a call of RegisterLayer adds.
type layerParam struct {
	Param
	pkg  string
	wrap func(ctx context.Context, b Bucket, u *url.URL, value string) (Bucket, error)
}

// layerImports are the parameters of this module's layers and the imports that register
// them, in the order in which the layers lie around the driver, the innermost first.
// Layers of other modules come after them, by name; then prefix, key and readonly. So
// the names in a cache have the prefix, and no timeout applies to a hit.
var layerImports = [][2]string{
	{"timeout", "cloudfiles.dev/files/timeout"},
	{"cache", "cloudfiles.dev/files/cache"},
}

// commonParams are the parameters that every scheme has.
var commonParams = []Param{
	{
		Name:   "prefix",
		Values: "text",
		Doc:    "put in front of every name, as it is",
		Public: true,
	},
	{Name: "key", Values: "name", Doc: "narrows the bucket to this one file"},
	{Name: "readonly", Values: "true|false", Doc: "refuses everything that writes"},
}

func isCommon(name string) bool {
	return slices.ContainsFunc(commonParams, func(p Param) bool { return p.Name == name })
}

// RegisterLayer adds a query parameter that puts a layer around the bucket that a URL
// opens, for every scheme that has no parameter of that name itself. The package of the
// layer calls it, as drivers register schemes; importPath is that package's.
//
// wrap returns the bucket b with the layer around it. value is the parameter's value,
// never empty. u is the URL that b was opened by, without the parameters of layers; it
// may hold secrets. wrap makes no request (U3), and its errors don't quote the value.
// Closing the bucket that Open returns closes b as well, whether or not closing the
// result of wrap does.
//
// RegisterLayer panics if p has no name, wrap is nil, or the parameter is one that every
// scheme has or is registered already.
func (m *Mux) RegisterLayer(p Param, importPath string,
	wrap func(ctx context.Context, b Bucket, u *url.URL, value string) (Bucket, error)) {
	if p.Name == "" || wrap == nil || isCommon(p.Name) {
		panic(fmt.Sprintf("files: RegisterLayer of an impossible parameter %q", p.Name))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.layers[p.Name]; ok {
		panic(fmt.Sprintf("files: parameter %q is registered twice, by %s and %s", p.Name,
			old.pkg, importPath))
	}
	if m.layers == nil {
		m.layers = map[string]layerParam{}
	}
	m.layers[p.Name] = layerParam{Param: p, pkg: importPath, wrap: wrap}
}

// layersFor returns the layers that URLs of the scheme may have, the innermost first.
func (m *Mux) layersFor(s Scheme) []layerParam {
	if m == nil {
		return nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var all []layerParam
	for _, l := range m.layers {
		if !s.has(l.Name) {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b layerParam) int {
		if d := layerOrder(a.Name) - layerOrder(b.Name); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all
}

func (s Scheme) has(param string) bool {
	return slices.ContainsFunc(s.Params, func(p Param) bool { return p.Name == param })
}

func layerOrder(name string) int {
	if i := slices.IndexFunc(layerImports,
		func(l [2]string) bool { return l[0] == name }); i >= 0 {
		return i
	}
	return len(layerImports)
}

// withLayers returns the scheme with every parameter that its URLs may have.
func (m *Mux) withLayers(s Scheme) Scheme {
	own := s
	s.Params = slices.Clone(s.Params)
	for _, l := range m.layersFor(own) {
		s.Params = append(s.Params, l.Param)
	}
	for _, p := range commonParams {
		if !own.has(p.Name) {
			s.Params = append(s.Params, p)
		}
	}
	return s
}

// missingLayer returns the import that would register the parameter, or "".
func missingLayer(name string) string {
	if i := layerOrder(name); i < len(layerImports) {
		return layerImports[i][1]
	}
	return ""
}

// wrapLayers puts the layers of the parameters around the bucket, which it closes if it
// fails.
func (m *Mux) wrapLayers(ctx context.Context, b Bucket, u *url.URL, s Scheme,
	q url.Values) (Bucket, error) {
	for _, l := range m.layersFor(s) {
		if !q.Has(l.Name) {
			continue
		}
		outer, err := l.wrap(ctx, b, u, q.Get(l.Name))
		if err == nil && outer == nil {
			err = errorf(ErrUnsupported, "its package returned no bucket")
		}
		if err != nil {
			b.Close()
			kind := KindOf(err)
			if kind == nil {
				kind = ErrInvalid
			}
			return nil, errorf(kind, "parameter %s: %s", l.Name, clean(err))
		}
		b = owning(outer, b)
	}
	return b, nil
}

// owning returns outer, which closes inner as well.
func owning(outer, inner Bucket) Bucket {
	w, ok := outer.(*wrapped)
	if ok && reflect.ValueOf(inner).Comparable() && w.inner == inner {
		w.hooks.CloseInner = true // nobody else has it yet
		return w
	}
	w = Wrap(outer, Hooks{CloseInner: true}).(*wrapped)
	w.alsoClose = inner
	return w
}

// readOnlyParam reads the parameter readonly.
func readOnlyParam(q url.Values) (bool, error) {
	if !q.Has("readonly") {
		return false, nil
	}
	v, err := strconv.ParseBool(q.Get("readonly"))
	if err != nil {
		return false, invalid("parameter readonly is malformed; want true or false")
	}
	return v, nil
}

// stack describes what the URL opens, from the outside in, without secrets.
func (m *Mux) stack(u *url.URL, s Scheme) []string {
	q, shown := u.Query(), m.withLayers(s)
	var all []string
	add := func(name string) {
		if q.Has(name) {
			pair := url.QueryEscape(name) + "=" + url.QueryEscape(q.Get(name))
			all = append(all, Printable(shown.redactPair(pair)))
		}
	}
	if on, err := readOnlyParam(q); on || err != nil {
		add("readonly")
	}
	add("key")
	add("prefix")
	layers := m.layersFor(s)
	slices.Reverse(layers)
	for _, l := range layers {
		add(l.Name)
	}
	return append(all, s.Name)
}
