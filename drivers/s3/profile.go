package s3

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Keep says whether a store keeps a Claim, as far as it is known.
type Keep uint8

const (
	// Unproved: it isn't known whether the store keeps the claim. The driver tries it
	// on a scratch name before it relies on it.
	Unproved Keep = iota
	// Kept: the store does the same as S3.
	Kept
	// NotKept: the store ignores the condition silently, refuses it, or behaves
	// differently from S3. The driver never relies on it, and Features doesn't claim
	// it.
	NotKept
)

// String returns "unproved", "kept" or "not kept".
func (k Keep) String() string { return [...]string{"unproved", "kept", "not kept"}[k] }

// Claim is one part of S3's behaviour that a store keeps or doesn't keep.
type Claim uint8

// The claims. A claim about conditions is named after the request that has them.
const (
	// GetIf: If-Match and If-None-Match of GetObject and HeadObject.
	GetIf Claim = iota
	// PutIfAbsent: If-None-Match: * of PutObject.
	PutIfAbsent
	// PutIfVersion: If-Match of PutObject, for a missing object too.
	PutIfVersion
	// CompleteIf: If-None-Match: * and If-Match of CompleteMultipartUpload.
	CompleteIf
	// DeleteIf: If-Match of DeleteObject, decided in one step with the deletion.
	DeleteIf
	// CopyIf: If-None-Match: * and If-Match of CopyObject, for the target.
	CopyIf
	// CopySourceIf: X-Amz-Copy-Source-If-Match of CopyObject and UploadPartCopy.
	CopySourceIf
	// DirBesideFile: the objects "a" and "a/b" may both exist, and both are listed.
	DirBesideFile
	// AnyName: every legal name is a key of its own.
	AnyName
	// Order: listings are in byte order.
	Order

	claims = iota
)

var claimNames = [claims]string{
	GetIf:         "conditions of GET",
	PutIfAbsent:   "If-None-Match of PUT",
	PutIfVersion:  "If-Match of PUT",
	CompleteIf:    "conditions at the end of an upload in parts",
	DeleteIf:      "If-Match of DELETE",
	CopyIf:        "conditions on a copy's target",
	CopySourceIf:  "conditions on a copy's source",
	DirBesideFile: `an object "a" beside "a/b"`,
	AnyName:       "every name a key of its own",
	Order:         "listings in byte order",
}

// String returns the claim in words, for reports.
func (c Claim) String() string { return claimNames[c] }

// Profile says which parts of S3 a store keeps, as far as its documentation, its source
// or runs of the tests on it show. If releases of the store differ, the profile has the
// more careful value, because responses don't show the release.
type Profile struct {
	// Name is the value of the URL parameter store.
	Name string
	// Keeps has the claims; what is missing is Unproved.
	Keeps map[Claim]Keep
	// BareETags: If-Match of writes has the ETag without its quotes.
	BareETags bool
	// RefusesBeside: the store itself refuses "a" beside "a/b", so the driver needn't
	// check that.
	RefusesBeside bool
	// LosesAfter: a page of a listing whose StartAfter lies in a directory below the
	// prefix may end too early.
	LosesAfter bool
	// DeniedByRace: an AccessDenied to a write may mean a race with a delete beside it.
	// Such a write is retried, at most twice if nothing shows that the credentials may
	// write the name.
	DeniedByRace bool
	// Checksums says which checksum is stored with the content. With ChecksumsAuto the
	// driver finds that out.
	Checksums Checksums
	// EqualParts: all parts of an upload except the last have one size.
	EqualParts bool
	// NoETags: responses have no ETag, so files have no version, and a call that needs
	// one is ErrUnsupported. From any other store a response without an ETag is an
	// error.
	NoETags bool
	// UnsignedAcceptEncoding: something in front of the store changes the header, so
	// that it can't be signed.
	UnsignedAcceptEncoding bool
	// Decompresses: the store decodes content that has a Content-Encoding if a request
	// accepts only identity. So requests accept other encodings too, and content
	// arrives as it is stored.
	Decompresses bool
	// EndsGoneUploads: if an upload in parts no longer exists and there is an object of
	// the name, the store reports success for the upload's completion, and stores nothing.
	// So after the completion of an upload of package files/resume, the driver checks
	// that its file is there. It can't check that for a Put, because another Put may have
	// replaced the file by then: if somebody aborts the upload of a running Put, the Put
	// returns no error and stores nothing.
	EndsGoneUploads bool
	// UploadsOfKey: a listing of unfinished uploads with a prefix has only the uploads of
	// the key that equals the prefix. A listing without a prefix has all uploads that the
	// responding server knows. So the driver makes both listings, and chooses by prefix
	// itself.
	UploadsOfKey bool
	// NoPartCopy: there is no UploadPartCopy, or it has no condition on the source. A
	// copy of a file larger than MaxCopy reads and puts.
	NoPartCopy bool
	// MaxParts, MaxObject (bytes) and MaxCopy (bytes of one CopyObject) are limits; 0
	// is S3's.
	MaxParts  int
	MaxObject int64
	MaxCopy   int64
	// Region is the region to sign for if none is given; "" is us-east-1.
	Region string
	// refuses returns why the store can't hold a legal name, or "".
	refuses func(name string) string
	// hosts are the domains of the store's public endpoints.
	hosts []string
	// server is the beginning of the header Server of its responses. That header may
	// remove claims from a profile; it never adds one.
	server string
}

