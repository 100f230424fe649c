package s3

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/drivers/internal/plainxml/oddpage"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// pageReader returns a function that compares how the SDK alone and how scan with the SDK
// read a page, and returns whether scan read it.
func pageReader(t testing.TB) func(document string) (scanned bool) {
	bucket, answer := "bucket", &oddservice.Fixed{Status: 200, Header: documentHeader}
	endpoint := "http://127.0.0.1:1"
	b := newBackend(s3.New(s3.Options{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		UsePathStyle: true,
		HTTPClient:   answer,
		Credentials:  credentials.NewStaticCredentialsProvider("id", "key", ""),
	}), bucket, Options{
		Profile: amazon,
		Retry:   oddservice.Once,
	})
	return func(document string) bool {
		t.Helper()
		answer.Body = []byte(document)
		in := &s3.ListObjectsV2Input{Bucket: &bucket}
		var want, got listPage
		out, wantErr := b.client.ListObjectsV2(t.Context(), in)
		if wantErr == nil {
			want.take(out)
			out.Contents, out.CommonPrefixes = nil, nil
		}
		rest, gotErr := got.list(t.Context(), b, in)
		if (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("%s\nerror %v, want %v", document, gotErr, wantErr)
		}
		if gotErr != nil {
			return got.scanned
		}
		if len(got.objects) != len(want.objects) || !slices.Equal(got.dirs, want.dirs) {
			t.Fatalf("%s\n%+v, want %+v", document, got, want)
		}
		for i, o := range got.objects {
			of := want.objects[i]
			if !o.modified.Equal(of.modified) {
				t.Fatalf("%s\ntime %v, want %v", document, o.modified, of.modified)
			}
			if o.modified = of.modified; o != of {
				t.Fatalf("%s\n%+v, want %+v", document, o, of)
			}
		}
		rest.Contents, rest.CommonPrefixes = nil, nil
		rest.ResultMetadata = out.ResultMetadata
		if !reflect.DeepEqual(rest, out) {
			t.Fatalf("%s\nthe rest is %+v, want %+v", document, rest, out)
		}
		return got.scanned
	}
}

const (
	pageObject = "<Contents><Key>dir/a%20b</Key><LastModified>2026-01-02T03:04:05.678Z" +
		"</LastModified><ETag>&quot;0123&quot;</ETag><Size>3</Size><StorageClass>STANDARD" +
		"</StorageClass></Contents>"
	pageDir = "<CommonPrefixes><Prefix>dir/d/</Prefix></CommonPrefixes>"
)

// TestPageForms: the forms in which stores send a page are read by scan, and other ones
// by the SDK.
func TestPageForms(t *testing.T) {
	read := pageReader(t)
	object := func(in string) string { return "<Contents>" + in + "</Contents>" }
	const end = "<IsTruncated>false</IsTruncated>"
	for in, want := range map[string]bool{
		"":                          true,
		pageObject:                  true,
		pageObject + pageDir:        true,
		pageDir + pageObject:        true,
		pageDir + pageDir:           true,
		pageObject + end:            true,
		"\n  " + pageObject + "\n ": true,
		object("\n  <Key>a</Key>\r\n\t<Size>1</Size>\n"): true,
		object("<Key>a</Key>"):                           true,
		object("<Key/>"):                                 true,
		object("<Key></Key><Size>1</Size>"):              true,
		object("<Key> a </Key><Size>1</Size>"):           true,
		object(""):                                       true,
		object("<Key>a&amp;&lt;&gt;&apos;&quot;&#34;&#x41;&#xe9;</Key>"):                 true,
		object("<Key>a</Key><ETag>&#34;1&#34;</ETag>"):                                   true,
		object("<Key>a</Key><Owner><ID>i</ID><DisplayName/></Owner><Size>1</Size>"):      true,
		object("<Key>a</Key><Owner/>"):                                                   true,
		object("<Key>a</Key><Owner>\n <ID>i</ID>\n </Owner>"):                            true,
		object("<Key>a</Key><ChecksumAlgorithm>CRC32</ChecksumAlgorithm><Size>1</Size>"): true,
		object("<Key>a</Key><LastModified>2026-01-02T03:04:05+02:00</LastModified>"):     true,
		object("<Key>a</Key><Size>-1</Size>"):                                            true,
		"<Prefix>contents/</Prefix>" + pageObject:                                        true,
		"<Other><Contents>x</Contents></Other>" + pageObject:                             false,
		"<!-- c -->" + pageObject:                                                        false,
		object("<Key><![CDATA[a]]></Key>"):                                               false,
		object("<Key>a\x01</Key>"):                                                       false,
		object("<Key>a\xFF</Key>"):                                                       false,
		object("<Key>a & b</Key>"):                                                       false,
		object("<Key>a</Key><Size> 1 </Size>"):                                           false,
		object("<Key>a</Key><ETag> \"1\" </ETag>"):                                       false,
		object("<Key>a</Key><Size>many</Size>"):                                          false,
		object("<Key>a</Key><Size></Size>"):                                              false,
		object("<Key>a</Key><Size/>"):                                                    false,
		object("<Key>a</Key><LastModified>2026-01-02 03:04:05</LastModified>"):           false,
		object("<Key>a</Key><LastModified>now</LastModified>"):                           false,
		object("<Key>a</Key><Key>b</Key>"):                                               false,
		object("<key>a</key><Size>1</Size>"):                                             false,
		object("<Key>a</Key><SIZE>1</SIZE>"):                                             false,
		object("<Key x=\"1\">a</Key>"):                                                   false,
		object("<s:Key>a</s:Key>"):                                                       false,
		object("<Key>a<b/></Key>"):                                                       false,
		object("<Key>a]]></Key>"):                                                        false,
		object("<Key>a\r\nb</Key>"):                                                      false,
		object("<Key>a</Size>"):                                                          false,
		object("<Key>a</Key>text"):                                                       false,
		object("<Key>a</Key><Owner><ID><x/></ID></Owner>"):                               false,
		object("<Key>a</Key><owner><ID>1</ID></owner>"):                                  false,
		object("<Key>a</Key><StorageClass><x/></StorageClass>"):                          false,
		object("<Key>a</Key><RestoreStatus><IsRestoreInProgress>x</IsRestoreInProgress>" +
			"</RestoreStatus>"): false,
		"<Contents xmlns=\"n\"><Key>a</Key></Contents>" + pageObject:              false,
		"<contents><Key>a</Key></contents>" + pageObject:                          false,
		"<s:Contents><Key>a</Key></s:Contents>":                                   false,
		"<Contents/>":                                                             false,
		pageObject + "<CommonPrefixes/>":                                          false,
		"<CommonPrefixes><Prefix>a/</Prefix><Prefix>b/</Prefix></CommonPrefixes>": false,
		"<CommonPrefixes><prefix>a/</prefix></CommonPrefixes>":                    false,
		"<CommonPrefixes></CommonPrefixes>":                                       false,
		"<Contents><Key>a</Key>":                                                  false,
		"<Name a='>'>n</Name>" + pageObject:                                       false,
		"<Name a=\">\">n</Name>" + pageObject:                                     false,
		"]" + pageDir + "]>":                                                      false,
		"<?x " + pageDir + "?>":                                                   false,
		pageObject + "</Contents>":                                                false,
	} {
		document := "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
			"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>" +
			in + "<MaxKeys>7</MaxKeys></ListBucketResult>"
		if got := read(document); got != want {
			t.Errorf("%s\nscan read it: %v, want %v", in, got, want)
		}
	}
}

