package transfer_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// names are names whose order differs between a walk by directories and byte order.
var names = []string{"a/b", "a-b", "a.b/c", "a0", "a/c/d", "a", "z/ü", "Z", "long/" +
	strings.Repeat("x", 255)}

// pairs are sources and targets of every kind.
func pairs(t *testing.T) map[string][2]files.Bucket {
	onDisk, _ := folder(t)
	alsoOnDisk, _ := folder(t)
	more, _ := folder(t)
	return map[string][2]files.Bucket{
		"memory to memory": {fine(), fine()},
		"seconds":          {mem.New(nil), mem.New(nil)},
		"memory to disk":   {fine(), onDisk},
		"disk to memory":   {alsoOnDisk, fine()},
		"disk to disk":     {more, onDisk},
	}
}

// TestSecondPlanIsEmpty: after a copy the next plan finds nothing to do by the two
// listings alone, whatever the orders and times of both sides are.
func TestSecondPlanIsEmpty(t *testing.T) {
	for what, p := range pairs(t) {
		t.Run(what, func(t *testing.T) {
			src, srcOps := counted(p[0])
			dst, dstOps := counted(p[1])
			put(t, src, names...)
			to, from := in(dst, strings.ReplaceAll(what, " ", "-")), whole(src)
			plan := must(transfer.Sync(to, from, nil))
			if res := apply(t, plan); res.Copied != int64(len(names)) || res.Failed != 0 {
				t.Fatalf("Result = %+v, want all files copied", res)
			}
			holds(t, to, names...)
			srcOps.reset()
			dstOps.reset()
			plans(t, plan)
			if res := apply(t, plan); res.Equal != int64(len(names)) || res.Copied != 0 {
				t.Errorf("the second run: %+v", res)
			}
			srcOps.only(t, "source", map[files.Op]int{files.OpList: 2})
			dstOps.only(t, "target", map[files.Op]int{files.OpList: 2})
		})
	}
}

// TestPlan: each change has its reason.
func TestPlan(t *testing.T) {
	src, dst := fine(), fine()
	put(t, src, "same", "changed=old", "size=1", "new", "dir/x")
	apply(t, must(transfer.Copy(whole(dst), whole(src), nil)))
	put(t, dst, "gone", "dir", "z")
	put(t, src, "changed=new", "size=12", "added")
	copied := []string{"copy added missing", "copy changed newer", "copy size size"}
	plans(t, must(transfer.Copy(whole(dst), whole(src), nil)), copied...)
	plans(t, must(transfer.Sync(whole(dst), whole(src), nil)), "copy added missing",
		"copy changed newer", "delete dir notInSource", "delete gone notInSource",
		"copy size size", "delete z notInSource")
	plans(t, must(transfer.Copy(whole(dst), whole(src), &transfer.Options{NoOverwrite: true})),
		"copy added missing", "skip changed exists", "skip size exists")
	plans(t, must(transfer.Copy(whole(dst), whole(src),
		&transfer.Options{Compare: transfer.BySize})), "copy added missing", "copy size size")
	plans(t, must(transfer.Copy(whole(dst), whole(src),
		&transfer.Options{Compare: transfer.ByDigest})),
		"copy added missing", "copy changed digest", "copy size size")
	plans(t, must(transfer.Copy(whole(dst), whole(src),
		&transfer.Options{Compare: transfer.ByContent})),
		"copy added missing", "copy changed content", "copy size size")
	plans(t, must(transfer.Copy(whole(dst), whole(src),
		&transfer.Options{Compare: transfer.ByDigestOrContent})),
		"copy added missing", "copy changed digest", "copy size size")
	plans(t, must(transfer.Remove(in(dst, "dir"), nil)), "delete x removed")
	put(t, dst, "size=123")
	plans(t, must(transfer.Copy(whole(dst), whole(src), &transfer.Options{KeepNewer: true})),
		"copy added missing", "copy changed newer", "skip size targetNewer")

	apply(t, must(transfer.Sync(whole(dst), whole(src), nil)))
	holds(t, whole(dst), "same", "changed=new", "size=12", "new", "dir/x", "added")
}