// keep returns what the store does with the claim.
func (p *Profile) keep(c Claim) Keep { return p.Keeps[c] }

// ProfileNamed returns a copy of the profile of that name.
func ProfileNamed(name string) (Profile, bool) {
	i := slices.IndexFunc(profiles, func(p *Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return *profiles[i], true
}

// ProfileNames lists the names of all profiles.
func ProfileNames() []string {
	var names []string
	for _, p := range profiles {
		names = append(names, p.Name)
	}
	return names
}

// profileOf returns the profile of an endpoint; "" is the SDK's default, Amazon's.
func profileOf(endpoint string) *Profile {
	if endpoint == "" {
		return amazon
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return unknown
	}
	host := strings.ToLower(u.Hostname())
	for _, p := range profiles {
		for _, end := range p.hosts {
			if host == end || strings.HasSuffix(host, "."+end) {
				return p
			}
		}
	}
	return unknown
}

// profile returns the profile that the options choose, or the endpoint's profile.
func (o *Options) profile(endpoint, bucket string) *Profile {
	p := o.Profile
	if p == nil {
		p = profileOf(endpoint).of(bucket)
	}
	if !o.BareETags && !o.PutConditionsOnly {
		return p
	}
	changed := *p
	changed.BareETags = p.BareETags || o.BareETags
	if o.PutConditionsOnly {
		changed.Keeps = maps.Clone(p.Keeps)
		if changed.Keeps == nil {
			changed.Keeps = map[Claim]Keep{}
		}
		for _, c := range []Claim{DeleteIf, CopyIf, CopySourceIf} {
			changed.Keeps[c] = NotKept
		}
	}
	return &changed
}

// profileByServer returns the profile that the header Server of a response names, or
// nil.
func profileByServer(header string) *Profile {
	for _, p := range profiles {
		if p.server != "" && strings.HasPrefix(header, p.server) {
			return p
		}
	}
	return nil
}

// with returns a copy of the profile, changed as the parameters conditions and beside
// say; "" changes nothing.
func (p *Profile) with(conditions, beside string) (*Profile, error) {
	q := *p
	q.Keeps = maps.Clone(p.Keeps)
	if q.Keeps == nil {
		q.Keeps = map[Claim]Keep{}
	}
	if err := q.setConditions(conditions); err != nil {
		return nil, err
	}
	switch beside {
	case "kept":
		q.Keeps[DirBesideFile] = Kept
	case "refused":
		q.Keeps[DirBesideFile], q.RefusesBeside = NotKept, false
	case "unchecked":
		q.Keeps[DirBesideFile], q.RefusesBeside = NotKept, true
	}
	return &q, nil
}

// setConditions reads the parameter conditions.
func (p *Profile) setConditions(value string) error {
	kept := map[string]bool{}
	switch value {
	case "":
		return nil
	case "none":
	case "all":
		for _, w := range conditionWords {
			kept[w.word] = true
		}
	case "put":
		kept = map[string]bool{"get": true, "absent": true, "version": true, "complete": true}
	default:
		for word := range strings.SplitSeq(value, ",") {
			kept[word] = true
		}
	}
	for _, w := range conditionWords {
		p.Keeps[w.claim] = NotKept
		if kept[w.word] {
			p.Keeps[w.claim] = Kept
		}
		delete(kept, w.word)
	}
	if len(kept) > 0 {
		return driver.Errorf(files.ErrInvalid,
			`parameter "conditions" has an unknown word; want all, put, none or a list of %s`,
			conditionList())
	}
	return nil
}

// conditionList returns the words, for messages.
func conditionList() string {
	var all []string
	for _, w := range conditionWords {
		all = append(all, w.word)
	}
	return strings.Join(all, ",")
}
