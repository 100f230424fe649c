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

// Store is a truthful store of one bucket, in memory: what the endpoint of a [Service]
// would say if nothing stood in front of it. It is safe for concurrent use.
type Store interface {
	http.Handler
	// Clone returns a store that holds the same, versions included, and changes by
	// itself.
	Clone() Store
	// Files returns the contents by name. What is returned is not changed.
	Files() map[string][]byte
}

// object is one that a store holds. It is never changed, only replaced.
type object struct {
	data    []byte
	version int64
	header  http.Header // what comes back with it
	time    time.Time
}

// upload is an unfinished upload.
type upload struct {
	name  string
	parts map[string][]byte // by number, or by the block's id
	head  http.Header
	query url.Values
}

// memory is what the stores have in common.
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

// next is a number that was not given before.
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

// list lists what begins with the prefix, behind the name after.
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

// rangeOf reads the header Range of a file of that size. some is false where none was
// asked for; ok where it has bytes.
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

// serve answers with an object's content, or the part that is asked for. refuse answers
// that there are no such bytes.
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

// whole is the body of a request.
func whole(r *http.Request) []byte {
	if b, ok := r.Body.(*body); ok { // which was read before
		return b.content
	}
	content, _ := io.ReadAll(r.Body)
	return content
}

// body is one that was read before.
type body struct {
	io.Reader
	content []byte
}

func (*body) Close() error { return nil }

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

// attributeHeaders come back as they were sent.
var attributeHeaders = []string{
	"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language",
}
