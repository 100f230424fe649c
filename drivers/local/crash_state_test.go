//go:build unix

package local

import (
	"context"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// proofFile is a file of the crash proofs. Everything of it follows from what made it,
// so that content of one Put with metadata of another shows.
type proofFile struct {
	Origin string // the name that it was put under
	Seq    int    // which Put it was
	Attrs  int    // 0: none given; 1: metadata; 2: metadata, headers and a type
	Size   int    // 0: about a hundred bytes
	// Over are the attributes that a copy replaced: those of this Seq and kind. 0: none.
	OverSeq, OverAttrs int
}

func (f proofFile) content() string {
	head := fmt.Sprintf("%.40s put %d kind %d;", f.Origin, f.Seq, f.Attrs)
	n := max(f.Size, 100+f.Seq%50, len(head))
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(head)
	}
	return b.String()[:n]
}

// attributes are what the caller gave.
func (f proofFile) attributes() files.Attributes { return proofAttributes(f.Seq, f.Attrs) }

func proofAttributes(seq, kind int) files.Attributes {
	var a files.Attributes
	if kind >= 1 {
		a.Metadata = map[string]string{
			"seq":  fmt.Sprint(seq),
			"text": fmt.Sprintf("ä text of put %d", seq),
		}
	}
	if kind >= 2 {
		a.ContentType = fmt.Sprintf("application/x-put-%d", seq)
		a.CacheControl = fmt.Sprintf("max-age=%d", seq)
	}
	return a
}

// stored are the attributes that the bucket has to tell.
func (f proofFile) stored() files.Attributes {
	a := f.attributes()
	if f.OverSeq != 0 {
		a = proofAttributes(f.OverSeq, f.OverAttrs)
	}
	if a.ContentType == "" {
		a.ContentType = driver.ContentType(f.Origin, []byte(f.content()))
	}
	return a
}

// state is which files there are.
type state map[string]proofFile

func (s state) with(name string, f proofFile) state {
	s = maps.Clone(s)
	if s == nil {
		s = state{}
	}
	s[name] = f
	return s
}

func (s state) without(name string) state {
	s = maps.Clone(s)
	delete(s, name)
	return s
}

// seenFile is a file as the bucket tells it.
type seenFile struct {
	info    files.Info
	content string
}

// seeAll reads everything that the bucket has. List, Stat and Get must agree; foreign
// objects are an error.
func seeAll(ctx context.Context, b files.Bucket) (map[string]seenFile, error) {
	seen := map[string]seenFile{}
	var last string
	for e, err := range b.List(ctx, "", &files.ListOptions{Foreign: true}) {
		if err != nil {
			return nil, err
		}
		if e.Key != "" {
			return nil, fmt.Errorf("the foreign object %q is listed", e.Key)
		}
		if last != "" && e.Name <= last {
			return nil, fmt.Errorf("%q is listed after %q", e.Name, last)
		}
		last = e.Name
		info, err := b.Stat(ctx, e.Name, nil)
		if err != nil {
			return nil, err
		}
		if e.Size != info.Size || !e.ModTime.Equal(info.ModTime) || e.Version != info.Version {
			return nil, fmt.Errorf("%q: List tells %+v, Stat %+v", e.Name, e, info.Entry)
		}
		s, err := getSeen(ctx, b, e.Name)
		if err != nil {
			return nil, err
		}
		if err := sameInfo(s.info, info); err != nil {
			return nil, fmt.Errorf("%q: Get and Stat: %w", e.Name, err)
		}
		seen[e.Name] = s
	}
	return seen, nil
}

func getSeen(ctx context.Context, b files.Bucket, name string) (seenFile, error) {
	r, err := b.Get(ctx, name, nil)
	if err != nil {
		return seenFile{}, err
	}
	defer r.Close()
	content, err := r.ReadString()
	return seenFile{r.Info(), content}, err
}

func sameInfo(a, b files.Info) error {
	if a.Size != b.Size || !a.ModTime.Equal(b.ModTime) || a.Version != b.Version ||
		a.Digest != b.Digest || !sameAttributes(a.Attributes, b.Attributes) {
		return fmt.Errorf("%+v and %+v differ", a, b)
	}
	return nil
}

func sameAttributes(a, b files.Attributes) bool {
	if !maps.Equal(a.Metadata, b.Metadata) {
		return false
	}
	return a.ContentType == b.ContentType && a.CacheControl == b.CacheControl &&
		a.ContentDisposition == b.ContentDisposition &&
		a.ContentEncoding == b.ContentEncoding && a.ContentLanguage == b.ContentLanguage
}

// is reports how the file differs from f: content, type, metadata and digest must all
// be of it.
func (s seenFile) is(f proofFile) error {
	if want := f.content(); s.content != want {
		return fmt.Errorf("content is %.60q… (%d bytes), want %.60q… (%d bytes)", s.content,
			len(s.content), want, len(want))
	}
	if !sameAttributes(s.info.Attributes, f.stored()) {
		return fmt.Errorf("attributes are %+v, want %+v", s.info.Attributes, f.stored())
	}
	if sum := crcOf(s.content); s.info.Digest.CRC32C != sum {
		return fmt.Errorf("CRC-32C is %q, want %s", s.info.Digest.CRC32C, sum)
	}
	return nil
}

// crcOf is the CRC-32C as a digest tells it.
func crcOf(content string) string {
	return fmt.Sprintf("%08x", crc32.Checksum([]byte(content), crc32.MakeTable(crc32.Castagnoli)))
}

// differs reports how what was seen differs from the state.
func (s state) differs(seen map[string]seenFile) error {
	for name, f := range s {
		got, ok := seen[name]
		if !ok {
			return fmt.Errorf("%.60q is missing", name)
		}
		if err := got.is(f); err != nil {
			return fmt.Errorf("%.60q: %w", name, err)
		}
	}
	for name := range seen {
		if _, ok := s[name]; !ok {
			return fmt.Errorf("%.60q should not be there", name)
		}
	}
	return nil
}

// anyOf reports an error unless one of the states is what was seen, and returns that one.
func anyOf(seen map[string]seenFile, allowed []state) (state, error) {
	var errs []string
	for _, s := range allowed {
		err := s.differs(seen)
		if err == nil {
			return s, nil
		}
		errs = append(errs, err.Error())
	}
	return nil, fmt.Errorf("none of %d possible states: %s; there are %.300q", len(allowed),
		strings.Join(errs, "; or "), slices.Sorted(maps.Keys(seen)))
}
