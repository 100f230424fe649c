package hostile

import (
	"fmt"
	"slices"
	"strings"
)

// pages returns a way that changes each page of a listing.
func pages(name, why string, change func(x *Exchange, p *Page)) Way {
	return Way{
		Name:  name,
		Why:   why,
		Kinds: []Kind{List},
		Do: func(x *Exchange) {
			a := x.Truth()
			p, err := x.Service.ReadPage(x.Request, a.Body)
			if err == nil {
				change(x, &p)
				_, body := x.Service.WritePage(p)
				a.Body = []byte(body)
			}
			x.Send(a)
		},
		Requests: 4,
	}
}

// entry returns an entry whose version and time are like those of the others.
func (p *Page) entry(name string) PageEntry {
	e := PageEntry{
		Name:    name,
		Size:    3,
		Version: `"0123456789abcdef0123456789abcdef"`,
		Time:    "2026-01-02T03:04:05Z",
	}
	for _, o := range p.Entries {
		if !o.dir() {
			e.Version, e.Time = o.Version, o.Time
		}
	}
	return e
}

// listWays send pages that no correct listing has.
func listWays() []Way {
	always := func(w Way) Way {
		w.Always = true
		return w
	}
	sized := func(size int64) func(*Exchange, *Page) {
		return func(_ *Exchange, p *Page) {
			for i := range p.Entries {
				if !p.Entries[i].dir() {
					p.Entries[i].Size = size
				}
			}
		}
	}
	empty := always(pages("empty pages for ever", "each with a new token",
		func(x *Exchange, p *Page) {
			p.Entries = nil
			p.More, p.Token = true, fmt.Sprintf("dir/a%09d", x.N)
		}))
	empty.Requests = 20 // a service may have a few
	return []Way{
		pages("names outside the prefix", "another listing's page",
			func(_ *Exchange, p *Page) {
				p.Entries = append(p.Entries, p.entry("zzz/outside"))
			}),
		pages("names in front of the prefix", "another listing's page",
			func(_ *Exchange, p *Page) {
				p.Entries = append([]PageEntry{p.entry("aaa/outside")}, p.Entries...)
			}),
		pages("names that begin like the directory", "a server that cuts the prefix",
			func(_ *Exchange, p *Page) {
				p.Entries = append(p.Entries, p.entry("dir2/outside"))
			}),
		pages("names backwards", "the order is wrong",
			func(_ *Exchange, p *Page) { slices.Reverse(p.Entries) }),
		pages("names twice", "each name comes once",
			func(_ *Exchange, p *Page) {
				var all []PageEntry
				for _, e := range p.Entries {
					all = append(all, e, e)
				}
				p.Entries = all
			}),
		always(pages("a first name on every page", "a name comes again",
			func(x *Exchange, p *Page) {
				if x.N > 1 {
					p.Entries = append([]PageEntry{p.entry("dir/a")}, p.Entries...)
				}
			})),
		always(pages("the same page for ever", "the token is ignored",
			func(x *Exchange, p *Page) { p.More, p.Token = true, "token" })),
		always(pages("the same page with new tokens", "the token is ignored",
			func(x *Exchange, p *Page) {
				p.Entries = []PageEntry{p.entry("dir/a")}
				p.More, p.Token = true, fmt.Sprintf("dir/a%09d", x.N)
			})),
		always(pages("tokens by turns", "two pages that lead to one another",
			func(x *Exchange, p *Page) {
				p.Entries = nil
				p.More, p.Token = true, []string{"dir/a", "dir/b"}[x.N%2]
			})),
		empty,
		pages("negative sizes", "no file has one", sized(-5)),
		pages("the most negative size", "no file has one", sized(-1<<63)),
		pages("a name of nothing", "no object has it",
			func(_ *Exchange, p *Page) { p.Entries = append(p.Entries, p.entry("")) }),
		pages("a name of a mebibyte", "no object has it",
			func(_ *Exchange, p *Page) {
				p.Entries = append(p.Entries, p.entry(p.Prefix+strings.Repeat("z", 1<<20)))
			}),
		pages("times that are none", "an odd format must not make a listing fail",
			func(_ *Exchange, p *Page) {
				for i := range p.Entries {
					p.Entries[i].Time = "yesterday, 5 o'clock"
				}
			}),
		pages("times in another format", "an odd format must not make a listing fail",
			func(_ *Exchange, p *Page) {
				for i := range p.Entries {
					p.Entries[i].Time = "2022-10-12 17:50:00"
				}
			}),
		pages("no times", "an odd format must not make a listing fail",
			func(_ *Exchange, p *Page) {
				for i := range p.Entries {
					p.Entries[i].Time = ""
				}
			}),
		pages("a directory twice", "a page ended within the directory: it is still one",
			func(_ *Exchange, p *Page) {
				for i, e := range p.Entries {
					if e.dir() {
						p.Entries = slices.Insert(p.Entries, i, e)
						return
					}
				}
			}),
		pages("files below a shallow listing's directories", "a server that ignores the delimiter",
			func(_ *Exchange, p *Page) {
				if p.Shallow {
					p.Entries = append(p.Entries, p.entry(p.Prefix+"zz/deep"))
				}
			}),
		pages("directories that nobody asked for", "a server that groups without a delimiter",
			func(_ *Exchange, p *Page) {
				if !p.Shallow {
					p.Entries = append(p.Entries, PageEntry{Name: p.Prefix + "zz/"})
				}
			}),
	}
}
