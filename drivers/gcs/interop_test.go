package gcs

import (
	"maps"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"gocloud.dev/blob"
)

// TestInterchange: the driver reads what gcsblob writes, and gcsblob reads what the
// driver writes, with metadata of any UTF-8 without control characters.
func TestInterchange(t *testing.T) {
	s := testserver.Start(t, testserver.FakeGCS)
	b := openBucket(t, s.Store(t))
	defer b.Close()
	theirs, ok := files.As[*blob.Bucket](b)
	if !ok {
		t.Fatal("As of a bucket opened by URL returns no *blob.Bucket")
	}
	ctx := t.Context()
	metadata := map[string]string{"k": "v", "schlüssel": "größe", "with space": " x ", "empty": ""}
	for _, name := range []string{"plain.txt", "päth/ü b", "a+b&c=d?e#f%41"} {
		_, err := b.Put(ctx, name, strings.NewReader("ours"), &files.PutOptions{
			If: files.IfAbsent(),
			Attributes: files.Attributes{
				ContentType:        "text/x-ours",
				CacheControl:       "no-cache",
				ContentDisposition: "inline",
				ContentLanguage:    "de",
				Metadata:           metadata,
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		a, err := theirs.Attributes(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range metadata {
			if a.Metadata[k] != v {
				t.Errorf("%s: gcsblob reads metadata %q as %q, want %q", name, k, a.Metadata[k], v)
			}
		}
		if content, err := theirs.ReadAll(ctx,
			name); string(content) != "ours" || err != nil || a.ContentType != "text/x-ours" ||
			a.CacheControl != "no-cache" || a.ContentDisposition != "inline" ||
			a.ContentLanguage != "de" {
			t.Errorf("%s: gcsblob reads %q, %v, %+v, want %q, nil, ContentType %q, CacheControl "+
				"%q, ContentDisposition %q and ContentLanguage %q", name, content, err, a, "ours",
				"text/x-ours", "no-cache", "inline", "de")
		}
		if err := theirs.WriteAll(ctx, name, []byte("theirs"), &blob.WriterOptions{
			ContentType:     "text/x-theirs",
			Metadata:        metadata,
			ContentLanguage: "en",
		}); err != nil {
			t.Fatal(err)
		}
		info, err := b.Stat(ctx, name, nil)
		if err != nil || !maps.Equal(info.Metadata,
			metadata) || info.ContentType != "text/x-theirs" || info.ContentLanguage != "en" ||
			info.CacheControl != "" {
			t.Errorf("%s: Stat reads %+v, %v, want Metadata %v, ContentType %q, ContentLanguage "+
				"%q, CacheControl %q and nil", name, info, err, metadata, "text/x-theirs", "en", "")
		}
		if content, err := files.ReadString(ctx, b, name, nil); content != "theirs" || err != nil {
			t.Errorf("%s: Get reads %q, %v, want %q and nil", name, content, err, "theirs")
		}
	}
}

// TestReservedMetadataIsHidden: Info doesn't show the mark and the carried attributes,
// and a caller may have metadata with those names.
func TestReservedMetadataIsHidden(t *testing.T) {
	s := testserver.Start(t, testserver.FakeGCS)
	b := openBucket(t, s.Store(t))
	defer b.Close()
	for i, m := range []map[string]string{nil, {"a": "b"}, {"a": "ü"}, {markKey: "mine"}, {
		carriedKey: "mine",
		"a":        "b",
	}, {markKey: "x", carriedKey: "y"}} {
		for _, c := range []files.Condition{{}, files.IfAbsent()} {
			name := strings.Repeat("x", i+1) + c.String()
			if _, err := b.Put(t.Context(), name, strings.NewReader("x"), &files.PutOptions{
				If:         c,
				Attributes: files.Attributes{Metadata: m},
			}); err != nil {
				t.Fatal(err)
			}
			stat, err := b.Stat(t.Context(), name, nil)
			if err != nil || !maps.Equal(stat.Metadata, m) {
				t.Errorf("Stat = %v, want %v, %v", stat.Metadata, m, err)
			}
			r, err := b.Get(t.Context(), name, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Info().Metadata; !maps.Equal(got, m) {
				t.Errorf("Get = %v, want %v", got, m)
			}
			r.Close()
		}
	}
}
