package all

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
)

func (d *doors) span() files.Range {
	switch n := int64(d.r.IntN(80_000)); d.r.IntN(4) {
	case 0:
		return files.Range{}
	case 1:
		return files.From(n)
	case 2:
		return files.Last(n)
	default:
		return files.Bytes(n, int64(d.r.IntN(1_000_000)))
	}
}

func doorGet(d *doors) door {
	name, part, cond := d.name(), d.span(), 0
	if d.f.ReadConditions {
		cond = d.r.IntN(4)
	}
	return door{fmt.Sprintf("ReadAll(%q), %v, condition %d", name, part, cond),
		func(b files.Bucket, old map[string]files.Version) string {
			o := &files.ReadOptions{GetOptions: files.GetOptions{Range: part}}
			switch cond {
			case 1:
				o.IfVersion = versionOr(old, name)
			case 2:
				o.IfNotVersion = versionOr(old, name)
			}
			p, err := files.ReadAll(context.Background(), b, name, o)
			return sum(p) + " " + doorRefusal(err)
		}}
}

func doorOpenAt(d *doors) door {
	if !d.f.ReadConditions {
		return door{}
	}
	name := d.name()
	type read struct {
		seek bool
		at   int64
		n    int
	}
	var reads []read
	for range 1 + d.r.IntN(6) {
		at := int64(d.r.IntN(250_000))
		if d.one(5) {
			at = int64(d.r.IntN(12 << 20))
		}
		reads = append(reads, read{d.one(2), at, d.r.IntN(400_000)})
	}
	return door{fmt.Sprintf("OpenAt(%q), %+v", name, reads),
		func(b files.Bucket, _ map[string]files.Version) string {
			f, err := files.OpenAt(context.Background(), b, name, nil)
			if err != nil {
				return doorKind(err)
			}
			defer f.Close()
			got := fmt.Sprint(f.Size())
			for _, r := range reads {
				p := make([]byte, r.n)
				n := 0
				if r.seek {
					if _, err = f.Seek(r.at, io.SeekStart); err == nil {
						n, err = io.ReadFull(f, p)
					}
				} else {
					n, err = f.ReadAt(p, r.at)
				}
				if errors.Is(err, io.ErrUnexpectedEOF) {
					err = io.EOF
				}
				got += " " + sum(p[:n]) + " " + doorKind(err)
			}
			return got
		}}
}

func doorReadRanges(d *doors) door {
	if !d.f.ReadConditions {
		return door{}
	}
	name := d.name()
	var ranges []files.Range
	for range d.r.IntN(6) {
		ranges = append(ranges, d.span())
	}
	return door{fmt.Sprintf("ReadRanges(%q, %v)", name, ranges),
		func(b files.Bucket, _ map[string]files.Version) string {
			all, err := files.ReadRanges(context.Background(), b, name, ranges, nil)
			got := doorKind(err)
			for _, p := range all {
				got += " " + sum(p)
			}
			return got
		}}
}

// at is memory to be written at offsets.
type at struct{ p []byte }

func (a at) WriteAt(p []byte, off int64) (int, error) { return copy(a.p[off:], p), nil }

func doorDownload(d *doors) door {
	name, how := d.name(), d.r.IntN(3)
	return door{fmt.Sprintf("download %d of %q", how, name),
		func(b files.Bucket, _ map[string]files.Version) string {
			if how == 0 {
				to := at{make([]byte, 12<<20)}
				info, err := files.DownloadAt(context.Background(), b, name, to,
					&files.DownloadAtOptions{PartSize: 1 << 20})
				return sum(to.p[:info.Size]) + " " + doorKind(err)
			}
			dir := d.t.TempDir()
			path := filepath.Join(dir, "x")
			var err error
			if how == 1 {
				_, err = files.DownloadFile(context.Background(), b, name, path, nil)
			} else {
				_, err = resume.Download(context.Background(), b, name, path, nil)
			}
			p, _ := os.ReadFile(path)
			left, _ := os.ReadDir(dir)
			return fmt.Sprint(sum(p), " ", doorKind(err), " ", len(left))
		}}
}

