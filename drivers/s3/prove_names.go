package s3

import (
	"context"
	"slices"
	"strings"

	"cloudfiles.dev/drivers/internal/paging"
	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// besides proves that an object "a" and an object "a/b" may both exist and are both
// listed.
func (p *proof) besides(ctx context.Context) error {
	file, below := p.base, p.base+"/below"
	defer p.remove(ctx, below, file)
	keep := NotKept
	if ok, err := p.tryNames(ctx, file, below); err != nil {
		return err
	} else if ok {
		seen, err := p.listed(ctx)
		if err != nil {
			return err
		}
		if slices.Contains(seen, file) && slices.Contains(seen, below) {
			keep = Kept
		}
	}
	p.found[DirBesideFile] = keep
	return nil
}

// names proves that names which some stores fold, cut or refuse are different keys.
func (p *proof) names(ctx context.Context) error {
	all := []string{
		p.base + "/e\u0301", p.base + "/\u00e9", // with the same normal form
		p.base + "/a", p.base + "/A",
		p.base + `/b\c`, p.base + "/b/c",
		p.base + "/dot.", p.base + "/space ", p.base + "/ .. /x",
		p.base + "/" + strings.Repeat("long", 75),
	}
	defer p.remove(ctx, all...)
	keep := NotKept
	if ok, err := p.tryNames(ctx, all...); err != nil {
		return err
	} else if ok {
		seen, err := p.listed(ctx)
		if err != nil {
			return err
		}
		slices.Sort(all)
		slices.Sort(seen)
		if slices.Equal(all, seen) {
			keep = Kept
		}
	}
	p.found[AnyName] = keep
	return nil
}

// orders proves that a listing is in byte order.
func (p *proof) orders(ctx context.Context) error {
	all := []string{
		p.base + "/a-b", p.base + "/a/b", p.base + "/aA", p.base + "/a\uff5e",
		p.base + "/a\U0001f600",
	}
	defer p.remove(ctx, all...)
	keep := NotKept
	if ok, err := p.tryNames(ctx, all...); err != nil {
		return err
	} else if ok {
		seen, err := p.listed(ctx)
		if err != nil {
			return err
		}
		if slices.IsSorted(seen) && len(seen) == len(all) {
			keep = Kept
		}
	}
	p.found[Order] = keep
	return nil
}

// tryNames puts an object under each name. It returns false if the store refuses one.
func (p *proof) tryNames(ctx context.Context, names ...string) (bool, error) {
	for _, name := range names {
		v, _, err := p.put(ctx, name, "scratch", false, nil)
		if a := responseOf(err); err != nil && (a.status < 400 || a.status >= 500 ||
			files.KindOf(err) == files.ErrPermission || files.KindOf(err) == files.ErrNoBucket) {
			return false, err
		}
		if err != nil || v != passed {
			return false, nil
		}
	}
	return true, nil
}

// listed lists the keys of the proof.
func (p *proof) listed(ctx context.Context) (keys []string, err error) {
	var token *string
	for range paging.MaxEmpty {
		var out *s3.ListObjectsV2Output
		err := p.b.withRetry(ctx, opList, func(ctx context.Context) (err error) {
			out, err = p.b.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
				Bucket:            &p.b.bucket,
				Prefix:            &p.base,
				EncodingType:      "url",
				ContinuationToken: token,
			})
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, o := range out.Contents {
			key, _ := decode(o.Key, out.EncodingType == "url")
			keys = append(keys, key)
		}
		if token = out.NextContinuationToken; token == nil || len(keys) > 100 {
			return keys, nil
		}
	}
	return nil, paging.Bad("pages without an end")
}
