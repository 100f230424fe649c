package azure

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/drivers/internal/plainxml/oddpage"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// pageBackend returns a backend of a client of the driver's or of a caller's.
func pageBackend(t testing.TB, answer *oddservice.Fixed, own bool) *backend {
	opts := &container.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: answer,
		Retry:     singleAttempt,
	}}
	client, err := container.NewClientWithNoCredential("http://127.0.0.1:1/container", opts)
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBackend(accessOf(client), &Options{Retry: oddservice.Once})
	if err != nil {
		t.Fatal(err)
	}
	b.ownClient = own
	return b
}

// pageReader returns a function that compares how the SDK alone and how scan with the SDK
// read a page, and returns whether scan read it.
func pageReader(t testing.TB) func(document string) (scanned bool) {
	answer := &oddservice.Fixed{Status: 200, Header: documentHeader}
	sdk, scan := pageBackend(t, answer, false), pageBackend(t, answer, true)
	return func(document string) bool {
		t.Helper()
		answer.Body = []byte(document)
		scanned := false
		for _, shallow := range []bool{false, true} {
			read := func(b *backend) (*listing, error) {
				l := &listing{
					b:    b,
					ctx:  t.Context(),
					req:  driver.ListRequest{Shallow: shallow},
					size: maxPage,
				}
				p := &l.pages
				p.shallow = shallow
				ctx := p.context(t.Context(), b)
				return l, b.withRetry(ctx, opList, func(ctx context.Context) error {
					return l.request(ctx, p, nil)
				})
			}
			ofSDK, wantErr := read(sdk)
			ofScan, err := read(scan)
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("%s\nerror %v, want %v", document, err, wantErr)
			}
			got, want := &ofScan.pages, &ofSDK.pages
			scanned = got.scanned
			if err != nil {
				continue
			}
			for _, p := range []*page{got, want} {
				for i := range p.blobs {
					p.blobs[i].modified = p.blobs[i].modified.UTC()
				}
			}
			if !slices.Equal(got.blobs, want.blobs) || !slices.Equal(got.dirs, want.dirs) ||
				value(got.next) != value(want.next) {
				t.Fatalf("%s\n%+v, want %+v", document, got, want)
			}
		}
		return scanned
	}
}

const (
	pageBlob = "<Blob><Name>dir/a b</Name><Properties>" +
		"<Creation-Time>Fri, 02 Jan 2026 03:04:05 GMT</Creation-Time>" +
		"<Last-Modified>Fri, 02 Jan 2026 03:04:05 GMT</Last-Modified><Etag>0x8DE49A</Etag>" +
		"<Content-Length>3</Content-Length><Content-Encoding />" +
		"<Content-MD5>CY9rzUYh03PK3k6DJie09g==</Content-MD5><BlobType>BlockBlob</BlobType>" +
		"<AccessTierInferred>true</AccessTierInferred></Properties><OrMetadata /></Blob>"
	pageDir = "<BlobPrefix><Name>dir/d/</Name></BlobPrefix>"
)

