package driver

import (
	"path"
	"reflect"

	"cloudfiles.dev/files"
)

// Layers returns the backend's Layer, or the name of its package.
func (b *bucket) Layers() []string {
	if l, ok := b.backend.(Layerer); ok {
		if text := l.Layer(); text != "" {
			return []string{files.Printable(text)}
		}
	}
	t := reflect.TypeOf(b.backend)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == "" {
		return []string{t.String()}
	}
	return []string{path.Base(t.PkgPath())}
}