// TestPagesAtRandom: scan and the SDK read the same of pages that were changed at random.
func TestPagesAtRandom(t *testing.T) {
	read := pageReader(t)
	rng := rand.New(rand.NewPCG(7, 1))
	pieces := []string{
		pageObject, pageDir, "<Contents>", "</Contents>", "<Key>", "</Key>", "<Key/>",
		"<Size>1</Size>",
		"<Owner>", "</Owner>", "<ID>i</ID>", "<ETag>&quot;e&quot;</ETag>", "&amp;", "&#34;", "&",
		"<CommonPrefixes>", "</CommonPrefixes>", "<Prefix>p/</Prefix>", " ", "\n", "x", "<", ">",
		"/",
		"<x>", "</x>", "<x/>", "<x a=\"b\">", "]]>", "<!-- -->", "<?x?>", "\r", "é", "\xFF", "\x01",
		"<LastModified>2026-01-02T03:04:05Z</LastModified>", "<IsTruncated>true</IsTruncated>",
		"<NextContinuationToken>t</NextContinuationToken>", "<EncodingType>url</EncodingType>",
	}
	scanned := 0
	for range longtest.N(t, 3_000, 30_000) {
		inside := oddpage.Entries(rng, pieces)
		if read("<ListBucketResult><Name>b</Name>" + inside + "</ListBucketResult>") {
			scanned++
		}
	}
	if scanned == 0 {
		t.Error("scan read no page")
	}
}

// FuzzPage: scan and the SDK read the same of any page.
func FuzzPage(f *testing.F) {
	for _, s := range listings {
		f.Add(s)
	}
	f.Add("<ListBucketResult>" + pageObject + pageDir + "</ListBucketResult>")
	f.Fuzz(func(t *testing.T, document string) { pageReader(t)(document) })
}

// TestPageKeepsLittle: an entry keeps nothing of its page in memory, and costs one
// allocation.
func TestPageKeepsLittle(t *testing.T) {
	var b strings.Builder
	b.WriteString("<ListBucketResult><IsTruncated>false</IsTruncated>")
	const n = 1000
	for i := range n {
		fmt.Fprintf(&b, "<Contents><Key>some/directory/%04d</Key>"+
			"<LastModified>2026-01-02T03:04:05.678Z</LastModified>"+
			"<ETag>&quot;%032x&quot;</ETag><Size>3</Size></Contents>", i, i)
	}
	b.WriteString("</ListBucketResult>")
	document := []byte(b.String())
	var p listPage
	allocs := testing.AllocsPerRun(10, func() {
		p.reset()
		if _, ok := p.scan(document); !ok {
			t.Fatal("scan didn't read the page")
		}
	})
	if allocs > n+20 {
		t.Errorf("%v allocations for %d objects, want at most %v", allocs, n, n+20)
	}
	o := p.objects[1]
	clear(document)
	if o.key != "some/directory/0001" || o.etag != `"`+strings.Repeat("0", 31)+`1"` ||
		!o.modified.Equal(time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)) {
		t.Errorf("%+v after the page is gone", o)
	}
}
