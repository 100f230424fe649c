package gocloud

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
)

// rawKeys is how a bucket names objects that other programs put in it under keys
// outside the naming rule (L7).
type rawKeys uint8

const (
	rawNone  rawKeys = iota // it doesn't list them
	rawSame                 // by the key: S3, memblob
	rawPaths                // by the path in the folder, as fileblob escapes keys: drivers/local
)

func rawKeysOf(b files.Bucket) rawKeys {
	if !b.Features().ForeignKeys {
		return rawNone
	}
	_, adapter := files.As[*blob.Bucket](b)
	if _, folder := files.As[fs.FileInfo](b); folder && !adapter {
		return rawPaths
	}
	return rawSame
}

// of returns the bucket's raw key for the object that other programs put in it under
// the key, if that can't be a file's name.
func (r rawKeys) of(key string) (string, bool) {
	switch {
	case r == rawPaths:
		path := fileblobEscape(key)
		return path, path != key
	case r == rawSame && key != "":
		return key, driver.CheckNameMax(key, len(key)) != nil
	}
	return "", false
}

// key returns the Go CDK's key for the bucket's raw key.
func (r rawKeys) key(raw string) string {
	if r == rawPaths {
		return fileblobUnescape(raw)
	}
	return raw
}

// fileblobEscape returns the path under which fileblob stores a key, on systems whose
// separator is "/".
func fileblobEscape(key string) string {
	var b strings.Builder
	runes := []rune(key)
	for i, r := range runes {
		escape := r < ' '
		switch r {
		case '/':
			escape = i == len(runes)-1 || i > 0 && runes[i-1] == '/' ||
				i > 1 && runes[i-1] == '.' && runes[i-2] == '.'
		case '_':
			_, n := fileblobEscaped(string(runes[i:min(i+20, len(runes))]))
			escape = n > 0
		}
		if escape {
			fmt.Fprintf(&b, "__%#x__", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// fileblobUnescape returns the key for such a path.
func fileblobUnescape(path string) string {
	var b strings.Builder
	for {
		i := strings.Index(path, escapeMark)
		if i < 0 {
			break
		}
		b.WriteString(path[:i])
		path = path[i:]
		r, n := fileblobEscaped(path)
		if n == 0 {
			r, n = '_', 1
		}
		b.WriteRune(r)
		path = path[n:]
	}
	b.WriteString(path)
	return b.String()
}

// fileblobEscaped returns the character whose escape the text begins with, and the
// escape's length, or 0.
func fileblobEscaped(s string) (rune, int) {
	rest, ok := strings.CutPrefix(s, escapeMark)
	digits, after, found := strings.Cut(rest, "_")
	if !ok || !found || !strings.HasPrefix(after, "_") {
		return 0, 0
	}
	v, err := strconv.ParseInt(digits, 16, 32)
	if err != nil {
		return 0, 0
	}
	return rune(v), len(escapeMark) + len(digits) + 2
}
