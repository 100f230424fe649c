package all

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"os"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestPersonalitiesClaim: the fakes claim what the real drivers claim that are configured
// to sign, except what no fake has: durability and raw keys. Only memory never signs.
func TestPersonalitiesClaim(t *testing.T) {
	environment(t)
	t.Setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1") // so that GCS needs no credentials
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
	t.Setenv("AZURE_STORAGE_KEY", "a2V5")
	secret, key := t.TempDir()+"/secret", t.TempDir()+"/key.pem"
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		secret: []byte("32 random bytes are a good one.."),
		key: pem.EncodeToMemory(&pem.Block{
			Type:  "RSA PRIVATE KEY",
			Bytes: x509.MarshalPKCS1PrivateKey(rsaKey),
		}),
	} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	comparable := func(f files.Features) files.Features {
		f.Durable, f.ForeignKeys = false, false
		return f
	}
	for _, c := range []struct {
		p   filestest.Personality
		url string
	}{
		{filestest.Strong, "mem://?put_time=true&copy_info=true&version_per_put=true" +
			"&given_digests=true&time_resolution=1ns"},
		{filestest.S3, "s3://bucket?region=us-east-1"},
		{filestest.MinIO, "s3://bucket?region=us-east-1&store=minio&endpoint=http://127.0.0.1:1"},
		{filestest.GCS, "gs://bucket?access_id=signer&private_key_path=" + url.QueryEscape(key)},
		{filestest.Azure, "azblob://container"},
		{filestest.Disk, "file://" + t.TempDir() + "?base_url=http://127.0.0.1:1/files" +
			"&secret_key_path=" + url.QueryEscape(secret)},
	} {
		b, err := files.Open(t.Context(), c.url)
		if err != nil {
			t.Errorf("%s: %v, want nil", c.p, err)
			continue
		}
		defer b.Close()
		got := comparable(filestest.New(t, filestest.As(c.p)).Features())
		want := comparable(b.Features())
		if strings.HasPrefix(c.url, "mem:") {
			want.SignGet, want.SignPut = got.SignGet, got.SignPut
			want.SignDelete, want.SignContentType = got.SignDelete, got.SignContentType
			want.SignHead, want.SignResponse = got.SignHead, got.SignResponse
			want.SignSize, want.SignIfAbsent = got.SignSize, got.SignIfAbsent
		}
		if got != want {
			t.Errorf("%s claims\n%+v\nand the driver\n%+v", c.p, got, want)
		}
	}
}

// habits are what services do differently without a feature that says so.
type habits struct {
	PutTime     bool // Put's Info has the time
	CopySize    bool // Copy's Info has the size
	CopyDigest  bool
	CopyType    bool
	SameVersion bool // the same bytes have the same version again
}

