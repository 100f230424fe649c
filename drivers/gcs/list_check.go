package gcs

import (
	"strings"

	"cloudfiles.dev/drivers/internal/paging"
)

// listCheck checks that a listing is what was requested. Its memory doesn't grow with the
// listing.
type listCheck struct {
	prefix    string // as in the request
	shallow   bool
	namesOnly bool

	last  string // the latest entry
	isDir bool
	some  bool

	pages paging.Run
}

// entry checks the next entry; again is true for a directory that was already listed.
func (c *listCheck) entry(name string, isDir bool) (again bool, err error) {
	rest, ok := strings.CutPrefix(name, c.prefix)
	slash := strings.IndexByte(rest, '/')
	switch {
	case !ok:
		return false, paging.Bad("names outside of the prefix that was requested")
	case isDir && (!c.shallow || slash < 0 || slash != len(rest)-1):
		return false, paging.Bad("directories that were not requested")
	case !isDir && c.shallow && slash >= 0 && slash != len(rest)-1:
		return false, paging.Bad("names below the directories that were requested")
	case !c.some:
	case name == c.last && isDir && c.isDir:
		return true, nil
	case name == c.last && isDir == c.isDir: // otherwise it is a marker and its directory
		return false, paging.Bad("a name twice")
	case name < c.last:
		return false, paging.Bad("names in no order, or twice")
	}
	c.last, c.isDir, c.some = name, isDir, true
	return false, nil
}

// object checks what the listing reports about an object.
func (c *listCheck) object(i *item) error {
	switch {
	case i.Name == "":
		return paging.Bad("an object without a name")
	case c.namesOnly:
	case !i.Size.known || !i.Generation.known:
		return paging.Bad("an object without a size or a generation")
	case i.Size.n < 0 || i.Generation.n <= 0:
		return paging.Bad("an object of a negative size or generation")
	}
	return nil
}

// page checks the end of a page, and returns the token of the next page, or "" after the
// last.
func (c *listCheck) page(p *page) (next string, err error) {
	if p.Next == "" {
		return "", nil
	}
	return p.Next, c.pages.Next(p.Next, len(p.Items)+len(p.Prefixes) == 0, "page token")
}
