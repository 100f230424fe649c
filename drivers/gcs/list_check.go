package gcs

import (
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// maxEmptyPages is how many pages in a row may be empty while the service reports that
// there are more.
const maxEmptyPages = 100

// badListing is the error for a response that isn't a valid listing.
func badListing(what string) error {
	return driver.Errorf(files.ErrUnavailable, "the service's listing has %s", what)
}

// listCheck checks that a listing is what was requested. Its memory doesn't grow with the
// listing.
type listCheck struct {
	prefix    string // as in the request
	shallow   bool
	namesOnly bool

	last  string // the latest entry
	isDir bool
	some  bool

	pages, empty int
	kept         string // a token, to detect cycles by Brent's algorithm
	keepAt       int
}

// entry checks the next entry; again is true for a directory that was already listed.
func (c *listCheck) entry(name string, isDir bool) (again bool, err error) {
	rest, ok := strings.CutPrefix(name, c.prefix)
	slash := strings.IndexByte(rest, '/')
	switch {
	case !ok:
		return false, badListing("names outside of the prefix that was requested")
	case isDir && (!c.shallow || slash < 0 || slash != len(rest)-1):
		return false, badListing("directories that were not requested")
	case !isDir && c.shallow && slash >= 0 && slash != len(rest)-1:
		return false, badListing("names below the directories that were requested")
	case !c.some:
	case name == c.last && isDir && c.isDir:
		return true, nil
	case name == c.last && isDir == c.isDir: // otherwise it is a marker and its directory
		return false, badListing("a name twice")
	case name < c.last:
		return false, badListing("names in no order, or twice")
	}
	c.last, c.isDir, c.some = name, isDir, true
	return false, nil
}

// object checks what the listing reports about an object.
func (c *listCheck) object(i *item) error {
	switch {
	case i.Name == "":
		return badListing("an object without a name")
	case c.namesOnly:
	case !i.Size.known || !i.Generation.known:
		return badListing("an object without a size or a generation")
	case i.Size.n < 0 || i.Generation.n <= 0:
		return badListing("an object of a negative size or generation")
	}
	return nil
}

// page checks the end of a page, and returns the token of the next page, or "" after the
// last.
func (c *listCheck) page(p *page) (next string, err error) {
	switch {
	case p.Next == "":
		return "", nil
	case p.Next == c.kept:
		return "", badListing("a page token that repeats, so the listing doesn't end")
	}
	if c.pages++; c.pages > c.keepAt {
		c.kept, c.keepAt = p.Next, 2*c.pages
	}
	if c.empty++; len(p.Items)+len(p.Prefixes) > 0 {
		c.empty = 0
	}
	if c.empty > maxEmptyPages {
		return "", badListing("empty pages without an end")
	}
	return p.Next, nil
}
