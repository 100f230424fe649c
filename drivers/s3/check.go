package s3

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Check checks that the bucket exists and may be read, in one request. On a store that
// isn't Amazon's it then proves what is claimed, and what is unproved, on scratch
// names, which it removes. If the credentials may not write, claims stay as they were.
//
// Errors: the errors of List; files.ErrInvalid if the store doesn't keep what the URL,
// Options or the profile claim. That error says which URL parameters to use instead,
// and the bucket no longer makes the claim.
func (b *backend) Check(ctx context.Context) error {
	if err := b.identify(ctx); err != nil || b.known.profile.Name == amazon.Name {
		return err
	}
	f, err := b.probe(ctx)
	if err != nil {
		if files.KindOf(err) == files.ErrPermission {
			return nil // the bucket works with read-only credentials
		}
		return err
	}
	if len(f.Broken) > 0 {
		return driver.Errorf(files.ErrInvalid,
			"the store doesn't keep %s, which is claimed; write %s",
			strings.Join(words(f.Broken), " and "), f.Params())
	}
	return nil
}

// identify makes one request, whose response shows which store it is, if the store
// names itself.
func (b *backend) identify(ctx context.Context) error {
	for _, err := range b.List(ctx, driver.ListRequest{Limit: 1, NamesOnly: true}) {
		return err
	}
	return nil
}

// Found is what Probe found out about a store.
type Found struct {
	// Keeps has every Claim.
	Keeps map[Claim]Keep
	// Broken has the claims that the bucket made but that the store doesn't keep.
	Broken []Claim
	// BareETags: If-Match of writes has the ETag without its quotes.
	BareETags bool
	// Sums: the store accepted an upload with a CRC-32C.
	Sums bool
	// Store is the profile that the store's responses name in their header Server, or ""
	// if they name none. It is a value for the parameter store=.
	Store string
}

// Probe finds out what the store behind a bucket of this package keeps, such as
// conditions, names and order. It tests that on scratch names with some fifty small
// requests, and removes what it wrote. Afterwards the bucket claims what was found. No
// probe can show that a store decides a condition and commits in one step; for that,
// rely on the store's documentation.
//
// Errors: files.ErrInvalid if b isn't a bucket of this package; files.ErrPermission;
// files.ErrUnavailable.
func Probe(ctx context.Context, b files.Bucket) (Found, error) {
	var probe prober
	if a, ok := b.(driver.BucketAser); !ok || !a.As(&probe) {
		return Found{}, driver.NewError(files.OpCheck, "",
			driver.Errorf(files.ErrInvalid, "not a bucket of package s3"))
	}
	f, err := probe(ctx)
	return f, driver.NewError(files.OpCheck, "", err)
}

// prober is how Probe reaches the backend.
type prober func(ctx context.Context) (Found, error)

// probe proves every claim, and makes the bucket claim what was found.
func (b *backend) probe(ctx context.Context) (Found, error) {
	k := &b.known
	k.mu.Lock()
	defer k.mu.Unlock()
	p := b.newProof("")
	for c := range Claim(claims) {
		if _, done := p.found[c]; done {
			continue
		}
		if err := p.of(ctx, c); err != nil {
			return Found{}, err
		}
		p.base += "x" // a store may keep deleted names for a moment
	}
	f := Found{
		Keeps:     p.found,
		BareETags: p.bare,
		Sums:      !b.noSums.Load(),
	}
	if name := k.store.Load(); name != nil {
		f.Store = *name
	}
	for c := range Claim(claims) {
		v := p.found[c]
		if k.is(c) == Kept && v == NotKept {
			f.Broken = append(f.Broken, c)
		}
		// A claim that the profile says isn't kept stays NotKept, because a probe can't
		// show a race.
		if k.is(c) != NotKept {
			k.set(c, v)
		} else {
			f.Keeps[c] = NotKept
		}
	}
	k.bare.Store(p.bare)
	return f, nil
}

// conditionWords has the word of each claim in the URL parameter conditions.
var conditionWords = []struct {
	word  string
	claim Claim
}{
	{"get", GetIf},
	{"absent", PutIfAbsent},
	{"version", PutIfVersion},
	{"complete", CompleteIf},
	{"delete", DeleteIf},
	{"copy", CopyIf},
	{"source", CopySourceIf},
}

// Params returns the URL parameters with which a bucket of this store should be opened,
// such as "store=minio".
func (f *Found) Params() string {
	var kept []string
	for _, w := range conditionWords {
		if f.Keeps[w.claim] == Kept {
			kept = append(kept, w.word)
		}
	}
	value := "none"
	switch {
	case len(kept) == len(conditionWords):
		value = "all"
	case len(kept) > 0:
		value = strings.Join(kept, ",")
	}
	params := []string{"conditions=" + value}
	if f.BareETags {
		params = append(params, "etag=bare")
	}
	if !f.Sums {
		params = append(params, "checksum=none")
	}
	if f.Keeps[DirBesideFile] != Kept {
		params = append(params, "beside=refused")
	}
	return strings.Join(params, "&")
}

// String returns a report, one claim a line.
func (f *Found) String() string {
	var b strings.Builder
	for c := range Claim(claims) {
		fmt.Fprintf(&b, "%-45s %v\n", c, f.Keeps[c])
	}
	return b.String()
}

func words(all []Claim) []string {
	var s []string
	for _, c := range slices.Sorted(slices.Values(all)) {
		s = append(s, c.String())
	}
	return s
}
