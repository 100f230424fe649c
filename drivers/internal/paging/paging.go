// Package paging checks the pages of services' listings, so that a listing ends whatever
// the service responds.
package paging

import (
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// MaxEmpty is how many pages in a row may be empty while the service reports that there
// are more.
const MaxEmpty = 100

// Bad is the error for a response that isn't a valid listing.
func Bad(what string) error {
	return driver.Errorf(files.ErrUnavailable, "the service's listing has %s", what)
}

// Run is a listing's pages so far. The zero value is one without pages. It keeps one
// token, however many pages there are.
type Run struct {
	pages, empty int
	kept         string // a token, to detect cycles by Brent's algorithm
	keepAt       int
}

// Next checks a page that another one follows, by its token. empty says that the page has
// no entries, and word is what the service calls the token. A token that repeats and more
// than MaxEmpty empty pages in a row are errors.
func (r *Run) Next(token string, empty bool, word string) error {
	if token == r.kept {
		return Bad("a " + word + " that repeats, so the listing doesn't end")
	}
	if r.pages++; r.pages > r.keepAt {
		r.kept, r.keepAt = token, 2*r.pages
	}
	if r.empty++; !empty {
		r.empty = 0
	}
	if r.empty > MaxEmpty {
		return Bad("empty pages without an end")
	}
	return nil
}
