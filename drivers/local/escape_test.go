package local

import (
	"strings"
	"testing"
	"unicode/utf8"

	"cloudfiles.dev/files"
)

var (
	linuxRules   = rules{}
	windowsRules = rules{windows: true, foldCase: true}
	allRules     = []rules{
		linuxRules, {windows: true}, {foldCase: true}, windowsRules, {devices: true}, {tail: true},
		{ascii: true}, {refused: 1}, {refused: 1 << 6}, {short: 100},
	}
)

func TestEncodeNames(t *testing.T) {
	long := strings.Repeat("x", 250)
	for _, c := range []struct {
		r               rules
		name, dir, base string
	}{
		{linuxRules, "a", "", "a"},
		{linuxRules, "notes/day14.txt", "notes", "day14.txt"},
		{linuxRules, "a/b/Ünï/100%", "a/b/Ünï", "100%"},
		{linuxRules, "con/a:b/c. ", "con/a:b", "c. "},
		{linuxRules, ".hidden/..x/__init__.py", ".hidden/..x", "__init__.py"},
		{linuxRules, "x.attrs", "", "%cf-e-x%2Eattrs"},
		{linuxRules, ".attrs/.attrs", "%cf-e-%2Eattrs", "%cf-e-%2Eattrs"},
		{linuxRules, "x.attrs.attrs", "", "%cf-e-x.attrs%2Eattrs"},
		{linuxRules, "x.ATTRS", "", "x.ATTRS"},
		{linuxRules, "%cf-e-x", "", "%cf-e-%25cf-e-x"},
		{linuxRules, "%cf", "", "%cf"},
		{linuxRules, "a__0x2f__b", "", "%cf-e-a%5F_0x2f__b"},
		{linuxRules, "a__0x2f__0x2f__b", "", "%cf-e-a%5F_0x2f%5F_0x2f__b"},
		{linuxRules, "a__0xzz__b", "", "a__0xzz__b"},
		{linuxRules, ".cloudfiles.attrs/x", "%cf-e-.cloudfiles%2Eattrs", "x"},
		{linuxRules, long[:249], "", long[:249]},
		{linuxRules, long, "%cf-d-" + long[:240] + "-", "%cf-x-" + long[:10]},
		{linuxRules, "d/" + long + "/b", "d/%cf-d-" + long[:240] + "-/%cf-x-" + long[:10], "b"},
		{
			linuxRules, long[:239] + "é" + long[:9], "%cf-d-" + long[:239] + "-",
			"%cf-x-é" + long[:9],
		},
		{linuxRules, "%cf-" + long[:235] + "%é", "%cf-d-%25cf-" + long[:234] + "-", "%cf-x-x%25é"},
		// A chain is not cut inside an escape.
		{
			linuxRules, long[:238] + "%" + long[:11], "%cf-d-" + long[:238] + "-",
			"%cf-x-%25" + long[:11],
		},
		{
			linuxRules, long[:239] + "%" + long[:10], "%cf-d-" + long[:239] + "-",
			"%cf-x-%25" + long[:10],
		},
		{windowsRules, "a", "", "a"},
		{windowsRules, "nul.txt", "", "%cf-e-nul.txt"},
		{windowsRules, "com¹/lpt0/com/com10", "%cf-e-com%C2%B9/%cf-e-lpt0/com", "com10"},
		{windowsRules, `a\b:c`, "", "%cf-e-a%5Cb%3Ac"},
		{windowsRules, "a. /b ./c..", "%cf-e-a.%20/%cf-e-b %2E", "%cf-e-c.%2E"},
		{windowsRules, "README", "", "%cf-e-%52%45%41%44%4D%45"},
		{windowsRules, "%CF-e-x", "", "%cf-e-%25%43%46-e-x"},
		{windowsRules, "é", "", "%cf-e-%C3%A9"},
		{rules{windows: true}, "a?/A/é/a./nul", "%cf-e-a%3F/A/é/%cf-e-a%2E", "%cf-e-nul"},
		{rules{foldCase: true}, "a?/A/é/a./nul", "a?/%cf-e-%41/%cf-e-%C3%A9/a.", "nul"},
		{rules{devices: true}, "a?/A/é/a./nul", "a?/A/é/a.", "%cf-e-nul"},
		{rules{tail: true}, "a?/A/é/a./nul", "a?/A/é/%cf-e-a%2E", "nul"},
		{rules{ascii: true}, "a?/A/é/a./nul", "a?/A/%cf-e-%C3%A9/a.", "nul"},
		{rules{refused: 1}, "a?/A/é/a./nul", "a?/A/é/a.", "nul"},
		{rules{refused: 1}, "a</a>", "%cf-e-a%3C", "a>"},
		{rules{refused: 1 << 6}, "a?/A/é/a./nul", "%cf-e-a%3F/A/é/a.", "nul"},
		{rules{short: 100}, long[:149], "", long[:149]},
		{rules{short: 100}, long[:150], "%cf-d-" + long[:140] + "-", "%cf-x-" + long[:10]},
		{linuxRules, "x/..x/.../.x/x../x.", "x/..x/.../.x/x..", "x."},
	} {
		dir, base := c.r.encode(c.name)
		if dir != c.dir || base != c.base {
			t.Errorf("%+v encode(%q) = %q, %q; want %q, %q", c.r, c.name, dir, base, c.dir, c.base)
		}
		checkElements(t, c.r, c.name)
	}
}

