package files_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// tree is a bucket with names that sort just before and after those with a slash.
func tree(t testing.TB) files.Bucket {
	b := mem.New(nil)
	for _, n := range []string{
		"d", "d/a", "d/a-", "d/a/x", "d/a/y", "d/b", "d/c/z", "d/é", "d/~", "d0", "e/f",
	} {
		put(t, b, n, n)
	}
	return b
}

// pages reads all pages.
func pages(t testing.TB, b files.Bucket, dir string, limit int,
	o *files.ListOptions) (all []string) {
	t.Helper()
	token := ""
	for n := 0; ; n++ {
		es, next, err := files.ListPage(ctx, b, dir, token, limit, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(es) > limit || next != "" && len(es) != limit {
			t.Fatalf("page %d has %d entries of %d, next %q", n, len(es), limit, next)
		}
		if url.QueryEscape(next) != next {
			t.Errorf("token %q is not safe in a URL", next)
		}
		for _, e := range es {
			all = append(all, e.Name)
		}
		if next == "" {
			return all
		}
		token = next
	}
}

func TestListPage(t *testing.T) {
	b := tree(t)
	sub, err := files.Sub(b, "d")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		b   files.Bucket
		dir string
		o   *files.ListOptions
	}{
		{b, "", nil},
		{b, "d", nil},
		{b, "d/", nil},
		{b, "nothing", nil},
		{b, "", &files.ListOptions{Shallow: true}},
		{b, "d", &files.ListOptions{Shallow: true}},
		{b, "d", &files.ListOptions{Prefix: "a"}},
		{b, "d", &files.ListOptions{StartAfter: "d/a/x", PageSize: 2}},
		{b, "d", &files.ListOptions{Shallow: true, StartAfter: "d/a/"}},
		{sub, "", nil},
		{sub, "a", nil},
		{sub, "", &files.ListOptions{Shallow: true}},
	} {
		var want []string
		for e, err := range c.b.List(ctx, c.dir, c.o) {
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, e.Name)
		}
		for limit := 1; limit <= 12; limit++ {
			if got := pages(t, c.b, c.dir, limit, c.o); !slices.Equal(got, want) {
				t.Errorf("%q %v by %d: %q, want %q", c.dir, c.o, limit, got, want)
			}
		}
	}
}

