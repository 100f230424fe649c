package hostile

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"cloudfiles.dev/files"
)

// The names of the files on which operations are made, and a size.
const (
	fileA    = "dir/a" // the file of most operations
	fileTwin = "dir/t" // another file of the same size
	fileB    = "dir/b" // the file that is replaced, moved and deleted
	sizeA    = 48 << 10
)

// contents returns the files. Any two contents differ at every offset.
func contents() map[string][]byte {
	all := map[string][]byte{}
	for i, name := range []string{
		fileA, fileTwin, fileB, "dir/c", "dir/sub/d", "dir/sub/e f", "dir/über", "dir2/a",
		"other/a",
	} {
		size := 100 + 10*i
		if name == fileA || name == fileTwin {
			size = sizeA
		}
		all[name] = content(name, size)
	}
	return all
}

// content returns a text of that size; each line has the file's name and a number.
func content(name string, size int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%s %d\n", name, i)
	}
	return b.Bytes()[:size]
}

// twinPath returns the twin's path if path is that of fileA, and otherwise path itself.
func twinPath(path string) string {
	if dir, ok := strings.CutSuffix(path, "/"+fileA); ok {
		return dir + "/" + fileTwin
	}
	return path
}

// world is the store with which every operation begins.
type world struct {
	store    Store
	files    map[string][]byte
	versions map[string]files.Version
	features files.Features
}

// newWorld fills a store through the driver, with true responses.
func newWorld(ctx context.Context, c *Config, other *elsewhere) (*world, error) {
	w := &world{
		store:    c.Service.Store(),
		files:    contents(),
		versions: map[string]files.Version{},
	}
	e := newEndpoint(c.Service, w.store, nil, nil, other)
	defer e.close()
	b := c.Open(e.url())
	defer b.Close()
	w.features = b.Features()
	for name, text := range w.files {
		if _, err := files.PutBytes(ctx, b, name, text, nil); err != nil {
			return nil, fmt.Errorf("with true responses: %w; %s", err, e.log())
		}
		info, err := b.Stat(ctx, name, nil)
		if err != nil {
			return nil, fmt.Errorf("with true responses: %w; %s", err, e.log())
		}
		w.versions[name] = info.Version
	}
	return w, nil
}
