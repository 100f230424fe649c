package all

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
)

func doorPut(d *doors) door {
	name, content, stream := d.name(), d.content(), d.one(2)
	text, o := d.putOptions(name, content)
	return door{fmt.Sprintf("Put(%q), stream %v, %s", name, stream, text),
		func(b files.Bucket, old map[string]files.Version) string {
			var r io.Reader = bytes.NewReader(content)
			if stream {
				r = io.MultiReader(r)
			}
			_, err := b.Put(context.Background(), name, r, o(old))
			return doorRefusal(err)
		}}
}

func doorWriter(d *doors) door {
	name, content, commit, chunk := d.name(), d.content(), !d.one(4), 1+d.r.IntN(100_000)
	text, o := d.putOptions(name, content)
	return door{fmt.Sprintf("NewWriter(%q), in chunks of %d, commit %v, %s", name, chunk,
		commit, text),
		func(b files.Bucket, old map[string]files.Version) string {
			w := files.NewWriter(context.Background(), b, name, o(old))
			defer w.Close()
			for c := range slices.Chunk(content, chunk) {
				if _, err := w.Write(c); err != nil {
					break
				}
			}
			if !commit {
				return doorKind(w.Close())
			}
			_, err := w.Commit()
			return doorRefusal(err)
		}}
}

func doorUpload(d *doors) door {
	name, content := d.name(), d.content()
	text, o := d.putOptions(name, content)
	return door{fmt.Sprintf("resume.Upload(%q), %s", name, text),
		func(b files.Bucket, old map[string]files.Version) string {
			put := o(old)
			if put.Size != nil && *put.Size != int64(len(content)) {
				put.Size = nil
			}
			_, err := resume.Upload(context.Background(), b, name, bytes.NewReader(content),
				int64(len(content)), &resume.UploadOptions{Put: put, PartSize: 5 << 20})
			return doorRefusal(err)
		}}
}

func doorUpdate(d *doors) door {
	if !d.f.IfAbsent || !d.f.IfVersion || !d.f.ReadConditions {
		return door{}
	}
	name, add, skip := d.name(), d.r.IntN(3), d.one(5)
	return door{fmt.Sprintf("Update(%q), %d bytes more, skip %v", name, add, skip),
		func(b files.Bucket, _ map[string]files.Version) string {
			seen := ""
			_, err := files.Update(context.Background(), b, name,
				func(old []byte) ([]byte, error) {
					if seen = fmt.Sprint(old == nil, sum(old)); skip {
						return nil, files.SkipUpdate
					}
					return append(old, make([]byte, add)...), nil
				}, nil)
			return seen + " " + doorKind(err)
		}}
}

func doorUpdateAttributes(d *doors) door {
	if !d.f.Attributes || !d.f.IfVersion || d.plain {
		return door{}
	}
	name, a := d.name(), d.attributes()
	return door{fmt.Sprintf("UpdateAttributes(%q, %+v)", name, a),
		func(b files.Bucket, _ map[string]files.Version) string {
			_, err := files.UpdateAttributes(context.Background(), b, name,
				func(now *files.Attributes) error {
					*now = a
					return nil
				}, nil)
			return doorKind(err)
		}}
}

func doorDelete(d *doors) door {
	name, cond := d.name(), d.f.DeleteIfVersion && d.one(2) && !d.plain
	return door{fmt.Sprintf("Delete(%q), of a version %v", name, cond),
		func(b files.Bucket, old map[string]files.Version) string {
			o := &files.DeleteOptions{}
			if cond {
				o.IfVersion = versionOr(old, name)
			}
			return doorKind(b.Delete(context.Background(), name, o))
		}}
}

func doorDeleteMany(d *doors) door {
	var names []string
	for range d.r.IntN(5) {
		names = append(names, d.name())
	}
	if d.one(4) {
		names = append(names, "d/")
	}
	return door{fmt.Sprintf("DeleteMany(%q)", names),
		func(b files.Bucket, _ map[string]files.Version) string {
			res, err := files.DeleteMany(context.Background(), b, slices.Values(names))
			var failed []string
			for _, e := range res.Failed {
				failed = append(failed, e.Name+" "+doorKind(e))
			}
			return fmt.Sprint(res.Deleted, failed, " ", doorKind(err))
		}}
}

func doorDeleteDir(d *doors) door {
	dir := d.dir()
	return door{fmt.Sprintf("DeleteDir(%q)", dir),
		func(b files.Bucket, _ map[string]files.Version) string {
			res, err := files.DeleteDir(context.Background(), b, dir)
			return fmt.Sprint(res.Deleted, doorKind(err))
		}}
}

func doorCopy(d *doors) door {
	from, to, move := d.name(), d.name(), d.one(2)
	text, cond := d.condition(to)
	pinned := d.f.ReadConditions && d.one(4)
	var a *files.Attributes
	if d.one(3) {
		a = new(d.attributes())
	}
	if d.plain || d.smallOnly {
		text, cond, pinned = "", unconditional, false
	}
	if d.plain {
		a = nil
	}
	o := func(old map[string]files.Version) *files.CopyOptions {
		o := &files.CopyOptions{If: cond(old), Attributes: a, MayLoseConcurrentPut: true}
		if pinned {
			o.IfSource = versionOr(old, from)
		}
		return o
	}
	call := files.Copy
	if move {
		call = files.Move
	}
	return door{fmt.Sprintf("Copy(%q to %q), move %v, %s, pinned %v, attributes %+v", from, to,
		move, text, pinned, a), func(b files.Bucket, old map[string]files.Version) string {
		_, err := call(context.Background(), b, to, b, from, o(old))
		return doorRefusal(err)
	}}
}

func doorSync(d *doors) door {
	src, dst, up := d.dirs[1+d.r.IntN(len(d.dirs)-1)], "sync", d.one(2)
	if up {
		src, dst = dst, "back"
	}
	return door{fmt.Sprintf("transfer.Sync(%q from %q)", dst, src),
		func(b files.Bucket, _ map[string]files.Version) string {
			plan, err := transfer.Sync(transfer.Tree{Bucket: b, Dir: dst},
				transfer.Tree{Bucket: b, Dir: src},
				&transfer.Options{Compare: transfer.ByContent, MayLoseConcurrentPut: true})
			if err != nil {
				return doorKind(err)
			}
			_, err = plan.Apply(context.Background())
			if limit := (*transfer.DeleteLimitError)(nil); errors.As(err, &limit) {
				return "limit"
			}
			return doorKind(err)
		}}
}