func TestListPageGoesOnWhereNamesComeAndGo(t *testing.T) {
	b := tree(t)
	es, next, err := files.ListPage(ctx, b, "d", "", 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	last := es[2].Name
	if err := b.Delete(ctx, last, nil); err != nil { // the name after which the token continues
		t.Fatal(err)
	}
	put(t, b, "d/0", "before")
	es, _, err = files.ListPage(ctx, b, "d", next, 2, nil)
	if err != nil || es[0].Name <= last || es[0].Name != "d/a/y" {
		t.Errorf(`ListPage = %v, %v, want no error, es[0].Name > %v and es[0].Name "d/a/y"`,
			es, err, last)
	}
}

func TestListPageRefuses(t *testing.T) {
	b := tree(t)
	shallow := &files.ListOptions{Shallow: true}
	_, token, err := files.ListPage(ctx, b, "d", "", 1, nil)
	if err != nil || token == "" {
		t.Fatalf(`ListPage = %v, %v, want no error and token != ""`, token, err)
	}
	if _, _, err := files.ListPage(ctx, b, "d/", token, 7, &files.ListOptions{
		NamesOnly: true,
		PageSize:  5,
	}); err != nil {
		t.Error("the token of the same listing is refused:", err)
	}
	flip := []byte(token)
	flip[len(flip)/2] ^= 1
	for what, c := range map[string]struct {
		dir, token string
		limit      int
		o          *files.ListOptions
	}{
		"another directory":   {"e", token, 1, nil},
		"the whole bucket":    {"", token, 1, nil},
		"shallow":             {"d", token, 1, shallow},
		"prefix":              {"d", token, 1, &files.ListOptions{Prefix: "a"}},
		"start":               {"d", token, 1, &files.ListOptions{StartAfter: "d/a"}},
		"changed":             {"d", string(flip), 1, nil},
		"cut":                 {"d", token[:len(token)-1], 1, nil},
		"longer":              {"d", token + "A", 1, nil},
		"padded":              {"d", token + "=", 1, nil},
		"new line":            {"d", token + "\n", 1, nil},
		"text":                {"d", "d/a", 1, nil},
		"a name":              {"d", base64.RawURLEncoding.EncodeToString([]byte("d/a")), 1, nil},
		"huge":                {"d", strings.Repeat("A", 1<<20), 1, nil},
		"limit 0":             {"d", "", 0, nil},
		"negative limit":      {"d", "", -1, nil},
		"limit over the most": {"d", "", files.MaxPage + 1, nil},
		"limit twice":         {"d", "", 1, &files.ListOptions{Limit: 1}},
		"page size":           {"d", "", 1, &files.ListOptions{PageSize: -1}},
	} {
		es, next, err := files.ListPage(ctx, b, c.dir, c.token, c.limit, c.o)
		if !errors.Is(err, files.ErrInvalid) || es != nil || next != "" {
			t.Errorf(`%s: ListPage = %v, %q, %v, want ErrInvalid, nil and ""`,
				what, es, next, err)
		}
	}
	if _, _, err := files.ListPage(ctx, b, "d", "", files.MaxPage, nil); err != nil {
		t.Errorf("the largest limit: %v", err)
	}
	_, _, err = files.ListPage(ctx, b, "a//b", "", 1, nil)
	is(t, err, files.ErrInvalidName)
	_, _, err = files.ListPage(ctx, fixed(func(f *files.Features) {
		f.Ordered = false
	}), "", "", 1, nil)
	is(t, err, files.ErrUnsupported)
	b.Close()
	_, _, err = files.ListPage(ctx, b, "", "", 1, nil)
	is(t, err, files.ErrClosed)
}

func FuzzPageToken(f *testing.F) {
	b := tree(f)
	for _, dir := range []string{"", "d"} {
		_, token, _ := files.ListPage(ctx, b, dir, "", 2, nil)
		f.Add(token, dir)
	}
	f.Add("", "")
	f.Add("AQ", "d")
	f.Fuzz(func(t *testing.T, token, dir string) {
		es, next, err := files.ListPage(ctx, b, dir, token, 2, nil)
		if err != nil {
			if !errors.Is(err,
				files.ErrInvalid) && !errors.Is(err,
				files.ErrInvalidName) || es != nil || next != "" {
				t.Fatalf("ListPage with a wrong token = %v, %q, %v, want ErrInvalid alone",
					es, next, err)
			}
			return
		}
		d, _ := driver.CheckDir(dir)
		for _, e := range es {
			if d != "" && !strings.HasPrefix(e.Name, d+"/") {
				t.Fatal("the token leads out of the directory:", e.Name)
			}
		}
		if next != "" {
			if _, _, err := files.ListPage(ctx, b, dir, next, 2, nil); err != nil {
				t.Fatal(fmt.Sprintf("%q", next), err)
			}
		}
	})
}

// TestPagesExactly: a page has 1 to MaxPage entries, and a token is one whole text that
// ListPage made for this listing.
func TestPagesExactly(t *testing.T) {
	b := mem.New(nil)
	for _, n := range []string{"a", "b", "c"} {
		put(t, b, n, "x")
	}
	for limit, ok := range map[int]bool{
		-1: false, 0: false, 1: true, 2: true, 3: true, files.MaxPage: true,
		files.MaxPage + 1: false,
	} {
		page, next, err := files.ListPage(ctx, b, "", "", limit, nil)
		if ok && (err != nil || len(page) != min(limit, 3) || (next == "") != (limit >= 3)) {
			t.Errorf("limit %d: %d entries, token %q, %v", limit, len(page), next, err)
		}
		if !ok && !errors.Is(err, files.ErrInvalid) {
			t.Errorf("limit %d: %v, want ErrInvalid", limit, err)
		}
	}
	_, next, err := files.ListPage(ctx, b, "", "", 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(next)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bad := slices.Clone(raw)
		bad[i] ^= 1
		for _, token := range []string{
			base64.RawURLEncoding.EncodeToString(bad),
			base64.RawURLEncoding.EncodeToString(raw[:i]),
			next[:i] + "\n" + next[i:],
			next[:i] + "\r" + next[i:],
		} {
			if page, _, err := files.ListPage(ctx, b, "", token, 1, nil); token != "" &&
				(!errors.Is(err, files.ErrInvalid) || page != nil) {
				t.Errorf("token %q: %v, %v, want ErrInvalid", token, page, err)
			}
		}
	}
	for what, o := range map[string]*files.ListOptions{
		"Shallow":    {Shallow: true},
		"Prefix":     {Prefix: "b"},
		"StartAfter": {StartAfter: "0"},
		"Limit":      {Limit: 1},
	} {
		if _, _, err := files.ListPage(ctx, b, "", next, 1, o); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("the token with another %s: %v, want ErrInvalid", what, err)
		}
	}
	if _, _, err := files.ListPage(ctx, b, "d", next, 1, nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("the token in another directory: %v, want ErrInvalid", err)
	}
	page, _, err := files.ListPage(ctx, b, "", next, 1, &files.ListOptions{NamesOnly: true})
	if err != nil || len(page) != 1 || page[0].Name != "b" {
		t.Errorf("the token with NamesOnly: %v, %v, want b", page, err)
	}
}
