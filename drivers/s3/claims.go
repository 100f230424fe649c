package s3

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/drivers/internal/paging"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// known is what is known at the moment about what a bucket's store keeps: what its
// profile says, less what the header Server of its responses denies, and what proofs
// have shown. It is safe for concurrent use.
type known struct {
	profile *Profile // chosen by the caller or the host
	keeps   [claims]atomic.Uint32
	changes atomic.Uint64
	bare    atomic.Bool // ETags without quotes
	// identified: a response has come, so the header Server has been read.
	identified atomic.Bool
	// refuses is the function of the profile, or of the store that the header names.
	refuses atomic.Pointer[func(name string) string]
	beside  atomic.Bool // the store refuses "a" beside "a/b" by itself
	loses   atomic.Bool // it ends a listing too early: see listByLevel
	byKey   atomic.Bool // it lists unfinished uploads by their key, not by a prefix
	// noExpect: something on the way answered Expect: 100-continue with 417.
	noExpect atomic.Bool
	// partCopy is the Keep of UploadPartCopy's condition on its source, if the profile
	// doesn't say.
	partCopy atomic.Uint32
	// store is the name of the profile that the header Server names, or nil.
	store atomic.Pointer[string]

	mu sync.Mutex // of proofs
}

func (k *known) init(p *Profile) {
	k.profile = p
	for c := range Claim(claims) {
		k.keeps[c].Store(uint32(p.keep(c)))
	}
	k.bare.Store(p.BareETags)
	k.beside.Store(p.RefusesBeside)
	k.loses.Store(p.LosesAfter)
	k.byKey.Store(p.UploadsOfKey)
	if p.refuses != nil {
		k.refuses.Store(&p.refuses)
	}
}

// is returns what is known about a claim.
func (k *known) is(c Claim) Keep { return Keep(k.keeps[c].Load()) }

func (k *known) set(c Claim, v Keep) {
	k.keeps[c].Store(uint32(v))
	k.changes.Add(1)
}

// setUnproved sets a claim that is still unproved.
func (k *known) setUnproved(c Claim, v Keep) {
	k.keeps[c].CompareAndSwap(uint32(Unproved), uint32(v))
	k.changes.Add(1)
}

// readServer reads the header Server of the first response. It removes the claims that
// the store of that name doesn't keep, and adds none.
func (k *known) readServer(h http.Header) {
	if k.identified.Swap(true) {
		return
	}
	p := profileByServer(h.Get("Server"))
	if p != nil {
		k.store.Store(&p.Name)
	}
	if p == nil || k.profile.Name != unknown.Name {
		return
	}
	for c := range Claim(claims) {
		if p.keep(c) == NotKept {
			k.setUnproved(c, NotKept)
		}
	}
	if p.BareETags {
		k.bare.Store(true)
	}
	if p.RefusesBeside {
		k.beside.Store(true)
	}
	if p.LosesAfter {
		k.loses.Store(true)
	}
	if p.UploadsOfKey {
		k.byKey.Store(true)
	}
	if p.refuses != nil {
		k.refuses.CompareAndSwap(nil, &p.refuses)
	}
}

// checkName returns an error for a legal name that the store can't hold.
func (k *known) checkName(name string) error {
	f := k.refuses.Load()
	if f == nil {
		return nil
	}
	if why := (*f)(name); why != "" {
		return driver.Errorf(files.ErrUnsupported, "%s", why)
	}
	return nil
}

// losesAfter reports whether a page may end too early.
func (k *known) losesAfter() bool { return k.loses.Load() }

// prefix returns the longest beginning of a listing's prefix, or of its StartAfter,
// that the store takes. exists is false if no key of the store can begin with the whole
// of s.
func (k *known) prefix(s string) (sent string, exists bool) {
	f := k.refuses.Load()
	if f == nil {
		return s, true
	}
	for start := 0; ; {
		i := strings.IndexByte(s[start:], '/')
		if i < 0 {
			if start < len(s) && (*f)(s[start:]) != "" {
				return s[:start], true // a key may go on: ".." as "..x"
			}
			return s, true
		}
		if e := s[start : start+i]; e == "" || (*f)(e) != "" {
			return s[:start], false
		}
		start += i + 1
	}
}

// unkept returns the error for a condition that the store doesn't keep.
func unkept(c Claim) error {
	return driver.Errorf(files.ErrUnsupported, "the store doesn't keep %v", c)
}

// relyOn returns nil if the store keeps the claim. It proves an unproved claim first.
// name is the name to be written: the scratch names are in its directory, where the
// credentials may write.
func (b *backend) relyOn(ctx context.Context, c Claim, name string) error {
	if b.known.is(c) == Unproved {
		if err := b.prove(ctx, c, name); err != nil {
			return err
		}
	}
	if b.known.is(c) != Kept {
		return unkept(c)
	}
	return nil
}

// claimOf returns the claim that a conditional Put relies on.
func claimOf(c files.Condition) Claim {
	if c.Absent() {
		return PutIfAbsent
	}
	return PutIfVersion
}

// beginPut makes the checks before a Put's first request, if the store isn't Amazon's.
// The store must take the name, it must keep the conditions, and "a" must not come
// beside "a/b" if the store doesn't keep that.
func (b *backend) beginPut(ctx context.Context, name string, cond files.Condition) error {
	if b.known.profile.Name == unknown.Name && !b.known.identified.Load() {
		if err := b.identify(ctx); err != nil && files.KindOf(err) != files.ErrPermission {
			return err
		}
	}
	if err := b.known.checkName(name); err != nil {
		return err
	}
	if !cond.IsZero() {
		if err := b.relyOn(ctx, claimOf(cond), name); err != nil {
			return err
		}
	}
	if b.known.is(DirBesideFile) == NotKept && !b.known.beside.Load() {
		return b.checkBeside(ctx, name)
	}
	return nil
}

// checkBeside refuses a name that is also a directory's, or that has a file's name
// above it, since the store lists only one of the two. It can miss names that other
// programs write meanwhile.
func (b *backend) checkBeside(ctx context.Context, name string) error {
	below, err := b.hasKey(ctx, name+"/")
	if err != nil {
		return err
	}
	if below {
		return driver.Errorf(files.ErrUnsupported,
			besideDirectory)
	}
	for end := strings.LastIndexByte(name,
		'/'); end >= 0; end = strings.LastIndexByte(name[:end], '/') {
		dir := name[:end]
		if known, err := b.hasKey(ctx, dir+"/"); err != nil || known {
			return err // a directory with files isn't a file
		}
		_, err := b.head(ctx, &s3.HeadObjectInput{Bucket: &b.bucket, Key: &dir})
		switch files.KindOf(err) {
		case files.ErrNotExist:
		case nil:
			if err == nil {
				err = driver.Errorf(files.ErrUnsupported,
					belowFile)
			}
			return err
		default:
			return err
		}
	}
	return nil
}

// hasKey reports whether a key begins with prefix.
func (b *backend) hasKey(ctx context.Context, prefix string) (bool, error) {
	var out *s3.ListObjectsV2Output
	one := int32(1)
	err := b.withRetry(ctx, opList, func(ctx context.Context) (err error) {
		out, err = b.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
			Bucket:  &b.bucket,
			Prefix:  &prefix,
			MaxKeys: &one,
		})
		return err
	})
	if err != nil {
		return false, err
	}
	for _, o := range out.Contents {
		if !strings.HasPrefix(aws.ToString(o.Key), prefix) {
			return false, paging.Bad("names outside of the prefix that was requested")
		}
	}
	return len(out.Contents) > 0, nil
}
