package conformance_test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"math"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// largeOpened is the fault that Open's result is changed for files of at least from
// bytes.
func largeOpened(from int64, change func(req driver.OpenRequest, o *driver.Object,
	f mapFile)) faulty {
	return opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
		m.mu.Lock()
		f := m.files[req.Key.Name]
		m.mu.Unlock()
		if f.info.Size >= from {
			change(req, o, f)
		}
		return nil
	})
}

// bodyOf returns the body of a part of a file.
func bodyOf(f mapFile, off, n int64) io.ReadCloser {
	if f.holes != nil {
		return io.NopCloser(io.NewSectionReader(f.holes, off, n))
	}
	return io.NopCloser(bytes.NewReader(f.content[off : off+n]))
}

// shifted is the fault that the bytes of a range begin at another offset than is
// reported.
func shifted(from int64, to func(off int64) int64) faulty {
	return largeOpened(from, func(req driver.OpenRequest, o *driver.Object, f mapFile) {
		if !req.Range.IsWhole() {
			o.Body = bodyOf(f, max(to(o.Offset), 0), o.Length)
		}
	})
}

// beforeOpen is the fault that another request is made for a large file.
func beforeOpen(change func(req *driver.OpenRequest, f mapFile)) faulty {
	return faulty{open: func(ctx context.Context, req driver.OpenRequest,
		m *mapBackend) (driver.Object, error) {
		m.mu.Lock()
		f := m.files[req.Key.Name]
		m.mu.Unlock()
		if f.info.Size > 4*mib {
			change(&req, f)
		}
		return m.Open(ctx, req)
	}}
}

// listedSize is the fault that the sizes of large files are wrong in listings.
func listedSize(change func(n int64) int64) faulty {
	return listedLarge(func(e *files.Entry) { e.Size = change(e.Size) })
}

// listedLarge is the fault that the entries of large files are changed, one by one.
func listedLarge(change func(e *files.Entry)) faulty {
	return faulty{list: func(req driver.ListRequest, m *mapBackend) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			for e := range m.List(context.Background(), req) {
				if e.Size > 4*mib {
					change(&e)
				}
				if !yield(e, nil) {
					return
				}
			}
		}
	}}
}

