package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// Package files' own functions over a bucket, where they need more of it than single
// calls show.
var helperCases = []suite.Case{
	{
		Rule:  "L3",
		Name:  "tokens",
		Why:   "a web page that shows a folder in pages must show all of it, once",
		Needs: feature.Needs(feature.Ordered),
		Run:   pagesByToken,
	},
	{
		Rule:  "L3",
		Name:  "tokens-under-change",
		Why:   "between two pages files come and go, and those that stay are shown once",
		Needs: feature.Needs(feature.Ordered),
		Run:   pagesUnderChange,
	},
	{
		Rule:  "L3",
		Name:  "foreign-token",
		Why:   "a token of another folder, or one that was changed, must not show anything",
		Needs: feature.Needs(feature.Ordered),
		Run:   pagesForeign,
	},
	{
		Rule: "P2",
		Name: "writer-closed",
		Why: "a program that returns early on an error has a deferred Close: that must " +
			"store nothing",
		Needs: feature.Needs(feature.Atomic),
		Run:   writerClosed,
	},
	{
		Rule:  "P2",
		Name:  "writer-cancelled",
		Why:   "a Commit after the request is over must not look like success",
		Needs: feature.Needs(feature.Atomic),
		Run:   writerCancelled,
	},
	{
		Rule: "P3",
		Name: "writer-committed",
		Why:  "a file that is written piece by piece is a file like others",
		Run:  writerCommitted,
	},
	{
		Rule:  "P9",
		Name:  "update",
		Why:   "read, change, write back, by many at once: each change must count",
		Needs: feature.Needs(feature.Versions, feature.IfVersion, feature.IfAbsent),
		Run:   updateCounts,
	},
	{
		Rule: "P9",
		Name: "update-keeps",
		Why:  "an update of the content must not lose type and metadata",
		Needs: feature.Needs(feature.Versions, feature.IfVersion, feature.IfAbsent,
			feature.Attributes),
		Run: updateKeeps,
	},
	{
		Rule: "S1",
		Name: "exists",
		Why:  "missing is no error, but a failure is no answer",
		Run:  exists,
	},
}

// pages lists by tokens; between is called after each page.
func pages(t suite.T, b files.Bucket, dir string, limit int, o files.ListOptions,
	between func()) []string {
	t.Helper()
	var got []string
	seen := map[string]bool{}
	for token := ""; ; {
		page, next, err := files.ListPage(t.Context(), b, dir, token, limit, &o)
		if err != nil {
			t.Fatalf("ListPage(%q): %v", dir, err)
		}
		for _, e := range page {
			got = append(got, e.Name)
		}
		switch {
		case next == "":
			return got
		case len(page) != limit:
			t.Errorf("a page of %d has %d entries, and is not the last", limit, len(page))
		case seen[next]:
			t.Fatalf("ListPage(%q) gives a token again: paging would never end", dir)
		case strings.ContainsAny(next, "+/=?&# %"):
			t.Errorf("the token %q is not safe in a URL", next)
		}
		seen[next] = true
		token = next
		if between != nil {
			between()
		}
	}
}

func pagesByToken(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for _, sh := range []bool{false, true} {
		for _, dir := range []string{"", "a", "a/c", "missing"} {
			for _, limit := range []int{1, 2, 3, 7, len(names), 1000} {
				o := files.ListOptions{Shallow: sh}
				if d := check.DiffNames(pages(t, h, dir, limit, o, nil),
					check.ListModel(names, dir, o)); d != "" {
					t.Errorf("ListPage(%q), shallow %v, pages of %d: %s", dir, sh, limit, d)
				}
			}
		}
	}
}

func pagesUnderChange(t suite.T, h *suite.H) {
	var stable []string
	for i := range 20 {
		stable = append(stable, fmt.Sprintf("d/%02d", i))
	}
	for limit := 1; limit < 6; limit++ {
		check.Puts(t, h, stable...)
		round := 0
		got := pages(t, h, "d", limit, files.ListOptions{}, func() {
			round++
			check.Puts(t, h, fmt.Sprintf("d/%02d-new", round),
				fmt.Sprintf("d/%02d-dir/x", round%20))
			check.Remove(t, h, fmt.Sprintf("d/%02d-new", round-1))
		})
		got = slices.DeleteFunc(got, func(s string) bool { return !slices.Contains(stable, s) })
		if d := check.DiffNames(got, stable); d != "" {
			t.Errorf("files that stay, in pages of %d while others come and go: %s", limit, d)
		}
	}
}

