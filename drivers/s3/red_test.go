package s3

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

// TestCopyPartsUnpinned: a store of which nobody knows that it keeps conditions on a
// copy's source isn't asked for parts, which could be those of several versions; the
// content is read and put.
func TestCopyPartsUnpinned(t *testing.T) {
	for _, p := range []*Profile{unknown, b2, r2, wasabi} {
		parts, put := 0, false
		b, _ := hostile(t, p, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			source := r.Header.Get("X-Amz-Copy-Source")
			switch {
			case q.Has("list-type"):
				io.WriteString(w, pageOf(""))
			case q.Has("uploads"), q.Has("uploadId"):
				parts++
				io.WriteString(w, begun)
			case source != "": // of one whose content is larger than a copy may be
				w.WriteHeader(400)
				io.WriteString(w, xmlError("InvalidRequest"))
			case r.Method == http.MethodHead:
				w.Header().Set("ETag", `"1"`)
				w.Header().Set("Content-Length", fmt.Sprint(int64(6*gib)))
			case r.Method == http.MethodPut:
				put = true
				w.Header().Set("ETag", `"2"`)
			default:
				w.Header().Set("ETag", `"1"`)
				io.WriteString(w, "content")
			}
		})
		_, err := files.Copy(t.Context(), b, "to", b, "from", nil)
		if err != nil || parts > 0 || !put {
			t.Errorf("%s: %v, %d requests of an upload in parts, put %v", p.Name, err, parts, put)
		}
	}
}

func pageOf(inside string) string {
	return "<ListBucketResult><IsTruncated>false</IsTruncated>" + inside + "</ListBucketResult>"
}

// TestLacksMany: a store without DeleteObjects is asked for each name by itself, and
// says so once.
func TestLacksMany(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	for _, c := range []struct {
		status int
		body   string
		lacks  bool
	}{
		{501, xmlError("NotImplemented"), true},
		{400, xmlError("NotImplemented"), true},
		{405, xmlError("MethodNotAllowed"), true},
		{400, xmlError("UnsupportedOperation"), true},
		{501, "", true},
		{403, xmlError("AccessDenied"), false},
		{404, xmlError("NoSuchKey"), false},
		{405, "<html>no</html>", false},
	} {
		var many, single atomic.Int64
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				many.Add(1)
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
				return
			}
			single.Add(1)
			w.WriteHeader(204)
		})
		for round := range 2 {
			before := many.Load()
			res, err := files.DeleteMany(t.Context(), b, func(yield func(string) bool) {
				for _, n := range names {
					if !yield(n) {
						return
					}
				}
			})
			switch {
			case errors.Is(err, files.ErrNotExist):
				t.Errorf("%d %.40s: %v", c.status, c.body, err)
			case c.lacks != (err == nil && int(res.Deleted) == len(names)):
				t.Errorf("%d %.40s: %+v, %v", c.status, c.body, res, err)
			case c.lacks && single.Load() != int64(len(names)*(round+1)):
				t.Errorf("%d %.40s: %d single requests", c.status, c.body, single.Load())
			case c.lacks && round == 1 && many.Load() > before:
				t.Errorf("%d %.40s: it is asked again", c.status, c.body)
			}
		}
	}
}

