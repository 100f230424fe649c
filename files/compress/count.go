package compress

import (
	"bytes"
	"context"
	"io"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// counted remembers the plain sizes of files that other programs have compressed, by
// version.
type counted struct {
	mu    sync.Mutex
	sizes map[countedFile]int64
}

type countedFile struct {
	name    string
	version files.Version
}

// maxCounted is how many sizes are remembered. If there are more, some are removed.
const maxCounted = 4096

func (c *counted) get(i files.Info) (int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.sizes[countedFile{i.Name, i.Version}]
	return n, ok && i.Version != ""
}

func (c *counted) set(i files.Info, n int64) {
	if i.Version == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sizes == nil {
		c.sizes = map[countedFile]int64{}
	}
	for k := range c.sizes {
		if len(c.sizes) < maxCounted {
			break
		}
		delete(c.sizes, k)
	}
	c.sizes[countedFile{i.Name, i.Version}] = n
}

// countOrRead reads a file that another program has compressed to its end, and returns
// the plain size. It also returns the content if that has up to 1 MiB.
func (z *codec) countOrRead(stored *files.Reader, i files.Info) (int64, []byte, error) {
	from := &source{r: stored}
	head := make([]byte, 4)
	k, err := io.ReadFull(from, head)
	if from.err != nil {
		return 0, nil, from.err
	}
	r := io.MultiReader(bytes.NewReader(head[:k]), from)
	if err == nil && isFrame(head) {
		dec, err := z.decoder(r)
		if err != nil {
			return 0, nil, err
		}
		defer func() {
			dec.Reset(nil)
			z.decoders.Put(dec)
		}()
		r = dec
	}
	var short bytes.Buffer
	n, err := io.CopyN(&short, r, tried+1)
	if err == nil {
		var more int64
		more, err = io.CopyN(io.Discard, r, max(z.maxUnmarked-n, 0)+1)
		n += more
		short = bytes.Buffer{}
	}
	switch {
	case from.err != nil:
		return 0, nil, from.err
	case err != nil && err != io.EOF:
		return 0, nil, decodeError(err)
	case n > z.maxUnmarked:
		return 0, nil, tooLarge(z.maxUnmarked)
	}
	z.counted.set(i, n)
	if n <= tried {
		return n, append([]byte{}, short.Bytes()...), nil
	}
	return n, nil, nil
}

// count is countOrRead for Stat and List.
func (z *codec) count(ctx context.Context, i files.Info) (int64, error) {
	if n, ok := z.counted.get(i); ok {
		return n, nil
	}
	var o files.GetOptions
	if z.below.Features().ReadConditions {
		o.IfVersion = i.Version
	}
	r, err := z.below.Get(ctx, i.Name, &o)
	switch files.KindOf(err) {
	case nil:
		if err != nil {
			return 0, err
		}
	case files.ErrPrecondition, files.ErrNotExist:
		return 0, driver.WithCause(files.ErrChanged, err, "the file was replaced or deleted "+
			"while its content was counted")
	default:
		return 0, err
	}
	defer r.Close()
	n, _, err := z.countOrRead(r, i)
	return n, err
}
