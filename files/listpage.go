package files

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
)

// tokenVersion is the first byte of a page token; tokenSum is how many bytes of the
// hash follow it.
const (
	tokenVersion = 1
	tokenSum     = 12
	maxToken     = 8192 // characters; a raw key may be longer than a name
)

var tokenEncoding = base64.RawURLEncoding.Strict()

// ListPage returns one page of a listing, for a web page or an API: at most limit
// entries, from 1 to MaxPage, and the token of the next page, which is "" if this is
// the last one. The first page's token is "".
//
// A token is safe in a URL, never expires and holds no state. It continues after the
// last name of its page, so files that are put or deleted meanwhile neither repeat nor
// hide other entries. It belongs to its directory and options (Shallow, Prefix,
// StartAfter, Foreign); limit may differ from page to page. It is neither secret nor
// signed: anybody can make one, and reaches nothing with it but the entries of that
// listing.
//
// If List fails, ListPage returns the error and the entries before it. If the error
// says that a folder or a file can't be read (L9), these entries are the whole page,
// and next is the token of the page after it.
//
// Errors: those of List; ErrInvalid for a token of another listing or one that was
// changed, a limit out of bounds, and options with a Limit of their own; ErrUnsupported
// if the bucket doesn't list in order.
func ListPage(ctx context.Context, b Bucket, dir, token string, limit int,
	opts *ListOptions) (entries []Entry, next string, err error) {
	entries, next, err = listPage(ctx, b, dir, token, limit, opts)
	if e, ok := err.(*Error); !ok || e.Op != OpList || !isBelow(dir, e.Name) {
		err = newError(OpList, dir, err)
	}
	return entries, next, err
}

func listPage(ctx context.Context, b Bucket, dir, token string, limit int,
	opts *ListOptions) ([]Entry, string, error) {
	ctx, b = given(ctx, b)
	var o ListOptions
	if opts != nil {
		o = *opts
	}
	d, err := checkDir(dir, MaxName)
	switch {
	case err != nil:
		return nil, "", err
	case limit < 1 || limit > MaxPage:
		return nil, "", invalid("page limit %d is not from 1 to %d", limit, MaxPage)
	case o.Limit != 0:
		return nil, "", invalid("the limit of a page is ListPage's argument, not an option")
	case !b.Features().Ordered:
		return nil, "", errorf(ErrUnsupported,
			"the bucket doesn't list in order, so it has no pages")
	}
	listing := o // what tokens are bound to
	if token != "" {
		last, ok := openToken(d, listing, token)
		if !ok {
			return nil, "", invalid("the page token is not one of this listing")
		}
		o.StartAfter = last
	}
	o.Limit = limit + 1  // one more shows whether this is the last page
	entries := []Entry{} // as JSON an empty page is [], not null
	next := ""
	for e, err := range b.List(ctx, d, &o) {
		switch {
		case err != nil && len(entries) == 0:
			return nil, "", err
		case err != nil:
			return entries, next, err
		case len(entries) < limit:
			entries = append(entries, e)
		case next == "": // an error may still come
			last := entries[limit-1]
			next = makeToken(d, listing, last.Name+last.Key) // one of both is empty
		default:
			return entries, next, nil
		}
	}
	return entries, next, nil
}

// makeToken returns the token of the page after last.
func makeToken(dir string, o ListOptions, last string) string {
	sum := tokenHash(dir, o, last)
	return tokenEncoding.EncodeToString(append(append([]byte{tokenVersion}, sum[:tokenSum]...),
		last...))
}

// openToken returns the name that the token continues after; ok is false for a token of
// another listing.
func openToken(dir string, o ListOptions, token string) (last string, ok bool) {
	if len(token) > maxToken {
		return "", false
	}
	raw, err := tokenEncoding.DecodeString(token)
	// the decoder ignores line breaks
	if err != nil || len(raw) <= 1+tokenSum || raw[0] != tokenVersion || strings.ContainsAny(token,
		"\r\n") {
		return "", false
	}
	last = string(raw[1+tokenSum:])
	sum := tokenHash(dir, o, last)
	return last, string(raw[1:1+tokenSum]) == string(sum[:tokenSum])
}

// tokenHash is over everything that decides which entries a page has, each part after
// its length.
func tokenHash(dir string, o ListOptions, last string) [sha256.Size]byte {
	var p []byte
	for _, s := range []string{
		"page", dir, strconv.FormatBool(o.Shallow), o.Prefix, o.StartAfter,
		strconv.FormatBool(o.Foreign), last,
	} {
		p = strconv.AppendInt(p, int64(len(s)), 10)
		p = append(append(p, ':'), s...)
	}
	return sha256.Sum256(p)
}
