package azure

import (
	"net/http"
	"strings"
	"sync/atomic"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// A listing can begin at a name (startFrom, since the service's version 2026-02-06),
// inclusive. What the documentation says of it is short, and older servers ignore it;
// so it is believed only where the response shows it: by a name that isn't behind the one
// that was asked for, from which it follows that nothing is left out. If the response
// shows nothing, the listing is begun at the front.
// https://learn.microsoft.com/rest/api/storageservices/list-blobs
const (
	fromUnknown int32 = iota
	fromKept          // a response has shown it
	fromIgnored       // a response began in front of it
	fromRefused       // it was an error
)

// fromKey is the key of a name in a request's context.
type fromKey struct{}

// beginning adds the name to a request, since the SDK doesn't send its own option for
// it (azblob 1.8.0). A client of the caller's doesn't have this policy, which has the
// same effect as a server that ignores the name.
type beginning struct{}

// Do adds the parameter before the request is signed.
func (beginning) Do(req *policy.Request) (*http.Response, error) {
	if from, ok := req.Raw().Context().Value(fromKey{}).(string); ok {
		u := req.Raw().URL
		q := u.Query()
		q.Set("startFrom", from)
		u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	}
	return req.Next()
}

// maxProofs is how often the driver tries to prove it if the responses happen not to show
// it.
const maxProofs = 2

// fromState is what is known of one kind of listing.
type fromState struct {
	atomic.Int32
	proofs atomic.Int32
}

// fromState finds it: by depth, and by whether there is a prefix, to which the name
// could be relative.
func (l *listing) state() *fromState {
	i := 0
	if l.req.Shallow {
		i = 1
	}
	if l.req.Prefix != "" {
		i += 2
	}
	return &l.b.from[i]
}

// begin asks for the first page from a name on, and keeps it. If its response doesn't
// show that nothing is left out, the listing begins at the front. all is the size of a
// page of what has to be skipped.
func (l *listing) begin(from string, all int32) error {
	state, some := l.state(), l.size
	l.size = all
	if s := state.Load(); s == fromIgnored || s == fromRefused || l.b.tree.Load() {
		return nil
	}
	l.size = some
	page, next, err := l.page(nil, from)
	l.size = all
	switch {
	case err != nil && refusesFrom(err):
		state.Store(fromRefused)
		return nil
	case err != nil:
		return err
	case l.b.tree.Load(): // whose order is another
		return nil
	case len(page) > 0 && page[0].Name == from:
		if proves(from, l.req.Prefix) {
			state.Store(fromKept)
		}
	case len(page) > 0 && lessUTF16(page[0].Name, from):
		state.Store(fromIgnored)
		l.first = &firstPage{entries: page, next: next}
		return nil
	case state.Load() != fromKept:
		if kept, err := l.prove(state); err != nil || !kept {
			return err
		}
	}
	l.size = some
	l.first = &firstPage{entries: page, next: next, from: from}
	return nil
}

// firstPage is one that was asked for already.
type firstPage struct {
	entries []files.Entry
	next    *string
	from    string
}

// refusesFrom reports whether the service may not know the parameter.
func refusesFrom(err error) bool {
	r := responseOf(err)
	kind := codes[r.code]
	return r.own && r.status >= 400 && r.status < 500 &&
		(kind == nil || kind == files.ErrInvalid || kind == files.ErrUnsupported ||
			kind == files.ErrInvalidName)
}

// proves reports whether a listing that began at that name can't have done so were the
// name taken for one relative to the prefix.
func proves(name, prefix string) bool {
	return prefix == "" || strings.TrimPrefix(name, prefix) < name
}

// prove lets a listing begin at the second name that there is.
func (l *listing) prove(state *fromState) (kept bool, err error) {
	if state.proofs.Add(1) > maxProofs {
		return false, nil
	}
	all := l.size
	defer func() { l.size = all }()
	l.size = 2
	front, _, err := l.page(nil, "")
	if err != nil || len(front) < 2 || front[1].Name == "" || !proves(front[1].Name, l.req.Prefix) {
		return false, err
	}
	l.size = 1
	page, _, err := l.page(nil, front[1].Name)
	switch {
	case err != nil || len(page) == 0:
		return false, err
	case page[0].Name == front[1].Name:
		state.Store(fromKept)
		return true, nil
	}
	state.Store(fromRefused) // it is something else than is known of it
	return false, nil
}

// startFrom is the name to begin at, "" for the front: no entry that was asked for
// comes in front of it, in the order of UTF-16 either. none reports that nothing that
// was asked for can come at all.
func startFrom(req driver.ListRequest) (from string, none bool) {
	after := req.StartAfter
	rest, ok := strings.CutPrefix(after, req.Prefix)
	if !ok {
		return "", after > req.Prefix
	}
	if slash := strings.IndexByte(rest, '/'); req.Shallow && slash >= 0 {
		after = after[:len(after)-len(rest)+slash+1]
	}
	for i, c := range after {
		if c >= 0xE000 && c <= 0xFFFF { // characters beyond come in front of it there
			after = after[:i]
			break
		}
		if c < ' ' || c == 0x7F || c == '\\' { // what a URL or the service takes for something else
			after = after[:i]
			break
		}
	}
	if len(after) <= len(req.Prefix) {
		return "", false
	}
	return after, false
}
