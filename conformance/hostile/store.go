package hostile

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Store is a correct store of one bucket, in memory: it responds as the endpoint of a
// [Service] does. It is safe for concurrent use.
type Store interface {
	http.Handler
	// Clone returns an independent store with the same contents and versions.
	Clone() Store
	// Files returns the contents by name. Later requests don't change the result.
	Files() map[string][]byte
}

// object is an object in a store. It is never changed, only replaced.
type object struct {
	data    []byte
	version int64
	header  http.Header // for responses with its content
	time    time.Time
}

// upload is an unfinished upload.
type upload struct {
	name  string
	parts map[string][]byte // by number, or by the block's id
	head  http.Header
	query url.Values
}

// memory holds the objects and the unfinished uploads of a store.
type memory struct {
	mu      sync.Mutex
	objects map[string]*object
	uploads map[string]*upload
	last    int64
}

func newMemory() *memory {
	return &memory{
		objects: map[string]*object{},
		uploads: map[string]*upload{},
		last:    1_700_000_000_000_000,
	}
}

func (m *memory) clone() *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &memory{
		objects: maps.Clone(m.objects),
		uploads: map[string]*upload{},
		last:    m.last,
	}
}

// Files returns the contents.
func (m *memory) Files() map[string][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string][]byte, len(m.objects))
	for name, o := range m.objects {
		all[name] = o.data
	}
	return all
}

// next returns a number that it has not returned before.
func (m *memory) next() int64 {
	m.last++
	return m.last
}

// put stores content under the name.
func (m *memory) put(name string, data []byte, h http.Header) *object {
	o := &object{
		data:    data,
		version: m.next(),
		header:  h,
		time:    time.Now().UTC().Truncate(time.Second),
	}
	m.objects[name] = o
	return o
}

// list returns the names that begin with the prefix and come after the name after.
func (m *memory) list(prefix, delimiter, after string, most int) (names []string, more bool) {
	all := slices.Sorted(maps.Keys(m.objects))
	for _, name := range all {
		if !strings.HasPrefix(name, prefix) || name <= after {
			continue
		}
		if delimiter != "" {
			if i := strings.Index(name[len(prefix):], delimiter); i >= 0 {
				name = name[:len(prefix)+i+len(delimiter)]
				if name <= after || len(names) > 0 && names[len(names)-1] == name ||
					strings.HasSuffix(after, delimiter) && strings.HasPrefix(name, after) {
					continue
				}
			}
		}
		if len(names) == most {
			return names, true
		}
		names = append(names, name)
	}
	return names, false
}

// rangeOf parses the header Range for a file of that size. some reports whether the
// request has a range; ok is false if the file has no bytes in it.
func rangeOf(header string, size int64) (first, n int64, some, ok bool) {
	spec, found := strings.CutPrefix(header, "bytes=")
	from, to, dash := strings.Cut(spec, "-")
	if !found || !dash {
		return 0, size, false, true
	}
	if from == "" {
		k, err := strconv.ParseInt(to, 10, 64)
		n = min(k, size)
		return size - n, n, true, err == nil && n > 0
	}
	first, err := strconv.ParseInt(from, 10, 64)
	if err != nil || first >= size {
		return 0, 0, true, false
	}
	last := size - 1
	if to != "" {
		if last, err = strconv.ParseInt(to, 10, 64); err != nil || last < first {
			return 0, size, false, true
		}
	}
	return first, min(last, size-1) - first + 1, true, true
}

// serve responds with an object's content, or with the part that the header rng selects.
// It calls refuse if the object has no such bytes.
func serve(w http.ResponseWriter, r *http.Request, o *object, rng string, refuse func()) {
	size := int64(len(o.data))
	first, n, some, ok := rangeOf(rng, size)
	if !ok {
		w.Header().Set("Content-Range", "bytes */"+strconv.FormatInt(size, 10))
		refuse()
		return
	}
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	status := http.StatusOK
	if some {
		status = http.StatusPartialContent
		w.Header().Set("Content-Range", "bytes "+strconv.FormatInt(first, 10)+"-"+
			strconv.FormatInt(first+n-1, 10)+"/"+strconv.FormatInt(size, 10))
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(o.data[first : first+n])
	}
}

// whole returns the body of a request.
func whole(r *http.Request) []byte {
	if b, ok := r.Body.(*readAhead); ok {
		return b.content
	}
	content, _ := io.ReadAll(r.Body)
	return content
}

// readAhead is a body whose whole content was read before.
type readAhead struct {
	io.Reader
	content []byte
}

func (*readAhead) Close() error { return nil }

// keep copies the headers that begin with one of the prefixes.
func keep(from http.Header, prefixes ...string) http.Header {
	h := http.Header{}
	for k, v := range from {
		for _, p := range prefixes {
			if strings.HasPrefix(k, p) {
				h[k] = v
			}
		}
	}
	return h
}

// attributeHeaders are the headers that are returned as they were sent.
var attributeHeaders = []string{
	"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language",
}
