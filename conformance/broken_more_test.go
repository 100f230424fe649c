package conformance_test

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// told is the fault that the bucket tells other features than it has, above the driver, which would keep them.
func told(change func(*files.Features)) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket {
		return files.Wrap(b, files.Hooks{CloseInner: true, Features: func(f files.Features) files.Features { change(&f); return f }})
	}
}

var brokenMore = []broken{
	{fault: "leaves a temporary where a put fails", caught: []string{"X2/no-temporaries", "P2/reader-fails"},
		faulty: faulty{put: func(ctx context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error) {
			m.left.Add(1)
			info, err := m.Put(ctx, req)
			if err == nil {
				m.left.Add(-1)
			}
			return info, err
		}}},
	{fault: "takes more than the largest file that it tells", caught: []string{"P11/limit"}, wrap: told(func(f *files.Features) { f.MaxSize = 1 << 20 })},
	{fault: "takes more of unknown length than it tells", caught: []string{"P11/unknown-limit"}, wrap: told(func(f *files.Features) { f.MaxUnknownSize = 1 << 20 })},
	{fault: "takes a link for a file", caught: []string{"N5/link"}, links: true},
	{fault: "signs any method", caught: []string{"W1/method"}, wrap: func(b files.Bucket) files.Bucket { return &obliging{b} }},
}

// obliging signs whatever it is asked for.
type obliging struct{ files.Bucket }

func (o *obliging) SignURL(_ context.Context, name string, _ *files.SignOptions) (files.SignedURL, error) {
	return files.SignedURL{URL: "https://signed.example/" + name}, nil
}
