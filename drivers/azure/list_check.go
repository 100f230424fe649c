package azure

import (
	"strings"

	"cloudfiles.dev/drivers/internal/paging"
)

// listCheck checks that the pages of a listing are what was requested. Its memory doesn't
// grow with them.
type listCheck struct {
	prefix  string
	shallow bool
	tree    bool // the order is by directories

	last  string // the latest entry
	isDir bool
	some  bool

	pages paging.Run
}

// entry checks the next entry, which comes in the service's order or in byte order;
// again is true for a directory that was already listed.
func (c *listCheck) entry(name string, isDir bool) (again bool, err error) {
	rest, ok := strings.CutPrefix(name, c.prefix)
	slash := strings.IndexByte(rest, '/')
	switch {
	case name == "":
		return false, paging.Bad("a blob without a name")
	case !ok:
		return false, paging.Bad("names outside of the prefix that was requested")
	case isDir && (!c.shallow || rest == "" || slash != len(rest)-1):
		return false, paging.Bad("directories that were not requested")
	case !isDir && c.shallow && slash >= 0 && slash != len(rest)-1:
		return false, paging.Bad("names below the directories that were requested")
	case !c.some:
	case name == c.last && isDir && c.isDir:
		return true, nil
	case name == c.last && isDir == c.isDir:
		return false, paging.Bad("a name twice")
	case name < c.last && !lessUTF16(c.last, name) && !(c.tree && lessPath(c.last, name)):
		return false, paging.Bad("names in no order, or twice")
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
		return paging.Bad("a blob of no size")
	case b.size < 0:
		return paging.Bad("a blob of a negative size")
	}
	return nil
}

// page checks the end of a page.
func (c *listCheck) page(next string, entries int) error {
	if next == "" {
		return nil
	}
	return c.pages.Next(next, entries == 0, "marker")
}
