package azure

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

// listCheck checks that the pages of a listing are what was requested. Its memory doesn't
// grow with them.
type listCheck struct {
	prefix  string
	shallow bool
	tree    bool // the order is by directories

	last  string // the latest entry
	isDir bool
	some  bool

	pages, empty int
	kept         string // a marker, to detect cycles by Brent's algorithm
	keepAt       int
}

// entry checks the next entry, which comes in the service's order or in byte order;
// again is true for a directory that was already listed.
func (c *listCheck) entry(name string, isDir bool) (again bool, err error) {
	rest, ok := strings.CutPrefix(name, c.prefix)
	slash := strings.IndexByte(rest, '/')
	switch {
	case name == "":
		return false, badListing("a blob without a name")
	case !ok:
		return false, badListing("names outside of the prefix that was requested")
	case isDir && (!c.shallow || rest == "" || slash != len(rest)-1):
		return false, badListing("directories that were not requested")
	case !isDir && c.shallow && slash >= 0 && slash != len(rest)-1:
		return false, badListing("names below the directories that were requested")
	case !c.some:
	case name == c.last && isDir && c.isDir:
		return true, nil
	case name == c.last && isDir == c.isDir:
		return false, badListing("a name twice")
	case name < c.last && !lessUTF16(c.last, name) && !(c.tree && lessPath(c.last, name)):
		return false, badListing("names in no order, or twice")
	}
	c.last, c.isDir, c.some = name, isDir, true
	return false, nil
}

// lessPath compares names in the order of a walk through a tree: the contents of a
// directory come directly after it.
func lessPath(a, b string) bool {
	slash := strings.NewReplacer("/", "\x00")
	return slash.Replace(a) < slash.Replace(b)
}

// checkBlob checks what the listing reports about a blob.
func checkBlob(b *listedBlob) error {
	switch {
	case !b.sized:
		return badListing("a blob of no size")
	case b.size < 0:
		return badListing("a blob of a negative size")
	}
	return nil
}

// page checks the end of a page.
func (c *listCheck) page(next string, entries int) error {
	if next == "" {
		return nil
	}
	if next == c.kept {
		return badListing("a marker that repeats, so the listing doesn't end")
	}
	if c.pages++; c.pages > c.keepAt {
		c.kept, c.keepAt = next, 2*c.pages
	}
	if c.empty++; entries > 0 {
		c.empty = 0
	}
	if c.empty > maxEmptyPages {
		return badListing("empty pages without an end")
	}
	return nil
}
