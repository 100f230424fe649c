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

// proofFile is a file of the crash tests. Its content and attributes follow from its
// fields, so that content of one Put with metadata of another is noticed.
type proofFile struct {
	Origin string // the name that it was put under
	Seq    int    // which Put it was
	Attrs  int    // 0: none; 1: metadata; 2: metadata, headers and a type
	Size   int    // 0: about a hundred bytes
	// OverSeq and OverAttrs are the number and kind of the attributes that a copy set,
	// or 0.
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

// attributes returns what the caller gave.
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

// stored returns the attributes that the bucket has to return.
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

// state is the files of a bucket, by name.
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

// seenFile is a file as the bucket returns it.
type seenFile struct {
	info    files.Info
	content string
}

// seeAll reads all files of the bucket. List, Stat and Get must agree. A raw key is
// an error.
func seeAll(ctx context.Context, b files.Bucket) (map[string]seenFile, error) {
	seen := map[string]seenFile{}
	var last string
	for e, err := range b.List(ctx, "", &files.ListOptions{Foreign: true}) {
		if err != nil {
			return nil, err
		}
		if e.Key != "" {
			return nil, fmt.Errorf("the raw key %q is listed", e.Key)
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
			return nil, fmt.Errorf("%q: List returns %+v, Stat returns %+v", e.Name, e, info.Entry)
		}
		s, err := getSeen(ctx, b, e.Name)
		if err != nil {
			return nil, err
		}
		if err := sameInfo(s.info, info); err != nil {
			return nil, fmt.Errorf("%q: Get and Stat disagree: %w", e.Name, err)
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

// is returns an error unless content, type, metadata and digest are all f's.
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

// crcOf returns the CRC-32C as in a Digest.
func crcOf(content string) string {
	return fmt.Sprintf("%08x", crc32.Checksum([]byte(content), crc32.MakeTable(crc32.Castagnoli)))
}

// differs returns an error unless what was seen is the state.
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
			return fmt.Errorf("%.60q exists, but should not", name)
		}
	}
	return nil
}

// anyOf returns the state that is what was seen, or an error if none is.
func anyOf(seen map[string]seenFile, allowed []state) (state, error) {
	var errs []string
	for _, s := range allowed {
		err := s.differs(seen)
		if err == nil {
			return s, nil
		}
		errs = append(errs, err.Error())
	}
	return nil, fmt.Errorf("the bucket has none of %d possible states: %s; it has %.300q",
		len(allowed),
		strings.Join(errs, "; or "), slices.Sorted(maps.Keys(seen)))
}
