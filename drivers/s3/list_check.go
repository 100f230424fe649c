package s3

import (
	"strings"

	"cloudfiles.dev/drivers/internal/paging"
	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

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

	pages paging.Run
}

// entry checks the next entry. again is true for a directory that has come before.
func (c *listCheck) entry(name string, isDir bool) (again bool, err error) {
	rest, ok := strings.CutPrefix(name, c.prefix)
	slash := strings.IndexByte(rest, '/')
	switch {
	case !ok:
		return false, paging.Bad("names outside of the prefix that was requested")
	case isDir && (!c.shallow || rest == "" || slash != len(rest)-1):
		return false, paging.Bad("directories that were not requested")
	case !isDir && c.shallow && slash >= 0 && slash != len(rest)-1:
		return false, paging.Bad("names below the directories that were requested")
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
		return false, paging.Bad("a name twice")
	case name < c.last:
		return false, paging.Bad("names in no order, or twice; " +
			"files.Check finds out whether the store has an order")
	}
	c.last, c.isDir, c.some = name, isDir, true
	return false, nil
}

// object checks an object's size and key.
func (c *listCheck) object(o listObject) error {
	switch {
	case o.key == "":
		return paging.Bad("an object without a key")
	case !o.sized && !c.namesOnly:
		return paging.Bad("an object without a size")
	case o.size < 0:
		return paging.Bad("an object with a negative size")
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
		return "", paging.Bad("more pages, and no token for them")
	}
	return next, c.pages.Next(next, !some, "token")
}
