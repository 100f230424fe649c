package cases

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getEveryWayCases = []suite.Case{
	{
		Rule: "G1",
		Name: "every-way",
		Why:  "a missing file must be ErrNotExist for every way to read it, and for every part",
		Run:  missingEveryWay,
	},
	{
		Rule:  "L7",
		Name:  "claimed",
		Why:   "if ForeignKeys is claimed, raw keys must work: programs clean up objects with them",
		Needs: feature.Needs(feature.ForeignKeys),
		Run:   rawKeysClaimed,
	},
}

// nowhere discards a download.
type nowhere struct{}

func (nowhere) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }

// reading returns all ways to read a file.
func reading(h *suite.H, name string) []check.Method {
	get := func(what string, o files.GetOptions) check.Method {
		return check.Method{
			Name: "Get with " + what,
			Call: func(ctx context.Context) error {
				r, err := h.Get(ctx, name, &o)
				if err == nil {
					r.Close()
				}
				return err
			},
		}
	}
	all := []check.Method{
		get("Bytes(0, 0)", files.GetOptions{Range: files.Bytes(0, 0)}),
		get("Bytes(0, 10)", files.GetOptions{Range: files.Bytes(0, 10)}),
		get("Bytes(1000, 10)", files.GetOptions{Range: files.Bytes(1000, 10)}),
		get("From(0)", files.GetOptions{Range: files.From(0)}),
		get("From(7)", files.GetOptions{Range: files.From(7)}),
		get("Last(0)", files.GetOptions{Range: files.Last(0)}),
		get("Last(10)", files.GetOptions{Range: files.Last(10)}),
		get("Growing", files.GetOptions{Growing: true}),
		get("Growing and a range", files.GetOptions{Growing: true, Range: files.Bytes(0, 1)}),
		get("SkipVerify", files.GetOptions{SkipVerify: true}),
		get("ReadTimeout", files.GetOptions{ReadTimeout: time.Minute}),
		{Name: "ReadAll", Call: func(ctx context.Context) error {
			_, err := files.ReadAll(ctx, h.Bucket, name, nil)
			return err
		}},
		{Name: "Download", Call: func(ctx context.Context) error {
			_, err := files.Download(ctx, h.Bucket, name, io.Discard, nil)
			return err
		}},
		{Name: "DownloadAt", Call: func(ctx context.Context) error {
			_, err := files.DownloadAt(ctx, h.Bucket, name, nowhere{}, nil)
			return err
		}},
		{Name: "OpenAt", Call: func(ctx context.Context) error {
			f, err := files.OpenAt(ctx, h.Bucket, name, nil)
			if err == nil {
				f.Close()
			}
			return err
		}},
		{Name: "ReadRanges", Call: func(ctx context.Context) error {
			_, err := files.ReadRanges(ctx, h.Bucket, name,
				[]files.Range{files.Bytes(0, 5), files.Last(3)}, nil)
			return err
		}},
	}
	if h.F.ReadConditions {
		all = append(all, get("IfNotVersion", files.GetOptions{IfNotVersion: "no-such-version"}))
	}
	return all
}

func missingEveryWay(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "d/x")
	fsys := files.FS(t.Context(), h.Bucket, nil)
	for _, name := range []string{"missing", "a.txt", "d", "d/y", "no/such/dir"} {
		for _, m := range reading(h, name) {
			check.WantErr(t, fmt.Sprintf("%s of the missing %q", m.Name, name),
				m.Call(t.Context()), files.ErrNotExist)
		}
		if there, err := files.Exists(t.Context(), h.Bucket, name); there || err != nil {
			t.Errorf("Exists(%q): %v, %v, want false and no error", name, there, err)
		}
		if _, err := fs.ReadFile(fsys, name); name != "d" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("fs.ReadFile(%q): got %s, want fs.ErrNotExist", name, check.ErrText(err))
		}
	}
	check.WantOnly(t, h, "a", "d/x")
}

// rawKeysClaimed needs no harness that puts such objects: there are none.
func rawKeysClaimed(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "d/x")
	check.WantList(t, h, "", &files.ListOptions{Foreign: true}, "a", "d/x")
	check.WantList(t, h, "d", &files.ListOptions{Foreign: true, Shallow: true}, "d/x")
	// A store whose raw keys have a certain form may refuse this one.
	const key = "a//missing"
	_, serr := h.Stat(t.Context(), "", &files.StatOptions{Key: key})
	r, gerr := h.Get(t.Context(), "", &files.GetOptions{Key: key})
	if gerr == nil {
		r.Close()
	}
	for what, err := range map[string]error{"Stat": serr, "Get": gerr} {
		if !check.IsAny(err, files.ErrNotExist, files.ErrInvalidName) {
			t.Errorf("%s of a missing raw key: got %s, want ErrNotExist or ErrInvalidName", what,
				check.ErrText(err))
		}
	}
	err := h.Delete(t.Context(), "", &files.DeleteOptions{Key: key})
	if err != nil && !check.IsAny(err, files.ErrInvalidName) {
		t.Errorf("Delete of a missing raw key: got %s, want no error or ErrInvalidName",
			check.ErrText(err))
	}
	check.WantOnly(t, h, "a", "d/x")
}