// TestPageForms: the forms in which the service sends a page are read by scan, and other
// ones by the SDK.
func TestPageForms(t *testing.T) {
	read := pageReader(t)
	blob := func(in string) string { return "<Blob>" + in + "</Blob>" }
	with := func(in string) string {
		return "<Blob><Name>a</Name><Properties>" + in + "</Properties></Blob>"
	}
	for in, want := range map[string]bool{
		"":                        true,
		pageBlob:                  true,
		pageBlob + pageBlob:       true,
		pageBlob + pageDir:        true,
		pageDir + pageBlob:        true,
		"\n  " + pageBlob + "\n ": true,
		blob(""):                  true,
		blob("<Name>a</Name>"):    true,
		blob("<Name/>"):           true,
		blob("\r\n <Name>a</Name> <Properties> <Etag>1</Etag>\n</Properties> "):           true,
		blob("<Name>&lt;&amp;&#x41;é</Name><Properties/>"):                                false,
		blob("<Name>&lt;&amp;&#x41;é</Name><Properties></Properties>"):                    false,
		blob("<Name>&lt;&amp;&#x41;é</Name>"):                                             true,
		blob("<Name>a</Name><Deleted>true</Deleted><Snapshot>s</Snapshot>"):               true,
		blob("<Name>a</Name><Metadata />"):                                                true,
		blob("<Name>a</Name><Metadata><k>v</k></Metadata>"):                               false,
		blob("<Name>a</Name><OrMetadata><k>v</k></OrMetadata>"):                           true,
		blob("<Name>a</Name><Tags><TagSet></TagSet></Tags>"):                              false,
		blob("<Name Encoded=\"true\">a%01</Name>"):                                        false,
		blob("<Name>a</Name><Name>b</Name>"):                                              false,
		with("<Content-Length>7</Content-Length>"):                                        true,
		with("<Content-Length> 7 </Content-Length>"):                                      false,
		with("<Content-Length/>"):                                                         false,
		with("<Content-Length>x</Content-Length>"):                                        false,
		with("<Content-Length>1</Content-Length><Content-Length>2</Content-Length>"):      false,
		with("<Content-Length>-7</Content-Length>"):                                       true,
		with("<Last-Modified>Fri, 02 Jan 2026 03:04:05 GMT</Last-Modified>"):              true,
		with("<Last-Modified>2026-01-02T03:04:05Z</Last-Modified>"):                       false,
		with("<Last-Modified>yesterday</Last-Modified>"):                                  false,
		with("<ResourceType>directory</ResourceType>"):                                    true,
		with("<ResourceType>file</ResourceType>"):                                         true,
		with("<ResourceType/>"):                                                           true,
		with("<Etag>&quot;0x1&quot;</Etag>"):                                              true,
		with("<TagCount>x</TagCount><Content-MD5>!</Content-MD5>"):                        true,
		with("<Etag><x/></Etag>"):                                                         false,
		with("<Etag>1</Etag>text"):                                                        false,
		"<BlobPrefix><Name>a/</Name><Properties><Etag>1</Etag></Properties></BlobPrefix>": true,
		"<Blob><Name>a</Name>":                                                            false,
		"<Blob/>":                                                                         false,
		"<n:Blob></n:Blob>":                                                               false,
		"<!-- c -->" + pageBlob:                                                           false,
		pageBlob + "</Blob>":                                                              false,
		blob("<Name>a\x01</Name>"):                                                        false,
		blob("<Name>a & b</Name>"):                                                        false,
	} {
		document := "\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults " +
			"ServiceEndpoint=\"http://127.0.0.1/\" ContainerName=\"c\"><MaxResults>5</MaxResults>" +
			"<Blobs>" + in + "</Blobs><NextMarker>m</NextMarker></EnumerationResults>"
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
		pageBlob, pageDir, "<Blob>", "</Blob>", "<Name>", "</Name>", "<Name/>", "<Properties>",
		"</Properties>", "<Content-Length>1</Content-Length>", "<Etag>e</Etag>", "&amp;", "&#34;",
		"&",
		"<BlobPrefix>", "</BlobPrefix>", "<Metadata>", "</Metadata>", " ", "\n", "x", "<", ">", "/",
		"<x>", "</x>", "<x/>", "<x a=\"b\">", "]]>", "<!-- -->", "<?x?>", "\r", "é", "\xFF",
		"\x01",
		"<Last-Modified>Fri, 02 Jan 2026 03:04:05 GMT</Last-Modified>", "<Blobs>", "</Blobs>",
		"<ResourceType>directory</ResourceType>", "<Snapshot>s</Snapshot>",
		"<Name Encoded=\"true\">",
	}
	scanned := 0
	for range longtest.N(t, 1_500, 15_000) {
		inside := oddpage.Entries(rng, pieces)
		if read("<EnumerationResults><Blobs>" + inside +
			"</Blobs><NextMarker/></EnumerationResults>") {
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
	f.Add("<EnumerationResults><Blobs>" + pageBlob + pageDir + "</Blobs></EnumerationResults>")
	f.Fuzz(func(t *testing.T, document string) { pageReader(t)(document) })
}

// TestPageKeepsLittle: an entry keeps nothing of its page in memory, and costs one
// allocation.
func TestPageKeepsLittle(t *testing.T) {
	var b strings.Builder
	b.WriteString("<EnumerationResults><Blobs>")
	const n = 1000
	for i := range n {
		fmt.Fprintf(&b, "<Blob><Name>some/directory/%04d</Name><Properties>"+
			"<Last-Modified>Fri, 02 Jan 2026 03:04:05 GMT</Last-Modified><Etag>0x%015x</Etag>"+
			"<Content-Length>3</Content-Length></Properties></Blob>", i, i)
	}
	b.WriteString("</Blobs></EnumerationResults>")
	document := []byte(b.String())
	var p page
	allocs := testing.AllocsPerRun(10, func() {
		p.reset()
		if _, ok := p.scan(document); !ok {
			t.Fatal("scan didn't read the page")
		}
	})
	if allocs > n+20 {
		t.Errorf("%v allocations for %d blobs, want at most %v", allocs, n, n+20)
	}
	o := p.blobs[1]
	clear(document)
	if o.name != "some/directory/0001" || o.etag != "0x"+strings.Repeat("0", 14)+"1" ||
		!o.modified.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("%+v after the page is gone", o)
	}
}

// TestRFC1123: times are parsed as the SDK parses them.
func TestRFC1123(t *testing.T) {
	var all []string
	for _, month := range []string{"Jan", "Dec", "n F", "xyz"} {
		rest := ", 02 " + month + " 2026 03:04:05 GMT"
		all = append(all, "Fri"+rest, "i S"+rest)
	}
	end := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := end.AddDate(-6, 0, 0); at.Before(end); at = at.Add(7*time.Hour + 13*time.Second) {
		all = append(all, at.Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	}
	for _, s := range all {
		got, ok := rfc1123([]byte(s))
		want, err := time.Parse(time.RFC1123, s)
		if ok != (err == nil) || ok && !got.Equal(want) {
			t.Errorf("rfc1123(%q) = %v, %v, want %v, %v", s, got, ok, want, err)
		}
	}
}

// BenchmarkPage reads a page of 5,000 blobs by the SDK alone and with scan.
func BenchmarkPage(b *testing.B) {
	var s strings.Builder
	s.WriteString("<EnumerationResults><Blobs>")
	for i := range 5000 {
		s.WriteString(strings.Replace(pageBlob, "dir/a b", fmt.Sprintf("dir/%06d", i), 1))
	}
	s.WriteString("</Blobs><NextMarker/></EnumerationResults>")
	document := []byte(s.String())
	for _, own := range []bool{false, true} {
		b.Run(fmt.Sprintf("scan=%v", own), func(b *testing.B) {
			b.ReportAllocs()
			of := pageBackend(b, &oddservice.Fixed{
				Status: 200,
				Header: documentHeader,
				Body:   document,
			}, own)
			for b.Loop() {
				l := &listing{
					b:    of,
					ctx:  b.Context(),
					size: maxPage,
				}
				if entries, _, err := l.page(nil, ""); err != nil || len(entries) != 5000 {
					b.Fatal(len(entries), err)
				}
			}
		})
	}
}