func pagesForeign(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/a", "d/b", "d/c", "e/a", "e/b")
	_, token, err := files.ListPage(t.Context(), h.Bucket, "d", "", 1, nil)
	if err != nil || token == "" {
		t.Fatalf("ListPage: token %q, %v", token, err)
	}
	for what, c := range map[string]struct {
		dir, token string
		opts       *files.ListOptions
	}{
		"another directory's": {"e", token, nil},
		"another listing's":   {"d", token, &files.ListOptions{Shallow: true}},
		"a cut":               {"d", token[:len(token)-3], nil},
		"a changed":           {"d", token[:len(token)-1] + string(token[len(token)-1]^1), nil},
		"a made-up":           {"d", "x", nil},
	} {
		_, _, err := files.ListPage(t.Context(), h.Bucket, c.dir, c.token, 1, c.opts)
		check.WantErr(t, "ListPage with "+what+" token", err, files.ErrInvalid)
	}
	for _, limit := range []int{0, -1, files.MaxPage + 1} {
		_, _, err := files.ListPage(t.Context(), h.Bucket, "d", "", limit, nil)
		check.WantErr(t, fmt.Sprintf("ListPage of %d", limit), err, files.ErrInvalid)
	}
}

func writerClosed(t suite.T, h *suite.H) {
	for _, n := range []int{0, 10, 200_000} {
		brokenPut(t, h, fmt.Sprintf("a Writer closed after %d bytes without Commit", n),
			files.ErrClosed, func(name string) error {
				w := files.NewWriter(t.Context(), h.Bucket, name, nil)
				if _, err := w.Write(check.Content(1, n)); err != nil {
					t.Errorf("Write: %v", err)
				}
				if err := w.Close(); err != nil {
					t.Errorf("Close without Commit: %v", err)
				}
				_, err := w.Commit()
				return err
			})
	}
}

func writerCancelled(t suite.T, h *suite.H) {
	brokenPut(t, h, "a Writer whose context is cancelled", context.Canceled,
		func(name string) error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w := files.NewWriter(ctx, h.Bucket, name, nil)
			defer w.Close()
			if _, err := w.Write(check.Content(1, 5000)); err != nil {
				t.Errorf("Write: %v", err)
			}
			cancel()
			_, err := w.Commit()
			return err
		})
}

func writerCommitted(t suite.T, h *suite.H) {
	for _, n := range []int{0, 1, 5000, 300_000} {
		c := check.Content(n, n)
		w := files.NewWriter(t.Context(), h.Bucket, "d/a.txt", nil)
		for i := 0; i < n; i += 1777 {
			if _, err := w.Write(c[i:min(i+1777, n)]); err != nil {
				t.Fatalf("Write: %v", err)
			}
		}
		info, err := w.Commit()
		if err != nil {
			t.Fatalf("Commit: %v", err)
		}
		check.Same(t, "size in Commit's Info", info.Size, int64(n))
		check.Same(t, "name in Commit's Info", info.Name, "d/a.txt")
		if err := w.Close(); err != nil {
			t.Errorf("Close after Commit: %v", err)
		}
		check.WantContent(t, h, "d/a.txt", c)
	}
}

func updateCounts(t suite.T, h *suite.H) {
	const workers, each = 6, 6
	check.Parallel(workers, func(w int) {
		for range each {
			_, err := files.Update(t.Context(), h.Bucket, "d/counter",
				func(old []byte) ([]byte, error) {
					n, _ := strconv.Atoi(string(old))
					return []byte(strconv.Itoa(n + 1)), nil
				}, &files.UpdateOptions{Attempts: 1000})
			if err != nil {
				t.Errorf("Update: %v", err)
			}
		}
	})
	check.WantContent(t, h, "d/counter", []byte(strconv.Itoa(workers*each)))
}

func updateKeeps(t suite.T, h *suite.H) {
	before := richly(t, h, "a", []byte("old"), "one")
	if _, err := files.Update(t.Context(), h.Bucket, "a", func(old []byte) ([]byte, error) {
		return append(old, " new"...), nil
	}, nil); err != nil {
		t.Fatalf("Update: %v", err)
	}
	check.WantContent(t, h, "a", []byte("old new"))
	check.Same(t, "attributes after Update", check.Stat(t, h, "a").Attributes, before.Attributes)
	_, err := files.Update(t.Context(), h.Bucket, "a", func([]byte) ([]byte, error) {
		return nil, check.ErrReader
	}, nil)
	check.WantErr(t, "Update whose function fails", err, check.ErrReader)
	check.WantContent(t, h, "a", []byte("old new"))
}

func exists(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/a")
	for name, want := range map[string]bool{
		"d/a":     true,
		"d":       false,
		"d/b":     false,
		"d/a/b":   false,
		"missing": false,
	} {
		got, err := files.Exists(t.Context(), h.Bucket, name)
		if err != nil || got != want {
			t.Errorf("Exists(%q): %v, %v, want %v", name, got, err, want)
		}
	}
	if _, err := files.Exists(t.Context(), h.Bucket,
		"a//b"); !errors.Is(err, files.ErrInvalidName) {
		t.Errorf("Exists of an illegal name: got %s, want ErrInvalidName", check.ErrText(err))
	}
	h.Close()
	if _, err := files.Exists(t.Context(), h.Bucket, "d/a"); !errors.Is(err, files.ErrClosed) {
		t.Errorf("Exists in a closed bucket: got %s, want ErrClosed", check.ErrText(err))
	}
}