// TestOddPage: what XML can't hold in one key, what can't be decoded, and what nobody
// asks about don't fail a page.
func TestOddPage(t *testing.T) {
	object := func(key string) string {
		return "<Contents><Key>" + key + "</Key><Size>1</Size></Contents>"
	}
	for in, want := range map[string]string{
		object("a\xFFb") + object("c"):                                    "(a\xFFb) c",
		object("a&#xD800;b") + object("c"):                                "(a\xED\xA0\x80b) c",
		object("a&#xFFFE;b") + object("c"):                                "a\uFFFEb c",
		object("a\x01b") + object("c"):                                    "(a\x01b) c",
		object("a & b") + object("a&nbsp;b"):                              "a & b a&nbsp;b",
		object("<![CDATA[a&b]]>"):                                         "a&b",
		object("\U0010FF01"):                                              "\U0010FF01",
		"<MaxKeys></MaxKeys><KeyCount>many</KeyCount>" + object("c"):      "c",
		"<MaxKeys/><KeyCount/>" + object("c"):                             "c",
		object("b</Key><RestoreStatus>soon</RestoreStatus><Key>c"):        "c",
		"<EncodingType>url</EncodingType>" + object("a%zz") + object("c"): "(a%zz) c",
		"<EncodingType>url</EncodingType>" + object("b") + object("%"):    "b (%)",
		"<EncodingType>url</EncodingType>" + object("a%FF") + object("b"): "(a\xFF) b",
	} {
		b, requests := hostile(t, amazon, says(pageOf(in)))
		for _, foreign := range []bool{false, true} {
			var got []string
			for e, err := range b.List(t.Context(), "", &files.ListOptions{Foreign: foreign}) {
				switch {
				case err != nil:
					t.Errorf("%q: %v", in, err)
				case e.Key != "":
					got = append(got, "("+e.Key+")")
				default:
					got = append(got, e.Name)
				}
			}
			want := want
			if !foreign {
				var kept []string
				for s := range strings.SplitSeq(want, " ") {
					if !strings.HasPrefix(s, "(") {
						kept = append(kept, s)
					}
				}
				want = strings.Join(kept, " ")
			}
			if s := strings.Join(got, " "); s != want {
				t.Errorf("%q, foreign %v: %q, want %q", in, foreign, s, want)
			}
		}
		if n := requests.Load(); n != 2 {
			t.Errorf("%q: %d requests", in, n)
		}
	}
}

// TestOddPageIsCheap: elements that nobody closes cost no more than their page.
func TestOddPageIsCheap(t *testing.T) {
	open := strings.Repeat("<RestoreStatus>", 1<<20)
	begin := time.Now()
	if got := mendPage([]byte(open)); string(got) != open {
		t.Error("it was changed")
	}
	if d := time.Since(begin); d > 30*time.Second {
		t.Errorf("it took %v", d)
	}
}

// TestRefusedAndDone: a write that was carried out though something refused it, and
// whose repeat meets itself, is told by its mark; where it has none and the refusal
// wasn't the service's, nobody can know.
func TestRefusedAndDone(t *testing.T) {
	const proxy = "<html>sorry</html>"
	for _, c := range []struct {
		status int
		body   string
	}{
		{409, proxy}, {404, proxy}, {412, proxy}, {409, xmlError("OperationAborted")},
		{503, xmlError("SlowDown")}, {429, xmlError("TooManyRequests")},
		{400, xmlError("RequestTimeout")},
	} {
		for _, how := range []string{"absent", "version", "parts", "delete", "copy"} {
			var mark string
			first := true
			b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				if m := r.Header.Get("X-Amz-Meta-" + markKey); m != "" {
					mark = m
				}
				switch {
				case r.Method == http.MethodHead:
					w.Header().Set("ETag", `"2"`)
					w.Header().Set("Content-Length", "7")
					w.Header().Set("X-Amz-Meta-"+markKey, mark)
				case q.Has("uploads"):
					io.WriteString(w, begun)
				case q.Has("partNumber"):
					w.Header().Set("ETag", `"1"`)
				case first:
					first = false
					w.WriteHeader(c.status)
					io.WriteString(w, c.body)
				case how == "parts":
					w.WriteHeader(404)
					io.WriteString(w, xmlError("NoSuchUpload"))
				default:
					w.WriteHeader(412)
					io.WriteString(w, xmlError("PreconditionFailed"))
				}
			})
			var info files.Info
			var err error
			switch how {
			case "absent":
				info, err = putIf(t, b, files.IfAbsent())
			case "version":
				info, err = putIf(t, b, files.IfVersion("1"))
			case "parts":
				large := strings.NewReader(strings.Repeat("x", DefaultPartSize+1))
				info, err = b.Put(t.Context(), "a", large, &files.PutOptions{If: files.IfAbsent()})
			case "delete":
				err = b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: "1"})
			case "copy":
				_, err = files.Copy(t.Context(), b, "to", b, "from", &files.CopyOptions{
					If: files.IfAbsent(),
				})
			}
			name := fmt.Sprintf("%s, %d %.30s", how, c.status, c.body)
			switch marked := how != "delete" && how != "copy"; {
			case marked && (err != nil || info.Version != "2"):
				t.Errorf("%s: %+v, %v", name, info, err)
			case !marked && c.body == proxy && files.KindOf(err) != files.ErrUncertain:
				t.Errorf("%s: %v", name, err)
			case !marked && err == nil:
				t.Errorf("%s: nil", name)
			}
		}
	}
}

