package azure

import (
	"net/http"
	"strings"
	"sync/atomic"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// A listing can begin at a name, inclusive (startFrom, since the service's version
// 2026-02-06). The documentation says little about it, and older servers ignore it, so
// the driver relies on it only if the response shows it: if its first name isn't after
// the requested one, nothing is left out. If the response shows nothing, the listing
// begins at the first name.
// https://learn.microsoft.com/rest/api/storageservices/list-blobs
const (
	fromUnknown int32 = iota
	fromKept          // a response has shown that it works
	fromIgnored       // a response began before the name
	fromRefused       // the response was an error
)

// fromKey is the context key of the name.
type fromKey struct{}

// startFromPolicy adds the name to a request, since the SDK doesn't send its own option
// for it (azblob 1.8.0). A caller's client may lack this policy, which has the same
// effect as a server that ignores the name.
type startFromPolicy struct{}

// Do adds the parameter before the request is signed.
func (startFromPolicy) Do(req *policy.Request) (*http.Response, error) {
	if from, ok := req.Raw().Context().Value(fromKey{}).(string); ok {
		u := req.Raw().URL
		q := u.Query()
		q.Set("startFrom", from)
		u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	}
	return req.Next()
}

// maxProofs is how many times the driver tries to prove that startFrom works if responses
// happen not to show it.
const maxProofs = 2

// fromState is what is known about startFrom in one kind of listing.
type fromState struct {
	atomic.Int32
	proofs atomic.Int32
}

// state returns the fromState of the listing's kind: by depth, and by whether there is a
// prefix, because the name could be relative to it.
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

// begin requests the first page from a name on, and keeps it. If the response doesn't
// show that nothing is left out, the listing begins at the first name. all is the page
// size for names that have to be skipped.
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
	case l.b.tree.Load(): // which has another order
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

// firstPage is a page that was already requested.
type firstPage struct {
	entries []files.Entry
	next    *string
	from    string
}

// refusesFrom reports whether the service may not support the parameter.
func refusesFrom(err error) bool {
	r := responseOf(err)
	kind := codes[r.code]
	return r.genuine && r.status >= 400 && r.status < 500 &&
		(kind == nil || kind == files.ErrInvalid || kind == files.ErrUnsupported ||
			kind == files.ErrInvalidName)
}

// proves reports whether a listing that began at that name shows that the name isn't
// relative to the prefix.
func proves(name, prefix string) bool {
	return prefix == "" || strings.TrimPrefix(name, prefix) < name
}

// prove makes a listing begin at the second name of the container or prefix.
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
	state.Store(fromRefused) // it doesn't work as documented
	return false, nil
}

// startFrom is the name to begin at, or "" for the first name. No requested entry comes
// before it, in the order of UTF-16 either. none reports that there can be no requested
// entry at all.
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
		if c >= 0xE000 && c <= 0xFFFF { // in UTF-16, characters beyond U+FFFF come before it
			after = after[:i]
			break
		}
		if c < ' ' || c == 0x7F || c == '\\' { // a URL or the service changes it
			after = after[:i]
			break
		}
	}
	if len(after) <= len(req.Prefix) {
		return "", false
	}
	return after, false
}