func habitsOf(t *testing.T, b files.Bucket) (h habits) {
	t.Helper()
	ctx := t.Context()
	first, err := files.PutString(ctx, b, "habits/a", "text", nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := files.PutString(ctx, b, "habits/a", "text", nil)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := files.Copy(ctx, b, "habits/copy", b, "habits/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	h.PutTime = !first.ModTime.IsZero()
	h.CopySize = copied.Size >= 0
	h.CopyDigest = !copied.Digest.IsZero()
	h.CopyType = copied.ContentType != ""
	h.SameVersion = first.Version == second.Version
	return h
}

// personalityServers are the real servers that the fakes are compared with.
var personalityServers = []struct {
	p     filestest.Personality
	store func(t *testing.T) string
}{
	{filestest.S3, storeOf(testserver.Versitygw)},
	{filestest.MinIO, storeOf(testserver.Minio)},
	{filestest.GCS, storeOf(testserver.FakeGCS)},
	{filestest.Azure, storeOf(testserver.Azurite)},
	{filestest.Disk, func(t *testing.T) string { return "file://" + t.TempDir() }},
}

// eachPersonality calls f with each personality and a bucket of the driver that it is like.
func eachPersonality(t *testing.T,
	f func(t *testing.T, p filestest.Personality, b files.Bucket)) {
	for _, c := range personalityServers {
		t.Run(c.p.String(), func(t *testing.T) {
			b, err := files.Open(t.Context(), c.store(t))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			f(t, c.p, b)
		})
	}
}

// TestPersonalitiesHabits: the fakes return what the real drivers return on real
// servers, and never more of a copy.
func TestPersonalitiesHabits(t *testing.T) {
	eachPersonality(t, func(t *testing.T, p filestest.Personality, b files.Bucket) {
		want := habitsOf(t, b)
		got := habitsOf(t, filestest.New(t, filestest.As(p)))
		less := got
		less.CopyDigest = got.CopyDigest || want.CopyDigest
		less.CopyType = got.CopyType || want.CopyType
		if less != want {
			t.Errorf("the fake: %+v, the driver: %+v", got, want)
		}
	})
}

// TestPersonalitiesDiffer: every difference is one, and the driver's too.
func TestPersonalitiesDiffer(t *testing.T) {
	strong := filestest.New(t, filestest.As(filestest.Strong))
	if n := len(filestest.Disk.Differences()) + len(filestest.Strong.Differences()); n != 0 {
		t.Errorf("disks have %d differences, want 0", n)
	}
	eachPersonality(t, func(t *testing.T, p filestest.Personality, b files.Bucket) {
		fake := filestest.New(t, filestest.As(p))
		for _, d := range p.Differences() {
			want, err := d.Probe(t.Context(), b)
			got, ferr := d.Probe(t.Context(), fake)
			bare, serr := d.Probe(t.Context(), strong)
			if err != nil || ferr != nil || serr != nil || got != want || got == bare {
				t.Errorf("%s: the driver: %q, %v; the fake: %q, %v; Strong: %q, %v, want nil, "+
					"%q, anything but %q, nil and nil", d, want, err, got, ferr, bare, serr, want,
					bare)
			}
			if u, err := url.Parse(d.Source); err != nil || u.Scheme != "https" {
				t.Errorf("%s: the source: %v", d, err)
			}
		}
		if p.String() != "disk" && len(p.Differences()) < 2 {
			t.Error("there are hardly any differences")
		}
	})
}

// oddNames are legal names of which services refuse some.
var oddNames = []string{
	"odd/dot.", "odd/other./a", "odd/.dot", "odd/ .. /a", "odd/ . /b", `odd/back\slash`,
	`odd/a\..\b`, "odd/ends__XLDIR__", "odd/__XLDIR__/a", ".well-known/acme-challenge/a",
	".well-known/a", "odd/" + strings.Repeat("e", 255), "odd/" + strings.Repeat("e", 256),
	"odd/" + strings.Repeat("e/", 252) + "a", "odd/" + strings.Repeat("e/", 253) + "a",
	"odd/ space ", "odd/e\u0301", "odd/%2F%5C", "odd/a+b&c=d?e#f", "odd/con", "odd/a:b|c<d>*",
	"odd/.uploads/a", "odd/a.versions", "odd/a~",
}

// TestPersonalitiesNames: the fakes refuse the names that the drivers refuse, and no
// other.
func TestPersonalitiesNames(t *testing.T) {
	eachPersonality(t, func(t *testing.T, p filestest.Personality, b files.Bucket) {
		fake := filestest.New(t, filestest.As(p))
		refused := 0
		for _, name := range oddNames {
			if p.String() == "S3" && (len(name) == 4+256) {
				continue // versitygw, which keeps keys as paths, refuses it, and S3 doesn't
			}
			_, want := files.PutString(t.Context(), b, name, "text", nil)
			_, got := files.PutString(t.Context(), fake, name, "text", nil)
			if files.KindOf(got) != files.KindOf(want) {
				t.Errorf("%.80q: the fake: %v, the driver: %v", name, got, want)
			}
			if want != nil {
				refused++
			}
		}
		if claims := b.Features().AnyName; claims != (refused == 0) && p.String() != "S3" {
			t.Errorf("%d names are refused, and AnyName is %v", refused, claims)
		}
	})
}
