package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net/url"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// renamed is the fault that files are stored under other names.
func renamed(to func(string) string) faulty {
	key := func(k driver.Key) driver.Key { k.Name = to(k.Name); return k }
	return faulty{
		put: func(ctx context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error) {
			content, err := io.ReadAll(req.Content)
			if err != nil {
				return files.Info{}, err
			}
			return m.store(to(req.Name), req, content)
		},
		open: func(ctx context.Context, req driver.OpenRequest,
			m *mapBackend) (driver.Object, error) {
			req.Key = key(req.Key)
			return m.Open(ctx, req)
		},
		stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			return m.Stat(context.Background(), key(k))
		},
		del: func(k driver.Key, v files.Version, m *mapBackend) error {
			return m.Delete(context.Background(), key(k), v)
		},
	}
}

// altered is the fault that another content is stored than was given.
func altered(change func(old, content []byte) []byte) faulty {
	return faulty{
		put: func(_ context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error) {
			content, err := io.ReadAll(req.Content)
			if err != nil {
				return files.Info{}, err
			}
			m.mu.Lock()
			old := m.files[req.Name].content
			m.mu.Unlock()
			changed := change(old, content)
			info, err := m.store(req.Name, req, changed)
			if err == nil {
				m.redigest(req.Name)
			}
			return info, err
		},
	}
}

// early is the fault that something is done before the content was read.
func early(do func(req *driver.PutRequest, m *mapBackend) error) faulty {
	return faulty{
		put: func(ctx context.Context, req *driver.PutRequest, m *mapBackend) (files.Info, error) {
			if err := do(req, m); err != nil {
				return files.Info{}, err
			}
			return m.Put(ctx, req)
		},
	}
}