// TestDirIsNoPrefix: Remove, Copy and Sync of logs only affect files in logs/, and not others
// with the prefix "logs".
func TestDirIsNoPrefix(t *testing.T) {
	src, dst := fine(), fine()
	put(t, src, "logs/a", "logs/b", "logs.json", "logs_backup/a", "logs")
	put(t, dst, "to/old", "tool", "to.x/y")
	res := apply(t, must(transfer.Sync(in(dst, "to"), in(src, "logs/"), nil)))
	if res.Copied != 2 || res.Deleted != 1 {
		t.Errorf("Sync: Result = %+v, want 2 copied and 1 deleted", res)
	}
	holds(t, whole(dst), "to/a=content of logs/a", "to/b=content of logs/b", "tool", "to.x/y")
	if res := apply(t, must(transfer.Remove(in(src, "logs"), nil))); res.Deleted != 2 {
		t.Errorf("Remove: Result = %+v, want 2 deleted", res)
	}
	holds(t, whole(src), "logs.json", "logs_backup/a", "logs")
}

// TestMove: a move deletes only the version that it copied, or found to be the same by
// digest.
func TestMove(t *testing.T) {
	src, dst := fine(), fine()
	put(t, src, "a", "b", "same", "differs=1")
	put(t, dst, "same", "differs=2")
	o := &transfer.Options{NoOverwrite: true}
	plans(t, must(transfer.Move(whole(dst), whole(src), o)),
		"move a missing", "move b missing", "skip differs exists", "move same sameDigest")
	res := apply(t, must(transfer.Move(whole(dst), whole(src), o)))
	if res.Moved != 3 || res.Copied != 2 || res.Skipped != 1 {
		t.Errorf("Result = %+v, want 3 moved, 2 copied and 1 skipped", res)
	}
	holds(t, whole(src), "differs=1")
	holds(t, whole(dst), "a", "b", "same", "differs=2")
	apply(t, must(transfer.Move(whole(dst), whole(src), nil)))
	holds(t, whole(src))
	holds(t, whole(dst), "a", "b", "same", "differs=1")
}

