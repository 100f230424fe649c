package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// joinAsCame joins the parts in the order in which their numbers came first.
func joinAsCame(up *mapUpload, _ []driver.UploadedPart) (content []byte, err error) {
	var seen []int
	for _, n := range up.order {
		if !slices.Contains(seen, n) {
			seen = append(seen, n)
			content = append(content, up.parts[n].content...)
		}
	}
	return content, nil
}

var brokenUploads = []broken{
	{
		fault:   "joins the parts of an upload in the order in which they came",
		caught:  []string{"P1/upload-parts", "P1/upload-many-parts"},
		backend: withParts(uploadFault{join: joinAsCame}),
	},
	{
		fault:  "appends a part that is sent twice",
		caught: []string{"P1/upload-parts", "P1/upload-named-parts"},
		backend: withParts(uploadFault{put: func(_ *withUploads, up *mapUpload, p *driver.Part,
			content []byte) {
			was := up.parts[p.Number].content
			up.parts[p.Number] = mapPart{append(slices.Clip(was), content...), p.CRC32C}
		}}),
	},
	{
		fault:  "lists the first page of an upload's parts",
		caught: []string{"P1/upload-many-parts"},
		backend: withParts(uploadFault{
			list: func(parts []driver.UploadedPart) []driver.UploadedPart {
				return parts[:min(len(parts), 1000)]
			},
		}),
	},
	{
		fault:  "lists the parts of an upload by their numbers as text",
		caught: []string{"P1/upload-many-parts"},
		backend: withParts(uploadFault{
			list: func(parts []driver.UploadedPart) []driver.UploadedPart {
				slices.SortFunc(parts, func(a, b driver.UploadedPart) int {
					return strings.Compare(fmt.Sprint(a.Number), fmt.Sprint(b.Number))
				})
				return parts
			},
		}),
	},
	{
		fault:  "shows an empty file while an upload in parts goes on",
		caught: []string{"P1/upload-unfinished", "X2/upload-abort"},
		backend: withParts(uploadFault{begin: func(w *withUploads, u *driver.Upload) {
			w.mapBackend.store(u.Name, &driver.PutRequest{Name: u.Name}, nil)
		}}),
	},
	{
		fault:  "lists no upload of a directory",
		caught: []string{"P1/upload-unfinished"},
		backend: withParts(uploadFault{
			listed: func(u driver.UnfinishedUpload) (driver.UnfinishedUpload, bool) {
				return u, !strings.Contains(u.Name, "/sub/")
			},
		}),
	},
	{
		fault:  "reports a wrong size for an upload",
		caught: []string{"P1/upload-unfinished"},
		backend: withParts(uploadFault{
			listed: func(u driver.UnfinishedUpload) (driver.UnfinishedUpload, bool) {
				u.Size = 0
				return u, true
			},
		}),
	},
	{
		fault:  "takes whatever part has the number when an upload is completed",
		caught: []string{"P1/upload-named-parts", "P2/upload-incomplete"},
		backend: withParts(uploadFault{join: func(up *mapUpload,
			parts []driver.UploadedPart) (content []byte, err error) {
			for _, p := range parts {
				content = append(content, up.parts[p.Number].content...)
			}
			return content, nil
		}}),
	},
	{
		fault:  "leaves out the parts of an upload that have vanished",
		caught: []string{"P2/upload-incomplete"},
		backend: withParts(uploadFault{join: func(up *mapUpload,
			parts []driver.UploadedPart) (content []byte, err error) {
			return joinParts(up, slices.DeleteFunc(parts, func(p driver.UploadedPart) bool {
				return up.parts[p.Number].content == nil
			}))
		}}),
	},
	{
		fault:  "removes the old file before it joins the parts of an upload",
		caught: []string{"P2/upload-incomplete", "P1/upload-named-parts"},
		backend: withParts(uploadFault{complete: func(w *withUploads, u *driver.Upload) {
			w.mapBackend.mu.Lock()
			defer w.mapBackend.mu.Unlock()
			delete(w.files, u.Name)
		}}),
	},
	{
		fault:  "says that a file is missing if a part of an upload is",
		caught: []string{"P2/upload-incomplete", "P1/upload-named-parts"},
		backend: withParts(uploadFault{join: func(up *mapUpload,
			parts []driver.UploadedPart) (content []byte, err error) {
			if content, err = joinParts(up, parts); err != nil {
				err = files.ErrNotExist
			}
			return content, err
		}}),
	},
	{
		fault:  "loses the attributes of an upload in parts",
		caught: []string{"P1/upload-parts"},
		backend: withParts(uploadFault{
			request: func(_ *withUploads, _ *mapUpload, req *driver.PutRequest) {
				req.Attributes.Metadata = nil
			},
		}),
	},
	{
		fault:  "finds an upload by its content",
		caught: []string{"P2/upload-found"},
		backend: withParts(uploadFault{
			find: func(w *withUploads, u *driver.Upload, found bool) bool {
				return w.files[u.Name].info.Size == u.Size
			},
		}),
	},
	{
		fault:  "finds an upload if there is a file",
		caught: []string{"P2/upload-found", "P8/upload-race", "P8/upload-if-absent"},
		backend: withParts(uploadFault{
			find: func(*withUploads, *driver.Upload, bool) bool { return true },
		}),
	},
	{
		fault:  "does not find the upload that made the file",
		caught: []string{"P2/upload-found", "P1/uploads-of-one-name", "P8/upload-race"},
		backend: withParts(uploadFault{
			find: func(*withUploads, *driver.Upload, bool) bool { return false },
		}),
	},
	{
		fault:  "has one upload for each name",
		caught: []string{"P1/uploads-of-one-name"},
		backend: withParts(uploadFault{
			idOf: func(name string) string { return "of " + name },
		}),
	},
	{
		fault:  "decides the condition of an upload when it begins",
		caught: []string{"P8/upload-if-absent", "P8/upload-race", "P9/upload-if-version"},
		backend: withParts(uploadFault{
			request: func(w *withUploads, up *mapUpload, req *driver.PutRequest) {
				if req.If.Check(up.there, up.began) == nil {
					req.If = files.Condition{}
				}
			},
		}),
	},
	{
		fault:  "ignores the condition of an upload",
		caught: []string{"P8/upload-if-absent", "P8/upload-race", "P9/upload-if-version"},
		backend: withParts(uploadFault{
			request: func(_ *withUploads, _ *mapUpload, req *driver.PutRequest) {
				req.If = files.Condition{}
			},
		}),
	},
	{
		fault:  "fails to abort an upload that is gone",
		caught: []string{"X2/upload-abort"},
		backend: withParts(uploadFault{abort: func(w *withUploads, name, id string) (bool, error) {
			_, err := w.own.of(name, id)
			return err != nil, err
		}}),
	},
	{
		fault:  "aborts the upload with the ID, whatever the name",
		caught: []string{"X2/upload-abort"},
		backend: withParts(uploadFault{abort: func(w *withUploads, _, id string) (bool, error) {
			delete(w.own.all, id)
			return true, nil
		}}),
	},
	{
		fault:  "aborts all uploads of a name",
		caught: []string{"X2/upload-abort"},
		backend: withParts(uploadFault{abort: func(w *withUploads, name, _ string) (bool, error) {
			for id, up := range w.own.all {
				if up.name == name {
					delete(w.own.all, id)
				}
			}
			return true, nil
		}}),
	},
	{
		fault:  "aborts an upload without removing it",
		caught: []string{"X2/upload-abort"},
		backend: withParts(uploadFault{abort: func(*withUploads, string, string) (bool, error) {
			return true, nil
		}}),
	},
	{
		fault:  "removes the parts of an upload, but not the upload",
		caught: []string{"X2/upload-abort"},
		backend: withParts(uploadFault{abort: func(w *withUploads, name, id string) (bool, error) {
			if up, err := w.own.of(name, id); err == nil {
				clear(up.parts)
			}
			return true, nil
		}}),
	},
	{
		fault:   "keeps uploads in the handle",
		caught:  []string{"X1/upload-other-handle"},
		backend: withParts(uploadFault{apart: true}),
	},
	{
		fault:  "identifies the handle in place of the store of an upload",
		caught: []string{"X1/upload-other-handle"},
		backend: withParts(uploadFault{
			store: func(w *withUploads) string { return fmt.Sprintf("%p", w) },
		}),
	},
}

// TestSoundUploads: the cases of uploads pass on a sound bucket that has them,
// and are left out on one that has none.
func TestSoundUploads(t *testing.T) {
	with := broken{backend: withParts(uploadFault{})}.harness()
	without := broken{}.harness()
	n := 0
	for _, c := range conformance.Cases() {
		if !strings.HasPrefix(c.Name, "upload") {
			continue
		}
		n++
		r := conformance.RunCase(t.Context(), with, c)
		want := conformance.Passed
		if c.ID() == "X1/upload-other-process" { // TestLocal has another process
			want = conformance.NotApplicable
		}
		if r.Outcome != want {
			t.Errorf("%s of a sound bucket: outcome %v, want %v:\n%s",
				c.ID(), r.Outcome, want, r.Text())
		}
		r = conformance.RunCase(t.Context(), without, c)
		if r.Outcome != conformance.NotApplicable || !strings.Contains(r.Reason,
			"uploads in parts") && c.ID() != "X1/upload-other-process" {
			t.Errorf("%s, on a bucket without uploads: %s, %s", c.ID(), r.Outcome, r.Reason)
		}
	}
	if n < 13 {
		t.Errorf("there are %d cases of uploads", n)
	}
}
