package files_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func TestNormalizeAttributes(t *testing.T) {
	in := files.Attributes{
		ContentType:        "text/plain; charset=utf-8",
		ContentDisposition: `attachment; filename*=UTF-8''%C3%A9.txt`,
		Metadata:           map[string]string{"Key-É": "v\n\x00", "empty": "", "ü": "x"},
	}
	got, err := in.Normalize()
	if err != nil || got.ContentType != in.ContentType ||
		got.ContentDisposition != in.ContentDisposition ||
		!maps.Equal(got.Metadata, map[string]string{"key-É": "v\n\x00", "empty": "", "ü": "x"}) {
		t.Errorf("Normalize = %v, %v", got, err)
	}
	got.Metadata["new"] = "x"
	if len(in.Metadata) != 3 {
		t.Error("the caller's map is shared")
	}
	for c := range rune(128) { // only letters are folded, and each of them
		key := string(c)
		in := files.Attributes{Metadata: map[string]string{key: "v"}}
		got, err := in.Normalize()
		if want := strings.ToLower(key); err != nil || got.Metadata[want] != "v" {
			t.Errorf("Normalize of the key %q = %v, %v, want %q", key, got, err, want)
		}
	}
	if got, err := (files.Attributes{
		Metadata: map[string]string{},
	}).Normalize(); err != nil || got.Metadata != nil {
		t.Errorf("Normalize = %v, %v, want no error and Metadata nil", got, err)
	}
	meta := func(kv ...string) files.Attributes {
		m := map[string]string{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return files.Attributes{Metadata: m}
	}
	if _, err := meta("k",
		strings.Repeat("x", files.MaxMetadata-1)).Normalize(); err != nil {
		t.Error(err)
	}
	for what, a := range map[string]files.Attributes{
		"too much":         meta("k", strings.Repeat("x", files.MaxMetadata)),
		"too much escaped": meta("k", strings.Repeat("é", files.MaxMetadata/6+1)),
		"empty key":        meta("", "x"),
		"bad key":          meta("\xff", "x"),
		"bad value":        meta("k", "\xff"),
		"twins":            meta("key", "1", "KEY", "2"),
		"line break":       {CacheControl: "a\r\nX: y"},
		"bad UTF-8":        {ContentLanguage: "\xff"},
		"spaces":           {ContentType: "text/plain "},
		"tab":              {ContentEncoding: "\tgzip"},
		"not ASCII":        {ContentDisposition: `inline; filename="é.txt"`},
		"long type":        {ContentType: strings.Repeat("x", files.MaxHeader+1)},
		"long language":    {ContentLanguage: strings.Repeat("x", files.MaxContentLanguage+1)},
		"too long together": {
			CacheControl:       strings.Repeat("x", files.MaxHeader),
			ContentDisposition: strings.Repeat("x", files.MaxHeaders-files.MaxHeader+1),
		},
	} {
		if got, err := a.Normalize(); !errors.Is(err,
			files.ErrInvalid) || got.ContentType != "" || got.Metadata != nil {
			t.Errorf("%s: Normalize = %v, %v", what, got, err)
		}
	}
}

func TestAttributesClone(t *testing.T) {
	a := files.Attributes{ContentType: "x/y", Metadata: map[string]string{"k": "v"}}
	c := a.Clone()
	c.Metadata["k"] = "changed"
	if a.Metadata["k"] != "v" || c.ContentType != "x/y" {
		t.Errorf(`%v, %v, want Metadata["k"] "v" and ContentType "x/y"`, a, c)
	}
}

func TestHasher(t *testing.T) {
	text := "The quick brown fox jumps over the lazy dog"
	m, s := md5.Sum([]byte(text)), sha256.Sum256([]byte(text))
	want := files.Digest{
		CRC32C: "22620404",
		MD5:    hex.EncodeToString(m[:]),
		SHA256: hex.EncodeToString(s[:]),
		CRC32:  fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))),
	}
	h := driver.NewHasher(files.Digest{
		MD5:       "?",
		SHA256:    "?",
		CRC32:     "?",
		CRC64NVME: "?",
	})
	for _, part := range []string{text[:1], "", text[1:20], text[20:]} {
		if n, err := io.WriteString(h, part); n != len(part) || err != nil {
			t.Errorf("WriteString = %v, %v, want %d and no error", n, err, len(part))
		}
	}
	got := h.Sum()
	if got.CRC64NVME == "" {
		t.Error("no CRC-64/NVME")
	}
	got.CRC64NVME = ""
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	// Check values of the two CRCs that the standard library has no sum of.
	h.Init(files.Digest{CRC64NVME: "?"})
	io.WriteString(h, "123456789")
	if got := h.Sum(); got != (files.Digest{CRC32C: "e3069283", CRC64NVME: "ae8b14860a799888"}) {
		t.Errorf("Sum = %+v", got)
	}
}

