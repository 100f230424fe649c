package s3

import (
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// maxEmptyPages is how many pages in a row may be empty while the service says that
// there are more.
const maxEmptyPages = 100

// badListing is the error for a response that isn't a valid listing.
func badListing(what string) error {
	return driver.Errorf(files.ErrUnavailable, "the service's listing has %s", what)
}

// listCheck checks that a listing is what was requested. It doesn't grow with the
// listing, except by the directories of a store that lists in no order.
type listCheck struct {
	prefix    string // as it was sent
	shallow   bool
	namesOnly bool
	ordered   bool

	last  string          // the name of the last entry
	isDir bool            // whether it was a directory
	some  bool            // whether an entry has come
	dirs  map[string]bool // of an unordered listing

	pages, empty int
	kept         string // a token, to detect cycles by Brent's algorithm
	keepAt       int
}

// entry checks the next entry. again is true for a directory that has come before.
func (c *listCheck) entry(name string, isDir bool) (again bool, err error) {
	rest, ok := strings.CutPrefix(name, c.prefix)
	slash := strings.IndexByte(rest, '/')
	switch {
	case !ok:
		return false, badListing("names outside of the prefix that was requested")
	case isDir && (!c.shallow || rest == "" || slash != len(rest)-1):
		return false, badListing("directories that were not requested")
	case !isDir && c.shallow && slash >= 0 && slash != len(rest)-1:
		return false, badListing("names below the directories that were requested")
	case !c.ordered:
		if isDir && c.dirs[name] {
			return true, nil
		}
		if isDir {
			if c.dirs == nil {
				c.dirs = map[string]bool{}
			}
			c.dirs[name] = true
		}
		return false, nil
	case files.CheckName(strings.TrimSuffix(name, "/")) != nil:
		// Only the names of files are in order.
		return false, nil
	case !c.some:
	case name == c.last && isDir && c.isDir:
		return true, nil
	case name == c.last && isDir == c.isDir: // otherwise they are a marker and its directory
		return false, badListing("a name twice")
	case name < c.last:
		return false, badListing("names in no order, or twice; " +
			"files.Check finds out whether the store has an order")
	}
	c.last, c.isDir, c.some = name, isDir, true
	return false, nil
}

// object checks an object's size and key.
func (c *listCheck) object(o listObject) error {
	switch {
	case o.key == "":
		return badListing("an object without a key")
	case !o.sized && !c.namesOnly:
		return badListing("an object without a size")
	case o.size < 0:
		return badListing("an object with a negative size")
	}
	return nil
}

// page checks the end of a page, and returns the token of the next one, or "" after the
// last. some says whether the page had an entry.
func (c *listCheck) page(out *s3.ListObjectsV2Output, some bool) (next string, err error) {
	next = aws.ToString(out.NextContinuationToken)
	if strings.TrimSpace(next) == "" {
		next = ""
	}
	switch {
	case out.IsTruncated != nil && !*out.IsTruncated, out.IsTruncated == nil && next == "":
		return "", nil
	case next == "":
		return "", badListing("more pages, and no token for them")
	case next == c.kept:
		return "", badListing("a token that repeats, so the listing doesn't end")
	}
	if c.pages++; c.pages > c.keepAt {
		c.kept, c.keepAt = next, 2*c.pages
	}
	if c.empty++; some {
		c.empty = 0
	}
	if c.empty > maxEmptyPages {
		return "", badListing("empty pages without an end")
	}
	return next, nil
}
