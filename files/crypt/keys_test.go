package crypt_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/crypt"
)

// TestRotation: a copy onto itself encrypts with the first key, after which the old key
// isn't needed; a missing key is ErrPermission with its ID.
func TestRotation(t *testing.T) {
	ctx, below := t.Context(), mem.New(nil)
	one, two := key("1", 1), key("2", 2)
	old, both, fresh := open(t, below, one), open(t, below, two, one), open(t, below, two)
	put(t, old, "a", content(100))
	put(t, both, "b", content(200))
	if string(read(t, both, "a")) != string(content(100)) || len(read(t, both, "b")) != 200 {
		t.Error("a bucket with both keys can't read both files")
	}
	refused := func(what string, err error) {
		t.Helper()
		var missing *crypt.KeyError
		if files.KindOf(err) != files.ErrPermission || errors.Is(err, files.ErrCorrupt) ||
			errors.Is(err, files.ErrNotExist) || !errors.As(err, &missing) ||
			missing.ID != "1" || !strings.Contains(err.Error(), `"1"`) {
			t.Errorf("%s without key 1: %v", what, err)
		}
	}
	_, err := files.ReadAll(ctx, fresh, "a", nil)
	refused("a read", err)
	_, err = last(fresh, "a", 5)
	refused("a range", err)
	_, err = files.Copy(ctx, fresh, "a", fresh, "a", nil)
	refused("a copy onto itself", err)

	before, _ := both.Stat(ctx, "b", nil)
	for _, name := range []string{"a", "b"} {
		if _, err := files.Copy(ctx, both, name, both, name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if string(read(t, fresh, "a")) != string(content(100)) {
		t.Error("a copy onto itself does not encrypt with the new key")
	}
	if after, _ := both.Stat(ctx, "b", nil); after.Version != before.Version {
		t.Error("a file of the first key was stored anew")
	}
	// The same holds through wrappers above.
	put(t, old, "d/c", content(10))
	sub, _ := files.Sub(files.Wrap(both, files.Hooks{}), "d")
	if _, err := files.Copy(ctx, sub, "c", sub, "c", nil); err != nil {
		t.Fatal(err)
	}
	if len(read(t, fresh, "d/c")) != 10 {
		t.Error("a copy through wrappers does not encrypt with the new key")
	}
	// Another secret under the same ID isn't damage either.
	wrong := open(t, below, key("2", 9))
	_, err = files.ReadAll(ctx, wrong, "a", nil)
	var other *crypt.KeyError
	if files.KindOf(err) != files.ErrPermission || !errors.As(err, &other) || !other.Other {
		t.Errorf("another secret: %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	good := key("1", 1)
	for what, o := range map[string]*crypt.Options{
		"nil":          nil,
		"no key":       {},
		"no ID":        {Keys: []crypt.Key{{Secret: secret(1)}}},
		"a long ID":    {Keys: []crypt.Key{key(strings.Repeat("x", 33), 1)}},
		"a space":      {Keys: []crypt.Key{key("a b", 1)}},
		"the same ID":  {Keys: []crypt.Key{good, key("1", 2)}},
		"no secret":    {Keys: []crypt.Key{{ID: "1"}}},
		"16 bytes":     {Keys: []crypt.Key{{ID: "1", Secret: secret(1)[:16]}}},
		"zeros":        {Keys: []crypt.Key{{ID: "1", Secret: make([]byte, 32)}}},
		"no name key":  {Keys: []crypt.Key{good}, NameKey: crypt.Secret{}},
		"a short name": {Keys: []crypt.Key{good}, NameKey: secret(1)[:31]},
	} {
		if b, err := crypt.New(mem.New(nil), o); b != nil || files.KindOf(err) != files.ErrInvalid {
			t.Errorf("%s: New = %v, want ErrInvalid", what, err)
		}
	}
	if _, err := crypt.New(nil, &crypt.Options{Keys: []crypt.Key{good}}); files.KindOf(err) !=
		files.ErrInvalid {
		t.Errorf("a nil bucket: %v", err)
	}
}

// TestSecretsStaySecret: no error, log or text shows the secret in any spelling.
func TestSecretsStaySecret(t *testing.T) {
	s := crypt.Secret("0123456789ABCDEFGHIJabcdefghij#!")
	o := &crypt.Options{Keys: []crypt.Key{{ID: "1", Secret: s}}, NameKey: s}
	b, err := crypt.New(mem.New(nil), o)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "o", o, "s", s, "k", o.Keys[0])
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "o", o, "s", s, "k", o.Keys[0])
	j, _ := json.Marshal(o)
	shown := []string{log.String(), string(j), fmt.Sprint(files.Layers(b)), fmt.Sprint(b)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, *o), fmt.Sprintf(verb, s),
			fmt.Sprintf(verb, o.Keys[0]))
	}
	_, err = crypt.New(mem.New(nil), &crypt.Options{Keys: []crypt.Key{{ID: "1", Secret: s[:30]}}})
	shown = append(shown, err.Error())
	for _, text := range shown[:3] {
		if text == "" {
			t.Error("nothing was collected to search")
		}
	}
	for _, text := range shown {
		for _, form := range []string{string(s[:20]), hex.EncodeToString(s[:20]),
			base64.StdEncoding.EncodeToString(s[:21]), fmt.Sprint([]byte(s[:8]))[1:20]} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
				t.Errorf("the secret is shown in %s", text)
			}
		}
	}
}

// TestSecretIsCopied: the caller may overwrite the secret after New.
func TestSecretIsCopied(t *testing.T) {
	below, s := mem.New(nil), secret(1)
	b := open(t, below, crypt.Key{ID: "1", Secret: s})
	clear(s)
	put(t, b, "a", content(10))
	if len(read(t, open(t, below, key("1", 1)), "a")) != 10 {
		t.Error("the file has another key")
	}
}

// TestLayer: Layers shows the IDs of all keys, and whether names are encrypted, and so
// differs for buckets that can read different files.
func TestLayer(t *testing.T) {
	one, two, three := key("1", 1), key("2", 2), key("3", 3)
	for want, o := range map[string]*crypt.Options{
		"crypt 1":                {Keys: []crypt.Key{one}},
		"crypt 2":                {Keys: []crypt.Key{two}},
		"crypt 2, reads 1":       {Keys: []crypt.Key{two, one}},
		"crypt 3, reads 2, 1":    {Keys: []crypt.Key{three, two, one}},
		"crypt 2, reads 1 names": {Keys: []crypt.Key{two, one}, NameKey: secret(3)},
		"crypt 1 names":          {Keys: []crypt.Key{one}, NameKey: secret(3)},
	} {
		b, err := crypt.New(mem.New(nil), o)
		if err != nil {
			t.Fatal(err)
		}
		if got := files.Layers(b)[0]; got != want {
			t.Errorf("Layers has %q, want %q", got, want)
		}
	}
}