func (d *doors) listOptions() files.ListOptions {
	o := files.ListOptions{
		Shallow:  d.one(2) && !d.plain,
		PageSize: d.r.IntN(4),
		Parallel: 4 * d.r.IntN(2),
	}
	if d.one(2) {
		o.Prefix = d.name()
		o.Prefix = o.Prefix[:1+d.r.IntN(len(o.Prefix))]
		if o.Prefix = strings.ToValidUTF8(o.Prefix, ""); o.Shallow {
			o.Prefix, _, _ = strings.Cut(o.Prefix, "/")
		}
	}
	if d.f.Ordered && d.one(3) {
		o.StartAfter = d.name()
	}
	return o
}

func entries(list []files.Entry, err error) string {
	got := doorKind(err)
	for _, e := range list {
		got += fmt.Sprintf(" %s %d,", e.Name, e.Size)
	}
	return got
}

func doorList(d *doors) door {
	dir, o := d.dir(), d.listOptions()
	if d.f.Ordered {
		o.Limit = d.r.IntN(5)
	}
	return door{fmt.Sprintf("List(%q, %+v)", dir, o),
		func(b files.Bucket, _ map[string]files.Version) string {
			var list []files.Entry
			for e, err := range b.List(context.Background(), dir, &o) {
				if err != nil {
					return entries(list, err)
				}
				list = append(list, e)
			}
			return entries(list, nil)
		}}
}

func doorPages(d *doors) door {
	if !d.f.Ordered {
		return door{}
	}
	dir, o, limit := d.dir(), d.listOptions(), 1+d.r.IntN(4)
	return door{fmt.Sprintf("ListPage(%q, %d, %+v)", dir, limit, o),
		func(b files.Bucket, _ map[string]files.Version) string {
			got := ""
			for token := ""; ; {
				list, next, err := files.ListPage(context.Background(), b, dir, token, limit, &o)
				got += entries(list, err) + "; "
				if next == "" || err != nil {
					return got
				}
				token = next
			}
		}}
}

func doorUsage(d *doors) door {
	dir, name := d.dir(), d.name()
	return door{fmt.Sprintf("Usage(%q), Exists(%q)", dir, name),
		func(b files.Bucket, _ map[string]files.Version) string {
			n, size, err := files.Usage(context.Background(), b, dir)
			is, err2 := files.Exists(context.Background(), b, name)
			return fmt.Sprint(n, size, doorKind(err), is, doorKind(err2))
		}}
}

func doorFS(d *doors) door {
	name, dir := d.name(), d.dir()
	if dir == "" || d.f.DirBesideFile {
		dir = "."
	}
	return door{fmt.Sprintf("FS: ReadFile(%q), ReadDir(%q), walk", name, dir),
		func(b files.Bucket, _ map[string]files.Version) string {
			view := files.FS(context.Background(), b, nil)
			p, err := fs.ReadFile(view, name)
			got := sum(p) + fmt.Sprint(err == nil, errors.Is(err, fs.ErrNotExist))
			list, err := fs.ReadDir(view, dir)
			got += fmt.Sprint(err == nil, errors.Is(err, fs.ErrNotExist))
			for _, e := range list {
				got += " " + e.Name() + fmt.Sprint(e.IsDir())
			}
			return got
		}}
}

func doorSub(d *doors) door {
	dir, name, content := d.dirs[1], []string{"a", "a.txt", "b/c", "b/d"}[d.r.IntN(4)], d.content()
	o := d.listOptions()
	o.Prefix, o.StartAfter = "", ""
	return door{fmt.Sprintf("Sub(%q): Put, List %+v and Stat of %q", dir, o, name),
		func(b files.Bucket, _ map[string]files.Version) string {
			sub, err := files.Sub(b, dir)
			if err != nil {
				return doorKind(err)
			}
			_, err = sub.Put(context.Background(), name, bytes.NewReader(content), nil)
			got := doorKind(err)
			var list []files.Entry
			for e, err := range sub.List(context.Background(), "", &o) {
				if err != nil {
					return got + doorKind(err)
				}
				list = append(list, e)
			}
			slices.SortFunc(list, func(a, b files.Entry) int {
				return strings.Compare(a.Name, b.Name)
			})
			info, err := sub.Stat(context.Background(), name, nil)
			return got + entries(list, err) + infoText(info)
		}}
}