var brokenLargeReads = []broken{
	{
		fault:  "rounds listed sizes to KiB above 4 MiB",
		caught: []string{"L5/large"},
		faulty: listedSize(func(n int64) int64 { return n &^ 1023 }),
	},
	{
		fault:  "rounds listed sizes as a float of 32 bits does",
		caught: []string{"L5/beyond-4-gib"},
		faulty: listedSize(func(n int64) int64 { return int64(float32(n)) }),
	},
	{
		fault:  "lists sizes of 32 bits",
		caught: []string{"L5/beyond-4-gib"},
		faulty: listedSize(func(n int64) int64 { return int64(uint32(n)) }),
	},
	{
		fault:  "lists no version of a large file",
		caught: []string{"L5/large"},
		faulty: listedLarge(func(e *files.Entry) { e.Version = "" }),
	},
	{
		fault:  "has sizes of at most 2 GiB in Stat",
		caught: []string{"L5/beyond-4-gib"},
		faulty: faulty{stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			info, err := m.Stat(context.Background(), k)
			info.Size = min(info.Size, math.MaxInt32)
			return info, err
		}},
	},
	{
		fault:  "has no headers of a large file in Stat",
		caught: []string{"S1/large"},
		faulty: faulty{stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			info, err := m.Stat(context.Background(), k)
			if info.Size > 4*mib {
				info.ContentLanguage, info.CacheControl = "", ""
			}
			return info, err
		}},
	},
	{
		fault:  "has no digest of a large file in Get",
		caught: []string{"S1/large"},
		faulty: largeOpened(4*mib, func(_ driver.OpenRequest, o *driver.Object, _ mapFile) {
			o.Info.Digest = files.Digest{}
		}),
	},
	{
		fault:  "reads at an offset of 31 bits",
		caught: []string{"G3/beyond-4-gib"},
		faulty: shifted(4*mib, func(off int64) int64 { return off & math.MaxInt32 }),
	},
	{
		fault:  "reads at an offset of 32 bits",
		caught: []string{"G3/beyond-4-gib", "G10/beyond-4-gib"},
		faulty: shifted(4*mib, func(off int64) int64 { return int64(uint32(off)) }),
	},
	{
		fault:  "begins a range of a large file at a block's border",
		caught: []string{"G3/large"},
		faulty: shifted(4*mib, func(off int64) int64 {
			if off > 4*mib {
				return off &^ 4095
			}
			return off
		}),
	},
	{
		fault:  "begins a range at a part's border one byte too early",
		caught: []string{"G3/large", "G10/large"},
		faulty: shifted(4*mib, func(off int64) int64 {
			if off > 0 && off%(4*mib) == 0 {
				return off - 1
			}
			return off
		}),
	},
	{
		fault:  "returns at most 4 MiB of a range",
		caught: []string{"G3/large"},
		faulty: largeOpened(4*mib, func(req driver.OpenRequest, o *driver.Object, f mapFile) {
			if !req.Range.IsWhole() && o.Length > 4*mib {
				o.Length = 4 * mib
				o.Body = bodyOf(f, o.Offset, o.Length)
			}
		}),
	},
	{
		fault:  "ends a body at 8 MiB without an error",
		caught: []string{"P11/large"},
		faulty: largeOpened(8*mib, func(req driver.OpenRequest, o *driver.Object, f mapFile) {
			if req.Range.IsWhole() {
				o.Length, o.Info.Size, o.Info.Digest = 8*mib-1, 8*mib-1, files.Digest{}
				o.Body = bodyOf(f, 0, o.Length)
			}
		}),
	},
	{
		fault:  "reads a large file at an offset one block too far",
		caught: []string{"G10/large"},
		faulty: largeOpened(4*mib, func(_ driver.OpenRequest, o *driver.Object, f mapFile) {
			o.Body = readsAt{o.Body, func(p []byte, off int64) (int, error) {
				if off > 4*mib {
					off += 512
				}
				r := bytes.NewReader(f.content)
				return r.ReadAt(p, off)
			}}
		}),
	},
	{
		fault:  "reads a large file whatever its version",
		caught: []string{"G8/large"},
		faulty: beforeOpen(func(req *driver.OpenRequest, _ mapFile) { req.IfVersion = "" }),
	},
	{
		fault:  "returns a large body in place of ErrNotModified",
		caught: []string{"G8/large"},
		faulty: beforeOpen(func(req *driver.OpenRequest, _ mapFile) { req.IfNotVersion = "" }),
	},
	{
		fault:  "mixes two versions in a large body, after its first MiB",
		caught: []string{"G4/large"},
		faulty: opened(func(req driver.OpenRequest, o *driver.Object, m *mapBackend) error {
			if req.Range.IsWhole() && o.Length > 4*mib {
				first := io.LimitReader(o.Body, mib)
				then := &live{m: m, name: req.Key.Name, pos: mib}
				o.Body = io.NopCloser(io.MultiReader(first, then))
				o.Info.Digest = files.Digest{}
			}
			return nil
		}),
	},
	{
		fault:  "resumes one byte too early after a break beyond 4 MiB",
		caught: []string{"G5/large"},
		faulty: largeOpened(0, func(req driver.OpenRequest, o *driver.Object, f mapFile) {
			if req.IfVersion != "" && o.Offset > 4*mib {
				o.Body = bodyOf(f, o.Offset-1, o.Length)
				o.Info.Digest = files.Digest{}
			}
		}),
	},
	{
		fault:  "hides damage of a large file",
		caught: []string{"G6/large"},
		faulty: largeOpened(4*mib, func(_ driver.OpenRequest, o *driver.Object, f mapFile) {
			h := driver.NewHasher(files.Digest{})
			h.Write(f.content)
			o.Info.Digest = h.Sum()
		}),
	},
}
