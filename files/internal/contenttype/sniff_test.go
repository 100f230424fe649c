package contenttype

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// sniffSeeds holds what matches, nearly matches, and is cut short.
func sniffSeeds() []string {
	seeds := []string{
		"",
		" ",
		"\n\t ",
		"plain text",
		"\x00",
		"text\x00",
		"\x1b[1m",
		"\x0b",
		"\x7f\x80\xff",
		"é",
		"<?xml version='1.0'?>",
		" \n<?xml ",
		"<?XML",
		"<!doctype html>",
		"<!DOCTYPE HTML ",
		"<!DOCTYPE HTML",
		"<html>",
		"<HtMl\n",
		"<a href=x>",
		"<abc>",
		"<b>",
		"<br>",
		"<BR/>",
		"<!-- x",
		"<!-->",
		"<!--x",
		"<h1>",
		"<h\x11>",
		"<H1 ",
		" \f<p>",
		"\v<p>",
		"<p",
		"<\x01--> ",
		"\xFE\xFF",
		"\xFE\xFFab",
		"\xFF\xFE",
		"\xFF\xFEa",
		"\xFF\xFEab",
		"\xEF\xBB\xBF",
		"\xEF\xBB\xBFa",
		"\xFF\xD8\xFF",
		"\xFF\xD8",
		"RIFF1234WEBPVP8 ",
		"RIFF1234WEBPV",
		"RIFF1234AVI ",
		"RIFF1234WAVE",
		"RIFF",
		"FORM1234AIFF",
		"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
		"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00mp41isom",
		"\x00\x00\x00\x18ftypisommp41isomavc1",
		"\x00\x00\x00\x14ftypqt  mp4 mp41",
		"\x00\x00\x00\x19ftypmp42\x00\x00\x00\x00mp42isom",
		"\x00\x00\x00\x10ftypmp4",
		"\x00\x00\x00\x00ftypmp42",
		"\x00\x00\x02\x00ftypmp42" + strings.Repeat("x", 500),
		"\x00\x00\x01\xFCftypisom" + strings.Repeat("x", 492) + "mp4 ",
		"\x00\x01\x00\x00ftypmp42",
		"\x80\x00\x00\x18ftypmp42",
		strings.Repeat("\x00", 34) + "LP",
		"PK\x03\x04" + strings.Repeat("x", 30) + "LP",
		"<p>" + strings.Repeat(" ", 31) + "LP",
		strings.Repeat("a", 34) + "LP",
		strings.Repeat(" ", 511) + "<b>",
		strings.Repeat(" ", 508) + "<b> ",
		strings.Repeat("x", 512) + "\x00",
		strings.Repeat("x", 511) + "\x00",
		"Rar!\x1A\x07\x00",
		"Rar!\x1A\x07\x01",
		"Rar!\x1A\x07\x01\x00",
		"\x00asm",
		" \x00asm",
		" %PDF-",
		"\x1F\x8B\x08",
		"\x1F\x8B\x07",
	}
	for _, s := range signatures {
		b := []byte(strings.Repeat("\x01", 40))
		copy(b, s.head)
		copy(b[s.at:], s.tail)
		seeds = append(seeds, string(b), s.head, s.head+"z", s.head[:max(len(s.head)-1, 0)])
	}
	for _, tag := range htmlTags {
		seeds = append(seeds, "<"+tag, "<"+tag+">", "<"+strings.ToLower(tag)+" ", "<"+tag+"x",
			"<"+tag[:len(tag)-1]+">")
	}
	return seeds
}

func checkSniff(t *testing.T, data []byte) {
	t.Helper()
	if got, want := sniff(data), http.DetectContentType(data); got != want {
		t.Errorf("sniff(%q) = %q, want net/http's %q", data, got, want)
	}
}

func TestSniffIsDetectContentType(t *testing.T) {
	for _, s := range sniffSeeds() {
		checkSniff(t, []byte(s))
	}
	for c := range 256 {
		checkSniff(t, []byte{byte(c)})
		checkSniff(t, []byte{'a', byte(c), 'b'})
	}
}

// Seeds cut, joined and with one byte changed: neighbours of every rule's border.
func TestSniffMutations(t *testing.T) {
	seeds := sniffSeeds()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		b := []byte(seeds[r.IntN(len(seeds))])
		switch r.IntN(3) {
		case 0:
			b = b[:r.IntN(len(b)+1)]
		case 1:
			b = append(b, seeds[r.IntN(len(seeds))]...)
		}
		if len(b) > 0 {
			b[r.IntN(len(b))] = byte(r.IntN(256))
		}
		checkSniff(t, b)
	}
}

func FuzzSniff(f *testing.F) {
	for _, s := range sniffSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkSniff(t, data) })
}
