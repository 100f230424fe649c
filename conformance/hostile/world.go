package hostile

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"cloudfiles.dev/files"
)

// What the store holds when an operation begins.
const (
	fileA    = "dir/a" // what most operations are about
	fileTwin = "dir/t" // another one of the same size
	fileB    = "dir/b" // what is replaced, moved and deleted
	sizeA    = 48 << 10
)

// contents are the files. Each content differs from all others, at every place.
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

// content is text that names its file on each line, with a number.
func content(name string, size int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%s %d\n", name, i)
	}
	return b.Bytes()[:size]
}

// twinPath is the path of the twin, for one of the file that has it.
func twinPath(path string) string {
	if dir, ok := strings.CutSuffix(path, "/"+fileA); ok {
		return dir + "/" + fileTwin
	}
	return path
}

// world is the store that all operations begin with.
type world struct {
	store    Store
	files    map[string][]byte
	versions map[string]files.Version
	features files.Features
}

// newWorld fills a store through the driver, with true answers.
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
			return nil, fmt.Errorf("with true answers: %w; %s", err, e.log())
		}
		info, err := b.Stat(ctx, name, nil)
		if err != nil {
			return nil, fmt.Errorf("with true answers: %w; %s", err, e.log())
		}
		w.versions[name] = info.Version
	}
	return w, nil
}