func TestForeignOnDisk(t *testing.T) {
	long := strings.Repeat("x", 250)
	for _, disk := range []string{
		"", ".", "..",
		"x.attrs", ".cloudfiles.attrs", "a\xff", "a\x01", "a\x7f", long, "a__0x2f__b",
		"%cf-", "%cf-z-a", "%cf-e-", "%cf-e-a", "%cf-e-x%2eattrs", "%cf-e-%78%2Eattrs",
		"%cf-e-x%2Eattrs%", "%cf-e-%2", "%cf-e-%2E",
		"%cf-e-%2E%2E", "%cf-e-a%2Fb", "%cf-e-%00", "%cf-e-%25cf-\xff", "%cf-d-", "%cf-d--",
		"%cf-d-a", "%cf-x-", "%cf-l-", "%cf-l-%cf-l-a",
		"%cf-l-%cf-e-a", "%cf-l-%cf-d-a-", "%cf-l-x.attrs", "%cf-x-" + long[:241],
	} {
		if kind, text, leaf := linuxRules.decode(disk); kind != foreignEntry || leaf {
			t.Errorf("decode(%q) = %v, %q, %v, want foreignEntry", disk, kind, text, leaf)
		}
	}
	for _, disk := range []string{"nul", "A", "a.", "a:", "%CF-E-x", "é"} {
		if kind, _, _ := windowsRules.decode(disk); kind != foreignEntry {
			t.Errorf("decode(%q) = %v on windows, want foreignEntry", disk, kind)
		}
	}
	for _, c := range []struct {
		parts []string
		end   string
	}{
		{nil, "a"},
		{[]string{"a"}, "b"},
		{[]string{long[:239]}, long[:20]},
		{[]string{long[:240], long[:10]}, "b"},
		{[]string{long[:239], long[:241]}, long[:10]},
		{[]string{long[:240], long[:239]}, long[:11]},
		{[]string{long[:240]}, "%"},
		{[]string{long[:240]}, "%2f"},
		{[]string{"%cf-" + long[:236]}, "bbbbbbbbbb"},
	} {
		if e, ok := linuxRules.decodeChain(c.parts, c.end); ok {
			t.Errorf("decodeChain(%q, %q) = %q, want no element", c.parts, c.end, e)
		}
	}
}

// checkElements checks every promise of the escaping for one legal name.
func checkElements(t *testing.T, r rules, name string) {
	t.Helper()
	dir, base := r.encode(name)
	var disk []string
	if dir != "" {
		disk = strings.Split(dir, "/")
	}
	disk = append(disk, base)
	// Every element has room for the sidecar's suffix and for the leaf's mark, and is
	// listed by fileblob.
	for _, d := range disk {
		switch {
		case len(leafName(d)) > 255 || len(d+sidecarExt) > 255:
			t.Fatalf("%q of %q has %d bytes", d, name, len(d))
		case !utf8.ValidString(d) || strings.HasSuffix(d, sidecarExt):
			t.Fatalf("%q of %q is not UTF-8 or ends like a sidecar", d, name)
		}
		for i := range d {
			if hexEscaped(d[i:]) {
				t.Fatalf("%q of %q is another name for fileblob", d, name)
			}
		}
		if r.windows && (strings.ContainsAny(d,
			`<>:"\|?*`) || strings.HasSuffix(d, ".") || strings.HasSuffix(d, " ") || device(d)) {
			t.Fatalf("%q of %q is refused by windows", d, name)
		}
	}
	// Decoding returns the name.
	var got, parts []string
	for i, d := range disk {
		kind, text, leaf := r.decode(d)
		if leaf {
			t.Fatalf("%q of %q decodes as a leaf", d, name)
		}
		switch kind {
		case elementEntry:
			if len(parts) > 0 {
				t.Fatalf("%q is inside a chain: %q", d, disk)
			}
			got = append(got, text)
		case chainEntry:
			parts = append(parts, text)
		case endEntry:
			e, ok := r.decodeChain(parts, text)
			if !ok {
				t.Fatalf("the chain %q of %q has no element", disk[:i+1], name)
			}
			got, parts = append(got, e), nil
		default:
			t.Fatalf("%q of %q is foreign", d, name)
		}
		if k, tx, leaf := r.decode(leafName(d)); kind != chainEntry && (!leaf || k != kind ||
			tx != text) {
			t.Fatalf("leaf of %q decodes as %v %q %v", d, k, tx, leaf)
		}
	}
	if back := strings.Join(got, "/"); back != name {
		t.Fatalf("%q decodes as %q, encoded as %q", name, back, disk)
	}
	if d := r.encodeDir(name); d != strings.Join(disk, "/") {
		t.Fatalf("encodeDir(%q) = %q, want %q", name, d, strings.Join(disk, "/"))
	}
}

