//go:build unix

package local

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gocloud.dev/blob/fileblob"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// checkDisk checks that the folder contains only the files of the state, each under one
// name on disk, the sidecars that they need, the control folder's two files and the
// given number of staging folders. Empty folders do no harm, and neither do sidecars
// without a file, for names that were not written since the crash.
func checkDisk(dir string, s state, sessions int, unwritten ...string) error {
	want := map[string]string{}
	for _, name := range unwritten {
		p, base := rules{}.encode(name)
		want[filepath.Join(p, base+sidecarExt)] = "sidecar of " + name
	}
	for name, f := range s {
		p, base := rules{}.encode(name)
		want[filepath.Join(p, base)] = name
		want[filepath.Join(p, leafName(base))] = name
		if f.Attrs != 0 || f.OverAttrs != 0 || !hasXattr(dir) {
			want[filepath.Join(p, base+sidecarExt)] = "sidecar of " + name
		}
	}
	at := map[string]string{}
	live := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if rest, ok := strings.CutPrefix(rel, controlDir+"/"); ok {
			if rest == lockName || rest == versionFile {
				return nil
			}
			if strings.HasPrefix(rest, stagingMark) {
				session, file, _ := strings.Cut(rest, "/")
				live[session] = true
				if file == "" || file == aliveFile {
					return nil
				}
			}
			return fmt.Errorf("%s is left in the control folder", rest)
		}
		if e.IsDir() {
			return nil
		}
		name, ok := want[rel]
		if !ok {
			return fmt.Errorf("%.300q is left on disk", rel)
		}
		if other, ok := at[name]; ok {
			return fmt.Errorf("%.100q is on disk as both %.300q and %.300q", name, rel, other)
		}
		at[name] = rel
		return nil
	})
	if err == nil && len(live) != sessions {
		err = fmt.Errorf("%d staging folders on disk, want %d", len(live), sessions)
	}
	return err
}

// checkFileblob lists the folder with fileblob, which must list only the bucket's files.
func checkFileblob(ctx context.Context, dir string, seen map[string]seenFile) error {
	places := map[string]bool{}
	for name := range seen {
		p, base := rules{}.encode(name)
		for _, at := range []string{base, leafName(base)} {
			places[filepath.ToSlash(filepath.Join(p, at))] = true
		}
	}
	b, err := fileblob.OpenBucket(dir, nil)
	if err != nil {
		return err
	}
	defer b.Close()
	for it := b.List(nil); ; {
		o, err := it.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !places[o.Key] {
			return fmt.Errorf("fileblob lists %.300q", o.Key)
		}
	}
}

// hasXattr reports whether the folder's file system has extended attributes. Without
// them every file has a sidecar.
func hasXattr(dir string) bool {
	d, err := fsys.OS().OpenRoot(filepath.Dir(dir))
	if err != nil {
		return false
	}
	defer d.Close()
	const name = "xattr-probe"
	f, err := d.OpenLock(name)
	if err != nil {
		return false
	}
	defer f.Close()
	defer os.Remove(filepath.Join(filepath.Dir(dir), name))
	return f.Setxattr("user.probe", []byte("1")) == nil
}

// reopened opens a new bucket on what a crash left, and checks that it is one of the
// states. Then it puts, overwrites and deletes the subjects, and checks that nothing of
// the dead process is left.
func reopened(ctx context.Context, dir string, allowed []state, subjects []string) error {
	b, err := openOver(dir, noSync, fsys.OS())
	if err != nil {
		return err
	}
	defer b.Close()
	seen, err := seeAll(ctx, b)
	if err != nil {
		return fmt.Errorf("after the crash: %w", err)
	}
	now, err := anyOf(seen, allowed)
	if err != nil {
		return fmt.Errorf("after the crash: %w", err)
	}
	if err := checkFileblob(ctx, dir, seen); err != nil {
		return err
	}
	for i, name := range subjects {
		steps := []step{stepPut(name, 90+i,
			0), stepPut(name, 92+i,
			1), stepDelete(name), stepPut(name, 94+i, 2), stepPut(name, 96+i, 0)}
		for _, s := range steps {
			if now, err = perform(ctx, b, now, []step{s}); err != nil {
				return fmt.Errorf("after the crash: %w", err)
			}
			if seen, err = seeAll(ctx, b); err == nil {
				err = now.differs(seen)
			}
			if err == nil {
				err = checkDisk(dir, now, 1, subjects[i+1:]...)
			}
			if err != nil {
				return fmt.Errorf("after the crash and %v: %w", s, err)
			}
		}
	}
	return closeAndCheck(b, dir, now)
}

// closeAndCheck closes the bucket and checks that its staging folder was removed.
func closeAndCheck(b files.Bucket, dir string, s state) error {
	if err := b.Close(); err != nil {
		return err
	}
	if err := checkDisk(dir, s, 0); err != nil {
		return fmt.Errorf("after Close: %w", err)
	}
	return nil
}
