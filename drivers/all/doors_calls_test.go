package all

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"

	"cloudfiles.dev/files"
)

// door is a call and its text. run returns what the call did, as text.
type door struct {
	text string
	run  func(b files.Bucket, old map[string]files.Version) string
}

// doorCalls choose the calls. Those that change files come twice.
var doorCalls = []func(d *doors) door{
	doorPut, doorPut, doorPut, doorWriter, doorWriter, doorUpload, doorUpload, doorUpdate,
	doorUpdateAttributes, doorDelete, doorDeleteMany, doorDeleteDir, doorCopy, doorCopy, doorSync,
	doorGet, doorOpenAt, doorReadRanges, doorDownload, doorList, doorList, doorPages, doorUsage,
	doorFS, doorSub,
}

func (d *doors) name() string { return d.names[d.r.IntN(len(d.names))] }
func (d *doors) dir() string  { return d.dirs[d.r.IntN(len(d.dirs))] }
func (d *doors) one(n int) bool {
	return d.r.IntN(n) == 0
}

// content returns random bytes of a random length, some of them long enough for parts.
func (d *doors) content() []byte {
	sizes := []int{0, 1, 300, 5_000, 70_000, 70_001, 200_000}
	n := sizes[d.r.IntN(len(sizes))]
	if large := d.one(8); large && !d.smallOnly {
		n = 11<<20 + d.r.IntN(9)
	}
	c := make([]byte, n)
	r := rand.New(rand.NewPCG(d.r.Uint64(), 1))
	for i := range c {
		c[i] = byte(r.Uint32())
	}
	return c
}

func (d *doors) attributes() files.Attributes {
	if !d.f.Attributes || d.one(2) {
		return files.Attributes{}
	}
	return []files.Attributes{
		{ContentType: "x/y"},
		{CacheControl: "no-store", Metadata: map[string]string{"k": "ü %"}},
		{ContentLanguage: "de", Metadata: map[string]string{"Upper": "", "l": "2"}},
	}[d.r.IntN(3)]
}

// condition returns the text of a condition, and what makes it for a bucket.
func (d *doors) condition(name string) (string, func(map[string]files.Version) files.Condition) {
	switch k := d.r.IntN(6); {
	case k == 0 && d.f.IfAbsent:
		return "if absent", func(map[string]files.Version) files.Condition {
			return files.IfAbsent()
		}
	case k == 1 && d.f.IfVersion:
		return "if version", func(old map[string]files.Version) files.Condition {
			return files.IfVersion(versionOr(old, name))
		}
	}
	return "", unconditional
}

func unconditional(map[string]files.Version) files.Condition { return files.Condition{} }

func versionOr(old map[string]files.Version, name string) files.Version {
	if v := old[name]; v != "" {
		return v
	}
	return "none"
}

// doorKind returns the outcome of a call.
func doorKind(err error) string {
	switch {
	case err == nil:
		return "no error"
	case errors.Is(err, io.EOF):
		return "EOF"
	case files.KindOf(err) == nil:
		return err.Error()
	case errors.Is(err, files.ErrUnavailable), errors.Is(err, files.ErrUncertain):
		return err.Error()
	}
	return files.KindName(files.KindOf(err))
}

// doorRefusal is doorKind of a call with several reasons to fail, of which any may come
// first.
func doorRefusal(err error) string {
	switch files.KindOf(err) {
	case files.ErrNotExist, files.ErrExist, files.ErrPrecondition, files.ErrCorrupt:
		return "refused"
	}
	return doorKind(err)
}

func sum(p []byte) string {
	return fmt.Sprintf("%d bytes %08x", len(p), crc32.ChecksumIEEE(p))
}

// putOptions returns random options of a Put of the content, and their text.
func (d *doors) putOptions(name string, content []byte) (string,
	func(map[string]files.Version) *files.PutOptions) {
	a := d.attributes()
	text, cond := d.condition(name)
	var digest files.Digest
	size := int64(-1)
	switch d.r.IntN(8) {
	case 0:
		digest.CRC32 = fmt.Sprintf("%08x", crc32.ChecksumIEEE(content))
	case 1:
		digest.CRC32 = "00000001"
	case 2:
		size = int64(len(content))
	case 3:
		size = int64(len(content)) + 1
	}
	text = fmt.Sprintf("%d bytes, %+v, %s, %+v, size %d", len(content), a, text, digest, size)
	return text, func(old map[string]files.Version) *files.PutOptions {
		o := &files.PutOptions{Attributes: a, If: cond(old), Digest: digest}
		if size >= 0 {
			o.Size = &size
		}
		return o
	}
}
