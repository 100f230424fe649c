package gocloud

import (
	"context"
	"iter"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"gocloud.dev/blob/driver"
)

// query is what is listed.
type query struct {
	prefix, delimiter string
	options           files.ListOptions // as the caller's hook has set them
}

// position is where a listing continues.
type position struct {
	After  string   `json:"a,omitempty"` // after this name
	Skip   int      `json:"s,omitempty"` // skip so many objects of the next entry, Of
	Of     string   `json:"o,omitempty"`
	Dir    string   `json:"d,omitempty"` // the latest directory made from keys that are names
	Dirs   []string `json:"e,omitempty"` // the latest ones made from escaped keys
	Marker bool     `json:"m,omitempty"` // the key that equals the prefix was requested
}

// item is one object, and the position after it.
type item struct {
	object *driver.ListObject
	next   position
}

// objects lists the objects from a position on.
func (b *bridge) objects(ctx context.Context, q query, at position) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		l := &bridgeListing{
			b:     b,
			ctx:   ctx,
			q:     q,
			at:    at,
			yield: yield,
		}
		dir, rest, marker := prefixOf(q.prefix, b.raw == rawPaths)
		if len(dir)+len(rest) > files.MaxName {
			return
		}
		if l.markerSeen = marker; marker && !at.Marker && !l.marker() {
			return
		}
		// The objects below a raw directory can only be listed from a legal directory above
		// it, and not shallowly.
		l.withRaw = b.raw != rawNone
		l.shallow = q.delimiter == "/" && (!l.withRaw || q.prefix == rest ||
			dir != "" && q.prefix == dir+"/"+rest)
		l.walk(dir, rest)
	}
}

type bridgeListing struct {
	b     *bridge
	ctx   context.Context
	q     query
	at    position
	yield func(item, error) bool

	shallow, withRaw bool
	markerSeen       bool // the key that equals the prefix is listed first
}

// marker yields the key "dir/" before the contents of dir, if there is such a file.
func (l *bridgeListing) marker() bool {
	info, err := l.b.stat(l.ctx, l.q.prefix)
	l.at.Marker = true
	switch {
	case missingName(err):
		return true
	case err != nil:
		l.yield(item{}, err)
		return false
	}
	return l.yield(item{fileObject(l.q.prefix, info.Entry), l.at}, nil)
}

func fileObject(key string, e files.Entry) *driver.ListObject {
	return &driver.ListObject{
		Key:     key,
		ModTime: e.ModTime,
		Size:    e.Size,
		AsFunc:  as(e),
	}
}

func (l *bridgeListing) walk(dir, rest string) {
	o := l.q.options
	o.Prefix, o.StartAfter, o.Shallow, o.Limit, o.Foreign = rest, l.at.After, l.shallow, 0,
		l.withRaw
	for e, err := range l.b.b.List(l.ctx, dir, &o) {
		if err != nil {
			l.yield(item{}, err)
			return
		}
		at, name := l.at, e.Name+e.Key // one of them is empty
		objects, err := l.objectsOf(e)
		if err != nil {
			l.yield(item{}, err)
			return
		}
		skip := 0
		if name == l.at.Of {
			skip = l.at.Skip
		}
		for i, o := range objects {
			if i < skip {
				continue
			}
			next := at
			if next.Skip, next.Of, next.Marker = i+1, name, true; i == len(objects)-1 {
				next = position{
					After:  name,
					Dir:    l.at.Dir,
					Dirs:   l.at.Dirs,
					Marker: true,
				}
			}
			if !l.yield(item{o, next}, nil) {
				return
			}
		}
		l.at.After, l.at.Skip, l.at.Of = name, 0, ""
	}
}

// objectsOf makes the objects of an entry: none if the key isn't requested, and two
// only for a directory whose name has an escape.
func (l *bridgeListing) objectsOf(e files.Entry) ([]*driver.ListObject, error) {
	switch {
	case e.Key != "":
		return l.rawObject(e)
	case !e.IsDir:
		return l.file(e)
	case strings.Contains(e.Name, escapeMark):
		return l.escapedDir(e)
	case !strings.HasPrefix(e.Name, l.q.prefix):
		return nil, nil
	}
	l.at.Dir = e.Name
	return []*driver.ListObject{{Key: e.Name, IsDir: true, AsFunc: as(e)}}, nil
}

