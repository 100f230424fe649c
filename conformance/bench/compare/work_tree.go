package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
)

// trees returns the works that copy a folder of small files to S3 or back, over 20 ms.
func trees(scale) []work {
	var round atomic.Int64
	up := func(ctx context.Context, t tree, s scale, dir string) error {
		folder, err := sourceFolder(s.Tree)
		if err != nil {
			return err
		}
		return wantFiles(s.Tree)(t.up(ctx, folder, dir))
	}
	return []work{{
		group:   fmt.Sprintf("tree of files of %s", sizeName(smallSize)),
		name:    "folder to bucket",
		service: "s3",
		link:    "20 ms",
		run: func(ctx context.Context, c client, s scale, m *meter) (float64, error) {
			t, ok := c.(tree)
			if !ok {
				return 0, errUnable
			}
			if _, err := sourceFolder(s.Tree); err != nil {
				return 0, err
			}
			dir := fmt.Sprintf("tree/up-%d-%d", os.Getpid(), round.Add(1))
			m.begin()
			return float64(s.Tree), up(ctx, t, s, dir)
		},
	}, {
		group:   fmt.Sprintf("tree of files of %s", sizeName(smallSize)),
		name:    "bucket to folder",
		service: "s3",
		link:    "20 ms",
		prepare: func(ctx context.Context, c client, s scale) error {
			return together(s.Tree, 32, func(i int) error {
				return c.put(ctx, "tree/down/"+treeName(i), &pattern{size: smallSize}, smallSize)
			})
		},
		run: func(ctx context.Context, c client, s scale, m *meter) (float64, error) {
			t, ok := c.(tree)
			if !ok {
				return 0, errUnable
			}
			folder, err := os.MkdirTemp("", "compare-tree-")
			if err != nil {
				return 0, err
			}
			// Removing it here would slow down all peers' next rounds: ext4 passes over
			// the inodes of files that were deleted just now.
			scratch = append(scratch, folder)
			m.begin()
			err = wantFiles(s.Tree)(t.down(ctx, "tree/down", folder))
			return float64(s.Tree), err
		},
	}, {
		group:   fmt.Sprintf("tree of files of %s", sizeName(smallSize)),
		name:    "folder to bucket, nothing to do",
		service: "s3",
		link:    "20 ms",
		run: func(ctx context.Context, c client, s scale, m *meter) (float64, error) {
			t, ok := c.(tree)
			if !ok {
				return 0, errUnable
			}
			dir := fmt.Sprintf("tree/again-%d", os.Getpid())
			if err := up(ctx, t, s, dir); err != nil {
				return 0, err
			}
			folder, err := sourceFolder(s.Tree)
			if err != nil {
				return 0, err
			}
			m.begin()
			_, err = t.up(ctx, folder, dir)
			return float64(s.Tree), err
		},
	}}
}

func treeName(i int) string { return fmt.Sprintf("%03d/%06d", i%100, i) }

// source is the folder from which trees are copied. A process makes it once, and removes
// it at its end.
var source string

func sourceFolder(n int) (string, error) {
	if source != "" {
		return source, nil
	}
	dir, err := os.MkdirTemp("", "compare-source-")
	if err != nil {
		return "", err
	}
	for i := range n {
		path := filepath.Join(dir, filepath.FromSlash(treeName(i)))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, noise[i:i+smallSize], 0o666); err != nil {
			return "", err
		}
	}
	source = dir
	return dir, nil
}

// wantFiles checks the number of files that a tree reports. -1 means that it doesn't
// count.
func wantFiles(n int) func(int, error) error {
	return func(got int, err error) error {
		if err == nil && got != n && got >= 0 {
			err = fmt.Errorf("%d files copied, want %d", got, n)
		}
		return err
	}
}