func TestDigest(t *testing.T) {
	d := files.Digest{CRC32C: "E3069283", MD5: strings.Repeat("A", 32)}
	n, err := d.Normalize()
	if err != nil || n.CRC32C != "e3069283" || n.MD5 != strings.Repeat("a", 32) {
		t.Errorf("Normalize = %v, %v", n, err)
	}
	for _, bad := range []files.Digest{
		{CRC32C: "e306928"},
		{CRC32C: "e306928g"},
		{MD5: "aa"},
		{SHA256: strings.Repeat("a", 63)},
		{CRC32: " 1234567"},
		{CRC64NVME: "e3069283"},
	} {
		if got, err := bad.Normalize(); !errors.Is(err, files.ErrInvalid) || !got.IsZero() {
			t.Errorf("%+v: Normalize = %v, %v", bad, got, err)
		}
	}
	if !(files.Digest{}).IsZero() || d.IsZero() {
		t.Error("IsZero")
	}
	for _, c := range []struct {
		a, b files.Digest
		want string
	}{
		{d, n, ""},
		{d, files.Digest{}, ""},
		{d, files.Digest{SHA256: "x"}, ""},
		{d, files.Digest{CRC32C: "00000000"}, "CRC-32C"},
		{d, files.Digest{MD5: "x"}, "MD5"},
		{files.Digest{SHA256: "a"}, files.Digest{SHA256: "b"}, "SHA-256"},
		{files.Digest{CRC32: "a"}, files.Digest{CRC32: "b"}, "CRC-32"},
		{files.Digest{CRC64NVME: "a"}, files.Digest{CRC64NVME: "b"}, "CRC-64/NVME"},
	} {
		if got := c.a.Conflict(c.b); got != c.want {
			t.Errorf("%+v: Conflict = %+v: %q, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestConditions(t *testing.T) {
	for _, c := range []struct {
		c    files.Condition
		text string
		// with no file, with version v, with version w
		want [3]error
	}{
		{files.Condition{}, "unconditional", [3]error{}},
		{files.IfAbsent(), "if absent", [3]error{nil, files.ErrExist, files.ErrExist}},
		{
			files.IfVersion("v"),
			"if version v",
			[3]error{files.ErrPrecondition, nil, files.ErrPrecondition},
		},
		{
			files.IfVersion(""),
			"if version ",
			[3]error{files.ErrPrecondition, files.ErrPrecondition, files.ErrPrecondition},
		},
	} {
		if c.c.String() != c.text || c.c.IsZero() != (c.text == "unconditional") {
			t.Errorf("the condition is %q, want %q", c.c.String(), c.text)
		}
		for i, v := range []files.Version{"", "v", "w"} {
			if err := c.c.Check(i > 0, v); err != c.want[i] {
				t.Errorf("%v at %q: %v", c.c, v, err)
			}
		}
	}
	// A file without a version is never the one that IfVersion("") names.
	if err := files.IfVersion("").Check(true, ""); err != files.ErrPrecondition {
		t.Errorf("Check = %v, want ErrPrecondition", err)
	}
}

func TestOpWrites(t *testing.T) {
	for op, want := range map[files.Op]bool{
		files.OpPut:      true,
		files.OpGet:      false,
		files.OpSignPut:  true,
		files.OpSignGet:  false,
		files.OpMove:     true,
		files.OpCopyFrom: false,
		files.OpUpload:   true,
	} {
		if op.Writes() != want {
			t.Errorf("op = %v, want op.Writes() %v", op, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Writes of an unclassified operation doesn't panic")
		}
	}()
	files.Op("new").Writes()
}