// TestFullStore: a store that is full says so, and leaves nothing open.
func TestFullStore(t *testing.T) {
	b, requests := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(507)
		io.WriteString(w, xmlError("XMinioStorageFull"))
	})
	if _, err := putIf(t, b, files.IfAbsent()); files.KindOf(err) != files.ErrTooLarge {
		t.Error(err)
	}
	_, err := files.PutString(t.Context(), b, "a", "x", nil)
	if files.KindOf(err) != files.ErrTooLarge {
		t.Error(err)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// TestRefusedNameEverywhere: a name that the store has no place for is refused by what
// copies from it and by what signs it, too, without a request.
func TestRefusedNameEverywhere(t *testing.T) {
	b, requests := hostile(t, minio, says(pageOf("")))
	const name = `x\..\y`
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		_, err := files.SignURL(t.Context(), b, name, &files.SignOptions{
			Method: method,
			Expiry: time.Hour,
		})
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("signing %s: %v", method, err)
		}
	}
	_, err := files.Copy(t.Context(), b, "a", b, name, nil)
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("copying: %v", err)
	}
	if n := requests.Load(); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// TestAsStored: R2 decodes what is stored in an encoding, unless that is asked for.
func TestAsStored(t *testing.T) {
	for p, want := range map[*Profile]string{r2: encodings, amazon: "identity"} {
		asked := map[string]string{}
		b, _ := hostile(t, p, func(w http.ResponseWriter, r *http.Request) {
			asked[r.Method] = r.Header.Get("Accept-Encoding")
			w.Header().Set("ETag", `"1"`)
			if strings.Contains(asked[r.Method], "gzip") {
				w.Header().Set("Content-Encoding", "gzip")
			}
			w.Header().Set("Content-Length", "6")
			if r.Method == http.MethodGet {
				io.WriteString(w, "packed")
			}
		})
		text, err := files.ReadString(t.Context(), b, "a", nil)
		if err != nil || text != "packed" {
			t.Errorf("%s: %q, %v", p.Name, text, err)
		}
		if _, err := b.Stat(t.Context(), "a", nil); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if asked["GET"] != want || asked["HEAD"] != want {
			t.Errorf("%s: %v, want %q", p.Name, asked, want)
		}
	}
}

// TestDirectoryAccessPoint: an access point of a directory bucket lists as one.
func TestDirectoryAccessPoint(t *testing.T) {
	for bucket, want := range map[string]bool{
		"b--use1-az4--x-s3": true, "b--use1-az4--xa-s3": true, "b-s3alias": false, "x-s3": false,
	} {
		b := newBackend(offlineClient("http://127.0.0.1:1"), bucket, Options{Profile: amazon})
		if b.isDirectory() != want || b.Features().Ordered == want {
			t.Errorf("%s: directory %v, ordered %v", bucket, b.isDirectory(), b.Features().Ordered)
		}
	}
}
