package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// What a person or a program changes in a sidecar counts, or is ErrCorrupt. It isn't
// ignored in favor of the file's record.
func TestSidecarEditedByHand(t *testing.T) {
	for _, name := range []string{"a.txt", "d/a"} {
		b, dir := newBucket(t, nil)
		needAttributes(t, dir)
		path := filepath.Join(dir, filepath.FromSlash(name)) + ".attrs"
		attrs := files.Attributes{
			ContentType:  "x/own",
			CacheControl: "no-cache",
			Metadata:     map[string]string{"owner": "me"},
		}
		put := putIn(t, b, name, "content", &files.PutOptions{Attributes: attrs})
		if info := stat(t, b, name); !reflect.DeepEqual(info.Attributes, attrs) {
			t.Fatalf("%s has %+v, want %+v", name, info.Attributes, attrs)
		}
		data, err := os.ReadFile(path)
		ok(t, err)

		var indented bytes.Buffer
		ok(t, json.Indent(&indented, data, "", "  "), os.WriteFile(path, indented.Bytes(), 0o666))
		if info := stat(t, b,
			name); !reflect.DeepEqual(info.Attributes, attrs) || info.Version != put.Version {
			t.Errorf("with an indented sidecar, %s has %+v, want Attributes %+v and Version %q",
				name, info, attrs, put.Version)
		}
		for e, err := range b.List(t.Context(), "", nil) {
			if err != nil || e.Name != name {
				t.Errorf("List yields %+v, %v, want only %s", e, err, name)
			}
		}

		// An edit of fileblob's field counts.
		edited := strings.Replace(string(data), `"no-cache"`, `"no-store"`, 1)
		ok(t, os.WriteFile(path, []byte(edited), 0o666))
		if info := stat(t, b,
			name); info.CacheControl != "no-store" || info.Metadata["owner"] != "me" ||
			info.Digest.CRC32C == "" {
			t.Errorf("with one field edited, %s has %+v, want CacheControl %q, %q and "+
				"Digest.CRC32C anything but %q", name, info, "no-store", "me", "")
		}
		edited = strings.ReplaceAll(string(data), `"me"`, `"you"`)
		ok(t, os.WriteFile(path, []byte(edited), 0o666))
		if info := stat(t, b,
			name); info.CacheControl != "no-cache" || info.Metadata["owner"] != "you" {
			t.Errorf("with all copies of a value edited, %s has %+v, want CacheControl %q and %q",
				name, info, "no-cache", "you")
		}

		ok(t, os.WriteFile(path, data[:len(data)/2], 0o666))
		if _, err := b.Stat(t.Context(), name, nil); !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("with a truncated sidecar, Stat(%s) = %v, want ErrCorrupt", name, err)
		}
		putIn(t, b, name, "again", &files.PutOptions{Attributes: attrs})
		if info := stat(t, b, name); !reflect.DeepEqual(info.Attributes, attrs) {
			t.Errorf("after another Put, %s has %+v, want %+v", name, info.Attributes, attrs)
		}
	}
}
