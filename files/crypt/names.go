package crypt

import (
	"encoding/base32"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// An encrypted name has the same number of elements. Each is the base32 of the element
// encrypted by AES-SIV, with the path of its directory as associated data. So the same
// element looks different in each directory, and can't be moved to another one.

var base32s = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").
	WithPadding(base32.NoPadding)

const (
	// depth is how many elements a name of MaxName bytes may have and always fit.
	depth = 16
	// minName is the smallest MaxName of a bucket with encrypted names.
	minName = 64
	// nowhere is a directory that has no encrypted file.
	nowhere = "0"
)

type nameCipher struct {
	siv   *siv
	below files.Bucket
}

func encryptNames(b files.Bucket, h *files.Hooks, secret Secret) {
	k := key{secret: secret}
	s, err := newSIV(k.derive(nil, "cloudfiles.dev/crypt-v1 names", 64))
	if err != nil {
		panic(err) // only the length can be wrong
	}
	c := &nameCipher{s, b}
	h.Layer += " names"
	h.Names = &files.NameMap{
		Check: c.check,
		In:    c.in,
		Out:   c.out,
		List:  c.list,
	}
	h.Entry = keeps
	sizes := h.Features
	h.Features = func(f files.Features) files.Features {
		f = sizes(f)
		f.MaxName = max(maxPlainName(f.MaxName), 1)
		f.AnyName, f.Ordered = false, false
		return f
	}
}

// maxPlainName returns the largest length of a name of at most depth elements whose
// encrypted name always fits.
func maxPlainName(below int) int {
	if below <= 0 {
		below = files.MaxName
	}
	// An encrypted element of n bytes has at most (8·(sivSize+n)+4)/5, and there are
	// slashes.
	n := (5*(below-(depth-1)) - (8*sivSize+4)*depth) / 8
	return n + depth - 1
}

// check refuses names whose encrypted name is too long.
func (c *nameCipher) check(name string) error {
	most := c.below.Features().MaxName
	if most <= 0 {
		most = files.MaxName
	}
	if n := sealedLen(name); n > most {
		return driver.Errorf(files.ErrUnsupported, "the encrypted name has %d bytes, more than "+
			"%d: it has too many elements", n, most)
	}
	return nil
}

func sealedLen(name string) (n int) {
	for e := range strings.SplitSeq(name, "/") {
		n += base32s.EncodedLen(sivSize+len(e)) + 1
	}
	return n - 1
}

func (c *nameCipher) in(name string) string {
	var b strings.Builder
	for at := 0; ; {
		e, _, more := strings.Cut(name[at:], "/")
		b.WriteString(base32s.EncodeToString(c.siv.seal([]byte(e), []byte(name[:at]))))
		if !more {
			return b.String()
		}
		b.WriteByte('/')
		at += len(e) + 1
	}
}

// out also takes the directories of a listing, which end in a slash.
func (c *nameCipher) out(sealed string) (string, bool) {
	path, dir := strings.CutSuffix(sealed, "/")
	var name []byte
	for e := range strings.SplitSeq(path, "/") {
		raw, err := base32s.DecodeString(e)
		// The decoder ignores line breaks and unused bits, so one name could have two
		// spellings.
		if err != nil || base32s.EncodeToString(raw) != e {
			return "", false
		}
		plain, ok := c.siv.open(raw, name)
		if !ok {
			return "", false
		}
		name = append(append(name, plain...), '/')
	}
	plain := string(name[:len(name)-1])
	if files.CheckName(plain) != nil {
		return "", false
	}
	if dir {
		plain += "/"
	}
	return plain, true
}

// list makes the bucket below list the whole directory, because encryption keeps
// neither prefixes nor the order.
func (c *nameCipher) list(dir string, o *files.ListOptions) string {
	o.Prefix, o.StartAfter = "", ""
	if dir == "" {
		return ""
	}
	if c.check(dir) != nil { // no file can be in it
		return nowhere
	}
	return c.in(dir)
}

// keeps applies Prefix and StartAfter, which the listing below can't.
func keeps(c *files.Call, e files.Entry) bool {
	if c.List == nil {
		return true
	}
	dir := strings.TrimSuffix(c.Name, "/")
	if dir != "" {
		dir += "/"
	}
	return strings.HasPrefix(e.Name, dir+c.List.Prefix) && e.Name > c.List.StartAfter
}