var brokenPuts = []broken{
	{
		fault: "commits the bytes that came before the reader failed",
		caught: []string{
			"P2/reader-fails", "P2/reader-fails-over", "P2/data-with-error", "P2/eof-lookalikes",
			"P2/cancelled-midway", "P2/broken-after-parts", "P10/size", "P10/digest-wrong",
		},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				content, _ := io.ReadAll(req.Content)
				return m.store(req.Name, req, content)
			},
		},
	},
	{fault: "takes an error that wraps io.EOF for the end", caught: []string{"P2/eof-lookalikes"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				content, err := io.ReadAll(req.Content)
				if err != nil && !errors.Is(err, io.EOF) {
					return files.Info{}, err
				}
				return m.store(req.Name, req, content)
			},
		}},
	{fault: "decides IfAbsent before the upload", caught: []string{"P8/at-commit", "P8/race"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				_, err := m.Stat(ctx, driver.Key{Name: req.Name})
				if req.If.Absent() && err == nil {
					return files.Info{}, files.ErrExist
				}
				if req.If.Absent() {
					req.If = files.Condition{}
				}
				return m.Put(ctx, req)
			},
		}},
	{fault: "decides IfVersion before the upload", caught: []string{"P9/at-commit", "P9/race"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Stat(ctx, driver.Key{Name: req.Name})
				if err := req.If.Check(err == nil, info.Version); err != nil {
					return files.Info{}, err
				}
				req.If = files.Condition{}
				return m.Put(ctx, req)
			},
		}},
	{fault: "creates a file if IfVersion finds none", caught: []string{"P9/stale"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			if _, err := m.Stat(context.Background(), driver.Key{Name: req.Name}); err != nil {
				req.If = files.Condition{}
			}
			return nil
		})},
	{
		fault:  "deletes the old file before the upload",
		caught: []string{"P1/unfinished-over", "P2/reader-fails-over", "P8/creates-once"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			delete(m.files, req.Name)
			return nil
		}),
	},
	{fault: "shows the file before it is whole", caught: []string{"P1/unfinished-new"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			if _, err := m.Stat(context.Background(),
				driver.Key{Name: req.Name}); err == nil || !req.If.IsZero() {
				return nil
			}
			_, err := m.store(req.Name, req, nil)
			return err
		})},
	{fault: "changes the attributes before the content", caught: []string{"P1/unfinished-over"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			if f, ok := m.files[req.Name]; ok {
				f.info.Attributes = req.Attributes
				m.files[req.Name] = f
			}
			return nil
		})},
	{fault: "keeps old metadata", caught: []string{"P5/clears-attributes"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			if old, err := m.Stat(context.Background(),
				driver.Key{Name: req.Name}); err == nil && old.Metadata != nil {
				all := maps.Clone(old.Metadata)
				maps.Copy(all, req.Attributes.Metadata)
				req.Attributes.Metadata = all
			}
			return nil
		})},
	{fault: "drops metadata that it can't hold", caught: []string{"P7/round-trip"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			maps.DeleteFunc(req.Attributes.Metadata, func(_, v string) bool {
				return url.QueryEscape(v) != v
			})
			return nil
		})},
	{
		fault:  "loses the metadata of a large file",
		caught: []string{"P7/in-parts", "P3/info-is-stat"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if err == nil && info.Size > 1<<20 {
					m.mu.Lock()
					defer m.mu.Unlock()
					f := m.files[req.Name]
					f.info.Metadata = nil
					m.files[req.Name] = f
				}
				return info, err
			},
		},
	},
	{fault: "forgets the content type", caught: []string{"P6/given", "P6/by-name"},
		faulty: early(func(req *driver.PutRequest, m *mapBackend) error {
			req.Attributes.ContentType = "application/octet-stream"
			return nil
		})},
	{fault: "keeps the tail of a longer old file", caught: []string{"P5/shorter"},
		faulty: altered(func(old, c []byte) []byte {
			if len(old) > len(c) && len(c) > 0 {
				return append(c, old[len(c):]...)
			}
			return c
		})},
	{fault: "does not store an empty file over another", caught: []string{"P5/empty"},
		faulty: altered(func(old, c []byte) []byte {
			if len(c) == 0 {
				return old
			}
			return c
		})},
	{fault: "swaps two blocks of a large file", caught: []string{"P11/sizes", "P11/unknown-length"},
		faulty: altered(func(_, c []byte) []byte {
			if len(c) >= 65536 {
				block := bytes.Clone(c[:4096])
				copy(c, c[4096:8192])
				copy(c[4096:], block)
			}
			return c
		})},
	{fault: "repeats a block at the end", caught: []string{"P11/sizes"},
		faulty: altered(func(_, c []byte) []byte {
			if len(c) > 32768 {
				copy(c[len(c)-512:], c[:512])
			}
			return c
		})},
	{fault: "loses the last byte of blocks", caught: []string{"P11/sizes", "P12/readers"},
		faulty: altered(func(_, c []byte) []byte {
			if n := len(c); n > 0 && n%512 == 0 {
				return c[:n-1]
			}
			return c
		})},
	{
		fault:  "has a constant version",
		caught: []string{"V1/different-bytes", "V1/per-put", "V1/after-delete"},
		faulty: faulty{stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			info, err := m.Stat(context.Background(), k)
			info.Version = "1"
			return info, err
		}},
	},
	{
		fault:  "makes the version from size and second",
		caught: []string{"V1/fast-rewrites", "P9/stale"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if err == nil {
					info.Version = files.Version("s" + strings.Repeat("i", int(info.Size%100)))
					m.mu.Lock()
					defer m.mu.Unlock()
					f := m.files[req.Name]
					f.info.Version = info.Version
					m.files[req.Name] = f
				}
				return info, err
			},
		},
	},
	{
		fault:  "makes the version from size and CRC-32C",
		caught: []string{"V1/same-checksum"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if err == nil {
					m.mu.Lock()
					defer m.mu.Unlock()
					f := m.files[req.Name]
					sum := crc32.Checksum(f.content, crc32.MakeTable(crc32.Castagnoli))
					info.Version = files.Version(fmt.Sprintf("%d-%08x", info.Size, sum))
					f.info.Version = info.Version
					m.files[req.Name] = f
				}
				return info, err
			},
		},
	},
	{
		fault:  "returns another version than it stored",
		caught: []string{"P3/version", "P3/info-is-stat"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				info.Version += "x"
				return info, err
			},
		},
	},
	{fault: "returns local time", caught: []string{"V2/utc-and-cut"},
		faulty: faulty{stat: func(k driver.Key, m *mapBackend) (files.Info, error) {
			info, err := m.Stat(context.Background(), k)
			info.ModTime = info.ModTime.In(time.FixedZone("here", 3600))
			return info, err
		}}},
	{
		fault:  "folds case in names",
		caught: []string{"N2/case", "N2/random"},
		faulty: renamed(strings.ToLower),
	},
	{
		fault:  "normalizes names",
		caught: []string{"N2/normal-form", "N2/random"},
		faulty: renamed(func(s string) string {
			return strings.ReplaceAll(s, "e\u0301", "\u00e9")
		}),
	},
	{
		fault:  "drops trailing dots and spaces",
		caught: []string{"N2/dots-and-spaces", "N2/random"},
		faulty: renamed(func(s string) string { return strings.TrimRight(s, ". ") }),
	},
	{
		fault:  "takes ß for ss",
		caught: []string{"N2/random"},
		faulty: renamed(func(s string) string { return strings.ReplaceAll(s, "ß", "ss") }),
	},
	{
		fault:  "decodes escapes in names",
		caught: []string{"N2/escapes", "N2/random"},
		faulty: renamed(func(s string) string {
			if u, err := url.PathUnescape(s); err == nil {
				return u
			}
			return s
		}),
	},
	{
		fault:  "truncates elements at 255 bytes",
		caught: []string{"N2/long-tails", "N4/long-element"},
		faulty: renamed(func(s string) string {
			elements := strings.Split(s, "/")
			for i, e := range elements {
				elements[i] = e[:min(len(e), 255)]
			}
			return strings.Join(elements, "/")
		}),
	},
	{
		fault:  "reserves a suffix for itself",
		caught: []string{"N2/driver-suffixes"},
		faulty: renamed(func(s string) string { return strings.TrimSuffix(s, ".tmp") }),
	},
	{fault: "swaps two writers' content", caught: []string{"P1/two-writers", "P1/torn-read"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if err == nil {
					m.mu.Lock()
					defer m.mu.Unlock()
					f := m.files[req.Name]
					f.content, m.last = m.last, f.content
					f.info.Size = int64(len(f.content))
					m.files[req.Name] = f
					m.redigestLocked(req.Name)
				}
				return info, err
			},
		}},
	{fault: "destroys the old file when it refuses a create", caught: []string{"P8/creates-once"},
		faulty: faulty{
			put: func(ctx context.Context, req *driver.PutRequest,
				m *mapBackend) (files.Info, error) {
				info, err := m.Put(ctx, req)
				if err == files.ErrExist {
					m.Delete(ctx, driver.Key{Name: req.Name}, "")
				}
				return info, err
			},
		}},
}