// On the systems that distinguish upper and lower case, every name has a path of less
// than 4,096 bytes.
func TestLongestPath(t *testing.T) {
	for _, unit := range []string{
		"%cf-/", ".attrs/", "%", "__0x1__", "é", "x", "__0x1__/", strings.Repeat("%", 250) + "/",
		strings.Repeat("x", 244) + ".attrs/",
	} {
		name := strings.Trim(strings.Repeat(unit, files.MaxName/len(unit)), "/")
		for len(name)+1 <= files.MaxName && !strings.HasSuffix(unit, "/") {
			name += "%"
		}
		dir, base := linuxRules.encode(name)
		if n := len(dir + "/" + leafName(base) + sidecarExt); n >= 4096 {
			t.Errorf("%d times %q makes a path of %d bytes, want less than 4096",
				files.MaxName/len(unit), unit, n)
		}
		checkElements(t, linuxRules, name)
	}
}

func FuzzEncode(f *testing.F) {
	for _, s := range []string{
		"a", "a/b", "x.attrs", "%cf-e-x", "__0x2f__", "CON", "é.", strings.Repeat("%", 300),
		strings.Repeat("é", 200),
	} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, x, y string) {
		if files.CheckName(x) != nil {
			return
		}
		for _, r := range allRules {
			checkElements(t, r, x)
			if x == y || files.CheckName(y) != nil {
				continue
			}
			xd, xb := r.encode(x)
			yd, yb := r.encode(y)
			xp, yp := xd+"/"+xb, yd+"/"+yb
			if r.foldCase {
				xp, yp = strings.ToLower(xp), strings.ToLower(yp)
			}
			if xp == yp {
				t.Fatalf("%q and %q are both encoded as %q", x, y, xp)
			}
		}
	})
}

// FuzzDecode checks that an entry that decodes is the only form of its name, so no two
// entries of a folder have the same name.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"a", "x.attrs", "%cf-e-x%2Eattrs", "%cf-e-x", "%cf-l-a", "%cf-x-a", "%cf-d-a-", "a\xff",
		"__0x2f__",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, disk string) {
		for _, r := range allRules {
			kind, text, leaf := r.decode(disk)
			if plain(r, disk) != plain(r, []byte(disk)) {
				t.Fatalf("plain(%q) depends on the type", disk)
			}
			var want string
			switch kind {
			case elementEntry:
				if files.CheckElement(text) != nil {
					t.Fatalf("%q stands for %q, which is not an element", disk, text)
				}
				_, want = r.encode(text)
			case chainEntry:
				want = chainMark + text + chainTail
			case endEntry:
				want = endMark + text
			case foreignEntry:
				continue
			}
			if leaf {
				want = leafName(want)
			}
			if want != disk {
				t.Fatalf("%q decodes as %v %q, which is encoded as %q", disk, kind, text, want)
			}
		}
	})
}

func TestOrdinaryNamesCostNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		linuxRules.encode("photos/2024/Zürich/IMG_0001.jpg")
	}); n > 1 {
		t.Errorf("encode makes %v allocations, want at most 1", n)
	}
	b := []byte("IMG_0001.jpg")
	if n := testing.AllocsPerRun(100, func() { plain(linuxRules, b) }); n > 0 {
		t.Errorf("plain makes %v allocations, want 0", n)
	}
}
