package driver

import (
	"context"
	"reflect"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/handover"
)

// DeleteNames deletes files of a bucket that is joined with others, and returns an
// error or nil for each name. It makes one request if the bucket can delete many files
// in one. A name for which the bucket returns no result counts as not deleted, and is
// not tried again (D3). names may have at most files.DeleteBatchSize elements.
func DeleteNames(ctx context.Context, b files.Bucket, names []string) []error {
	return deleteBatch(ctx, b, names)
}

var deleteBatch = handover.DeleteBatch.(func(context.Context, files.Bucket, []string) []error)

// Overlap reports whether the directories of two buckets may have a file in common; ""
// is the whole bucket. If the buckets can't be compared and don't implement
// [BucketLocator], Overlap returns false.
func Overlap(a files.Bucket, dirA string, b files.Bucket, dirB string) bool {
	storeA, prefixA := rootOf(a, dirA)
	storeB, prefixB := rootOf(b, dirB)
	if storeA == nil || storeB == nil {
		return false
	}
	if storeA != storeB {
		if dir, ok := inside(storeA, storeB); ok {
			prefixA = dir + prefixA
		} else if dir, ok := inside(storeB, storeA); ok {
			prefixB = dir + prefixB
		} else {
			return false
		}
	}
	return strings.HasPrefix(prefixA, prefixB) || strings.HasPrefix(prefixB, prefixA)
}

// Nested is implemented by what [Identifier].Store returns if a whole store can be a
// directory of another one, as a folder can be inside another.
type Nested interface {
	// Inside returns the directory of the other store that is this store, with a slash
	// at its end, or "" if both are the same folder. It is called only by [Overlap], so
	// it may ask the store.
	Inside(other any) (dir string, ok bool)
}

// Folder is implemented by what [Identifier].Store returns if the store may be a folder
// on disk, so that two kinds of stores can recognize each other's folders.
type Folder interface {
	// FolderPath returns the folder's path. It is called only by [Overlap].
	FolderPath() (path string, ok bool)
}

func inside(store, other any) (dir string, ok bool) {
	if n, is := store.(Nested); is {
		return n.Inside(other)
	}
	return "", false
}

// rootOf returns the store and the prefix of all keys below the directory. The store is
// nil if it isn't known.
func rootOf(b files.Bucket, dir string) (store any, prefix string) {
	const probe = "x"
	if dir != "" {
		dir += "/"
	}
	store, key := locate(b, dir+probe)
	if store == nil || !reflect.ValueOf(store).Comparable() {
		return nil, ""
	}
	return store, strings.TrimSuffix(key, probe)
}

var locate = handover.Locate.(func(files.Bucket, string) (any, string))
