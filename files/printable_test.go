package files_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		"größe 漢字 😀 \\x \"y\"": "größe 漢字 😀 \\x \"y\"",
		"a\x1bb":               `a\x1bb`,
		"a\u009b31mb":          `a\u009b31mb`,
		"\u202etxt.exe":        `\u202etxt.exe`,
		"a\x7f\\":              `a\x7f\\`,
		"a\xff":                `a\xff`,
		"\ufeff\u200b\u2028":   `\ufeff\u200b\u2028`,
		"\U000e0041":           `\U000e0041`,
		"\ufffd":               "\ufffd",
	} {
		if got := files.Printable(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { files.Printable("größe 漢字.txt") }); n != 0 {
		t.Errorf("%v allocations for what stays as it is, want 0", n)
	}
	for r := range rune(unicode.MaxRune + 1) {
		if !utf8.ValidRune(r) {
			continue
		}
		safe := strconv.IsPrint(r) && !unicode.Is(unicode.Bidi_Control, r)
		if got := files.Printable(string(r)); safe != (got == string(r)) {
			t.Errorf("%U becomes %q", r, got)
		}
	}
}

// oddNames are legal names that must not be printed to a terminal as they are.
var oddNames = []string{
	"a\u009b2Jb", "\u202etxt.exe", "a\u2066b\u2069", "x\u200fy", "\ufeffz", "l\u2028m",
	"t\U000e0041",
}

// TestNamesInATerminal: no text of an error has characters of a name that can't be
// printed safely, and JSON keeps the name (E1).
func TestNamesInATerminal(t *testing.T) {
	b := mem.New(nil)
	sub, err := files.Sub(b, oddNames[0])
	if err != nil {
		t.Fatal(err)
	}
	view := files.FS(ctx, b, nil)
	for _, name := range append(oddNames, "\xff", "a\x1b[2J", "b\r", "c/\u202e//", "c/\u009b/..") {
		failures := map[string]error{}
		_, failures["Get"] = b.Get(ctx, name, nil)
		_, failures["Get by key"] = b.Get(ctx, "", &files.GetOptions{Key: name})
		_, failures["Stat"] = b.Stat(ctx, name, nil)
		_, failures["Copy"] = files.Copy(ctx, b, name, b, name+"2", nil)
		_, failures["Move"] = files.Move(ctx, sub, name, sub, name+"2", nil)
		_, failures["Put"] = files.PutString(ctx, b, name, "x",
			&files.PutOptions{If: files.IfVersion("no")})
		failures["Delete"] = b.Delete(ctx, name, &files.DeleteOptions{IfVersion: "no"})
		failures["ListPage"] = pageError(b, name)
		_, failures["Sub"] = files.Sub(b, name+"/")
		_, failures["Open"] = view.Open(name)
		_, failures["fs.Stat"] = fs.Stat(view, name)
		_, failures["ReadDir"] = fs.ReadDir(view, name)
		_, failures["URL"] = files.Open(ctx, "mem://b?"+name+"=1")
		_, failures["prefix"] = files.Open(ctx, "mem://b?prefix=/"+name)
		_, failures["scheme"] = files.Open(ctx, name+"://b")
		for what, err := range failures {
			if err == nil {
				continue
			}
			e, ok := errors.AsType[*files.Error](err)
			if !ok {
				t.Errorf("%s of %q: %T", what, name, err)
				continue
			}
			texts := printed(e)
			texts["the error itself"] = err.Error()
			for kind, text := range texts {
				if text = strings.TrimSuffix(text, "\n"); files.Printable(text) != text {
					t.Errorf("%s of %q: %s is %q", what, name, kind, text)
				}
			}
			var back struct{ Name string }
			if err := json.Unmarshal([]byte(texts["JSON"]),
				&back); err != nil ||
				name != "\xff" && e.Op != files.OpOpen && back.Name != e.Name {
				t.Errorf("%s of %q: JSON gives back %q, %v", what, name, back.Name, err)
			}
		}
	}
}

func pageError(b files.Bucket, dir string) error {
	_, _, err := files.ListPage(ctx, b, dir, "no token", 1, nil)
	return err
}
