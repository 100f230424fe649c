package azure

import (
	"bytes"
	"maps"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
)

// TestInterchange: Go CDK's azureblob reads what the driver wrote, and the driver reads
// what azureblob wrote.
func TestInterchange(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t, testserver.Azurite)
	b := open(t, server.Store(t))
	client, ok := files.As[*container.Client](b)
	if !ok {
		t.Fatal("As returns no *container.Client")
	}
	theirs, err := azureblob.OpenBucket(t.Context(), client, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	meta := map[string]string{"plain": "a b", "with-dash": "ü%&", "1st": "x", "__0x2d__": "y"}
	const name, text = "dir/ünï code.txt", "some text"
	want := files.Attributes{
		ContentType:        "text/x-own",
		CacheControl:       "no-cache",
		ContentDisposition: "inline",
		ContentEncoding:    "identity",
		ContentLanguage:    "de",
		Metadata:           meta,
	}

	put(t, b, name, text, &files.PutOptions{Attributes: want})
	a, err := theirs.Attributes(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range meta {
		if a.Metadata[k] != v {
			t.Errorf("azureblob reads %s as %q, want %q", k, a.Metadata[k], v)
		}
	}
	if a.ContentType != want.ContentType || a.CacheControl != want.CacheControl ||
		a.ContentLanguage != want.ContentLanguage {
		t.Errorf("azureblob reads %+v, want %+v", a, want)
	}
	if p, err := theirs.ReadAll(t.Context(), name); err != nil || string(p) != text {
		t.Errorf("azureblob reads %q, %v, want %q and nil", p, err, text)
	}

	err = theirs.WriteAll(t.Context(), "theirs.txt", []byte(text), &blob.WriterOptions{
		ContentType:        want.ContentType,
		CacheControl:       want.CacheControl,
		ContentDisposition: want.ContentDisposition,
		ContentEncoding:    want.ContentEncoding,
		ContentLanguage:    want.ContentLanguage,
		Metadata:           meta,
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Get(t.Context(), "theirs.txt", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if p, err := r.ReadAll(); err != nil || !bytes.Equal(p, []byte(text)) {
		t.Errorf("Get = %q, %v, want %q and nil", p, err, text)
	}
	got := r.Info().Attributes
	if !maps.Equal(got.Metadata,
		meta) || got.ContentType != want.ContentType ||
		got.ContentDisposition != want.ContentDisposition {
		t.Errorf("Info = %+v, want %+v", got, want)
	}
}