// TestOverlap: overlapping trees of one store are refused, however they are named.
func TestOverlap(t *testing.T) {
	b := fine()
	put(t, b, "dir/sub/x")
	sub, err := files.Sub(b, "dir")
	if err != nil {
		t.Fatal(err)
	}
	disk, path := folder(t)
	again, err := files.Open(t.Context(), "file://"+path+"?prefix=dir/")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	linked := disk
	if link := filepath.Join(t.TempDir(), "link"); os.Symlink(path, link) == nil {
		if linked, err = files.Open(t.Context(), "file://"+filepath.ToSlash(link)); err != nil {
			t.Fatal(err)
		}
		defer linked.Close()
	}
	put(t, disk, "dir/sub/x")
	tree := func(path ...string) transfer.Tree {
		return whole(fromFS(t, os.DirFS(filepath.Join(path...)), nil))
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	part, err := fs.Sub(os.DirFS(path), "dir")
	if err != nil {
		t.Fatal(err)
	}
	for what, trees := range map[string][2]transfer.Tree{
		"by iofs":           {whole(disk), tree(path)},
		"by iofs, a link":   {whole(linked), tree(path)},
		"above iofs":        {in(disk, "dir"), tree(path, "dir", "sub")},
		"below iofs":        {in(disk, "dir/sub"), tree(path, "dir")},
		"of an os.Root":     {in(again, "sub"), whole(fromFS(t, root.FS(), nil))},
		"of fs.Sub":         {in(disk, "dir/new"), whole(fromFS(t, part, nil))},
		"by a link":         {in(linked, "dir"), whole(disk)},
		"the same":          {whole(b), whole(b)},
		"below":             {in(b, "dir"), whole(b)},
		"above":             {whole(b), in(b, "dir")},
		"by slash":          {in(b, "dir/"), in(b, "dir")},
		"by Sub":            {whole(sub), in(b, "dir")},
		"in Sub":            {in(sub, "sub"), in(b, "dir")},
		"by another handle": {whole(again), in(disk, "dir")},
		"above one":         {in(again, "x"), whole(disk)},
	} {
		for verb, f := range map[string]func(a, b transfer.Tree,
			o *transfer.Options) (*transfer.Plan, error){
			"Copy": transfer.Copy, "Move": transfer.Move, "Sync": transfer.Sync,
		} {
			if _, err := f(trees[0], trees[1], nil); !errors.Is(err, files.ErrInvalid) {
				t.Errorf("%s of %s: %v, want ErrInvalid", verb, what, err)
			}
		}
	}
	for what, trees := range map[string][2]transfer.Tree{
		"beside":      {in(b, "dir2"), in(b, "dir")},
		"begin alike": {in(b, "dir"), in(b, "di")},
		"in Sub":      {in(sub, "a"), in(b, "dir2")},
		"others":      {whole(fine()), whole(b)},
		"beside iofs": {in(disk, "new"), tree(path, "dir")},
		"iofs":        {whole(disk), tree(t.TempDir())},
		"both iofs":   {tree(path, "dir"), tree(path)},
	} {
		if _, err := transfer.Sync(trees[0], trees[1], nil); err != nil {
			t.Errorf("%s: Sync: %v", what, err)
		}
	}
}

// TestDeletionGuards: if the limit is exceeded or the source is empty, nothing is deleted, and
// the error has both numbers.
func TestDeletionGuards(t *testing.T) {
	for what, p := range pairs(t) {
		src, dst := p[0], in(p[1], "guarded")
		put(t, p[1], "guarded/1", "guarded/2", "guarded/3")
		limit := func(want transfer.DeleteLimitError, f func(o *transfer.Options) (*transfer.Plan,
			error), o *transfer.Options) {
			t.Helper()
			res, err := must(f(o)).Apply(t.Context())
			got, ok := errors.AsType[*transfer.DeleteLimitError](err)
			if !ok || *got != want || !errors.Is(err, files.ErrPrecondition) {
				t.Errorf("%s: %v, want %+v", what, err, want)
			}
			if res.Deleted != 0 || res.Withheld != 3 || len(contents(t, dst)) < 3 {
				t.Errorf("%s: Result = %+v, want 3 withheld and none deleted", what, res)
			}
			if _, err := lines(t, must(f(o))); !errors.Is(err, files.ErrPrecondition) {
				t.Errorf("%s: Changes ends with %v", what, err)
			}
		}
		from := in(src, "source")
		sync := func(o *transfer.Options) (*transfer.Plan, error) {
			return transfer.Sync(dst, from, o)
		}
		limit(transfer.DeleteLimitError{Due: 3}, sync, nil)
		put(t, src, "source/x.tmp")
		limit(transfer.DeleteLimitError{Due: 3}, sync,
			&transfer.Options{Filter: []string{"- *.tmp"}})
		put(t, src, "source/new")
		limit(transfer.DeleteLimitError{Due: 3, Limit: 2}, sync, &transfer.Options{MaxDeletes: 2})
		if _, err := files.DeleteDir(t.Context(), p[1], "guarded/new"); err != nil {
			t.Fatal(err)
		}
		apply(t, must(sync(&transfer.Options{MaxDeletes: 3})))
		apply(t, must(transfer.Remove(from, nil)))
		res := apply(t, must(sync(&transfer.Options{AllowEmptySource: true})))
		if res.Deleted != 2 || len(contents(t, dst)) != 0 {
			t.Errorf("%s: Result = %+v, want 2 deleted", what, res)
		}
		put(t, p[1], "guarded/1", "guarded/2", "guarded/3")
		limit(transfer.DeleteLimitError{Due: 3, Limit: 2},
			func(o *transfer.Options) (*transfer.Plan, error) { return transfer.Remove(dst, o) },
			&transfer.Options{MaxDeletes: 2})
	}
}

// TestDryRun: a dry run reports what it would do, and writes nothing. Every comparison
// plans the same deletions.
func TestDryRun(t *testing.T) {
	for _, o := range []transfer.Options{
		{}, {Compare: transfer.ByDigest}, {Compare: transfer.ByContent},
		{Compare: transfer.BySize}, {Compare: transfer.ByStoredTime},
		{Compare: transfer.ByDigestOrContent}, {MayLoseConcurrentPut: true}, {StoreTime: true},
		{ContentOnly: true}, {ResumeSize: 1, StateDir: t.TempDir()},
	} {
		src, dst := fine(), fine()
		put(t, src, "a", "b", "c=1")
		put(t, dst, "c=12", "old")
		o.DryRun = true
		to, from := whole(files.ReadOnly(dst)), whole(files.ReadOnly(src))
		res := apply(t, must(transfer.Sync(to, from, &o)))
		if res.Copied != 3 || res.Deleted != 1 {
			t.Errorf("Sync: Result = %+v, want 3 copied and 1 deleted", res)
		}
		o.MayLoseConcurrentPut = true
		if res := apply(t, must(transfer.Move(to, from, &o))); res.Moved != 3 {
			t.Errorf("Move: Result = %+v, want 3 moved", res)
		}
		if res := apply(t, must(transfer.Remove(to, &o))); res.Deleted != 2 {
			t.Errorf("Remove: Result = %+v, want 2 deleted", res)
		}
		holds(t, whole(dst), "c=12", "old")
		if o.StateDir != "" {
			wantNothingLeft(t, dst, o.StateDir)
		}
	}
	dir := filepath.Join(t.TempDir(), "missing")
	src := fine()
	put(t, src, "a")
	o := &transfer.Options{DryRun: true}
	if res, err := transfer.DownloadDir(t.Context(), dir, whole(src), o); err != nil ||
		res.Copied != 1 {
		t.Errorf("DownloadDir: %+v, %v", res, err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dry run of DownloadDir has made its folder, %v", err)
	}
}

// TestCopyKeepsAttributes: a copy keeps type, headers and metadata, and StoreTime adds the time.
func TestCopyKeepsAttributes(t *testing.T) {
	src, dst := fine(), fine()
	at := files.Attributes{
		ContentType:  "text/x-own",
		CacheControl: "no-cache",
		Metadata:     map[string]string{"k": "v"},
	}
	put(t, src, "plain")
	for _, name := range []string{"a", "b"} {
		if _, err := files.PutString(t.Context(), src, name, name,
			&files.PutOptions{Attributes: at}); err != nil {
			t.Fatal(err)
		}
	}
	apply(t, must(transfer.Copy(whole(dst), whole(src), nil)))
	info, err := dst.Stat(t.Context(), "a", nil)
	if err != nil || info.ContentType != at.ContentType || info.CacheControl != "no-cache" ||
		len(info.Metadata) != 1 {
		t.Errorf("Stat of the copy = %+v, %v, want the source's attributes", info, err)
	}
	o := &transfer.Options{Compare: transfer.ByStoredTime}
	plans(t, must(transfer.Copy(whole(dst), whole(src), o)),
		"copy a noTime", "copy b noTime", "copy plain noTime")
	apply(t, must(transfer.Copy(whole(dst), whole(src), o)))
	plans(t, must(transfer.Copy(whole(dst), whole(src), o)))
	from, err := src.Stat(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	info, err = dst.Stat(t.Context(), "a", nil)
	if err != nil || info.Metadata["k"] != "v" || info.ContentType != at.ContentType {
		t.Errorf("Stat with StoreTime = %+v, %v, want the source's attributes", info, err)
	}
	sec, err := time.ParseDuration(info.Metadata["mtime"] + "s")
	if diff := time.Unix(0,
		0).Add(sec).Sub(from.ModTime); err != nil || diff.Abs() > time.Microsecond {
		t.Errorf("mtime is %q for %v", info.Metadata["mtime"], from.ModTime)
	}
	// A copy of the copy keeps the first file's time.
	third := fine()
	apply(t, must(transfer.Copy(whole(third), whole(dst), o)))
	plans(t, must(transfer.Copy(whole(third), whole(dst), o)))
	plans(t, must(transfer.Copy(whole(third), whole(src), o)))
}