// rawObject makes the object of an entry with a raw key, unless a file has the key's
// name and takes precedence.
func (l *bridgeListing) rawObject(e files.Entry) ([]*driver.ListObject, error) {
	key := l.b.raw.key(e.Key)
	rest, ok := strings.CutPrefix(key, l.q.prefix)
	if !ok || rest == "" && l.markerSeen {
		return nil, nil
	}
	if first, _, found := strings.Cut(rest, l.q.delimiter); l.q.delimiter != "" && found {
		dir := l.q.prefix + first + l.q.delimiter
		if dir == l.at.Dir {
			return nil, nil
		}
		return l.displaced(dir)
	}
	_, err := l.b.b.Stat(l.ctx, nameOf(key), nil)
	switch {
	case err == nil:
		return nil, nil
	case !missingName(err):
		return nil, err
	}
	return []*driver.ListObject{fileObject(key, e)}, nil
}

// file makes the object of a file: the file itself, or the directory that it is in.
func (l *bridgeListing) file(e files.Entry) ([]*driver.ListObject, error) {
	key := keyOf(e.Name)
	rest, ok := strings.CutPrefix(key, l.q.prefix)
	if !ok {
		return nil, nil
	}
	first, _, found := strings.Cut(rest, l.q.delimiter)
	if l.q.delimiter == "" || !found {
		return []*driver.ListObject{fileObject(key, e)}, nil
	}
	dir := l.q.prefix + first + l.q.delimiter
	if key != e.Name {
		return l.displaced(dir)
	}
	if dir == l.at.Dir || slices.Contains(l.at.Dirs, dir) {
		return nil, nil
	}
	l.at.Dir = dir
	return []*driver.ListObject{{Key: dir, IsDir: true}}, nil
}

// maxDirs limits the directories in a token. Almost all escaped names of one directory
// are neighbours.
const maxDirs = 16

// displaced makes the object of a directory for an escaped key, whose name isn't sorted
// where the directory's own names are. If there are such names, they make the object
// instead.
func (l *bridgeListing) displaced(dir string) ([]*driver.ListObject, error) {
	if slices.Contains(l.at.Dirs, dir) {
		return nil, nil
	}
	if there, err := l.inPlace(dir); there || err != nil {
		return nil, err
	}
	known := l.at.Dirs[max(len(l.at.Dirs)-maxDirs+1, 0):]
	l.at.Dirs = append(slices.Clone(known), dir)
	return []*driver.ListObject{{Key: dir, IsDir: true}}, nil
}

// inPlace reports whether the listing has the directory at its own position.
func (l *bridgeListing) inPlace(dir string) (bool, error) {
	i := strings.LastIndex(dir, "/")
	parent := dir[:max(i, 0)]
	if parent != "" && files.CheckName(parent) != nil || i == 0 {
		return false, nil
	}
	anyFile := l.shallow && !strings.Contains(dir, escapeMark)
	o := &files.ListOptions{Prefix: dir[i+1:], NamesOnly: true, Foreign: l.withRaw}
	for e, err := range l.b.b.List(l.ctx, parent, o) {
		if err != nil {
			return false, err
		}
		if e.Key == "" && keyOf(e.Name) == e.Name || anyFile && e.Key != dir {
			return true, nil
		}
	}
	return false, nil
}

// escapedDir finds the beginnings of the keys below a directory. Only a whole name shows
// whether it is escaped, so a key begins with the directory's name or with what that name
// decodes to.
func (l *bridgeListing) escapedDir(e files.Entry) ([]*driver.ListObject, error) {
	var objects []*driver.ListObject
	for f, err := range l.b.b.List(l.ctx, strings.TrimSuffix(e.Name, "/"), &files.ListOptions{
		NamesOnly: true,
		Foreign:   l.withRaw,
	}) {
		if err != nil {
			return nil, err
		}
		made := l.file
		if f.Key != "" {
			made = l.rawObject
		}
		found, err := made(f)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			o.AsFunc = as(e)
			if len(objects) == 0 || objects[0].Key != o.Key {
				objects = append(objects, o)
			}
		}
		if len(objects) == 2 {
			break
		}
	}
	return objects, nil
}
