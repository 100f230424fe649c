package signing_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/compress"
	"cloudfiles.dev/files/filestest"
	"cloudfiles.dev/files/limit"
	"cloudfiles.dev/files/mount"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/retry"
	"cloudfiles.dev/files/signing"
	"cloudfiles.dev/files/timeout"
)

// partSize is the smallest size of a part on the takers.
const partSize = 5 << 20

// threeParts is a content of two whole parts and a small one.
func threeParts(fill string) string { return strings.Repeat(fill, 2*partSize) + "end" }

func begin(t *testing.T, b files.Bucket, name string, content string,
	o signing.UploadOptions) *signing.Upload {
	t.Helper()
	o.Size, o.PartSize = int64(len(content)), partSize
	u, err := signing.BeginUpload(t.Context(), b, name, &o)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func signPart(t *testing.T, b files.Bucket, u *signing.Upload, n int) files.SignedURL {
	t.Helper()
	s, err := signing.SignPart(t.Context(), b, u, n, &signing.PartOptions{Expiry: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// put sends a part, and returns the response's status.
func put(h http.Handler, s files.SignedURL, content string) int {
	r := httptest.NewRequest(s.Method, s.URL, strings.NewReader(content))
	maps.Copy(r.Header, s.Header)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// sendParts signs and sends some parts of the content.
func sendParts(t *testing.T, b files.Bucket, h http.Handler, u *signing.Upload, content string,
	numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		off, size := u.Part(n)
		if code := put(h, signPart(t, b, u, n), content[off:off+size]); code != http.StatusOK {
			t.Fatalf("part %d: the response is %d, want 200", n, code)
		}
	}
}

func wantContent(t *testing.T, b files.Bucket, name, want string) {
	t.Helper()
	got, err := files.ReadAll(t.Context(), b, name, nil)
	if err != nil || string(got) != want {
		t.Errorf("%q has %d bytes, %v, want the %d bytes that were sent", name, len(got), err,
			len(want))
	}
}

// TestUpload: an upload goes on with what its JSON keeps, a part that expired is signed
// anew, one that was sent twice is the later one, and the file has the attributes.
func TestUpload(t *testing.T) {
	eachTaker(t, func(t *testing.T, b files.Bucket, h http.Handler) {
		content := threeParts("x")
		a := files.Attributes{CacheControl: "no-store", Metadata: map[string]string{"k": "v"}}
		u := begin(t, b, "d/film.mp4", content, signing.UploadOptions{Attributes: a})
		old := signPart(t, b, u, 3)
		time.Sleep(61 * time.Second)
		if code := put(h, old, "end"); code != http.StatusForbidden {
			t.Errorf("a part that expired: %d, want 403", code)
		}
		text, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		u = &signing.Upload{}
		if err := json.Unmarshal(text, u); err != nil {
			t.Fatal(err)
		}
		sendParts(t, b, h, u, threeParts("y"), 2)
		time.Sleep(time.Second)
		sendParts(t, b, h, u, content, 3, 2)
		for left, err := range resume.Uploads(t.Context(), b, "") {
			if err != nil || left.Size != partSize+3 {
				t.Errorf("the upload has %d bytes, %v, want those of its parts", left.Size, err)
			}
		}
		parts, err := signing.ListParts(t.Context(), b, u)
		want := []signing.Part{{Number: 2, Size: partSize}, {Number: 3, Size: 3}}
		if err != nil || !slices.Equal(parts, want) || !slices.Equal(u.Missing(parts), []int{1}) {
			t.Errorf("there are %v, %v, want %v", parts, err, want)
		}
		_, err = signing.CompleteUpload(t.Context(), b, u)
		if !errors.Is(err, files.ErrCorrupt) ||
			!strings.Contains(err.Error(), "part 1 is missing") {
			t.Errorf("completing without a part: %v, want ErrCorrupt", err)
		}
		wantNothing(t, b)
		sendParts(t, b, h, u, content, 1)
		info, err := signing.CompleteUpload(t.Context(), b, u)
		if err != nil || info.Name != "d/film.mp4" || info.Size != u.Size ||
			info.ContentType != "video/mp4" {
			t.Fatalf("CompleteUpload: %+v, %v", info, err)
		}
		wantContent(t, b, "d/film.mp4", content)
		stored, err := b.Stat(t.Context(), "d/film.mp4", nil)
		if err != nil || stored.ContentType != "video/mp4" || stored.CacheControl != "no-store" ||
			stored.Metadata["k"] != "v" {
			t.Errorf("the file has %+v, %v", stored.Attributes, err)
		}
		again, err := signing.CompleteUpload(t.Context(), b, u)
		if err != nil || again.Version != stored.Version {
			t.Errorf("completing once more: %+v, %v, want the file's Info", again, err)
		}
		if code := put(h, signPart(t, b, u, 3), "end"); code != http.StatusNotFound {
			t.Errorf("a part of an upload that was completed: %d, want 404", code)
		}
		if _, err := files.PutString(t.Context(), b, "d/film.mp4", "x", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := signing.CompleteUpload(t.Context(), b,
			u); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("completing after the file was replaced: %v, want ErrNotExist", err)
		}
	})
}

// TestUploadBound: a request that differs from the signed part is refused.
func TestUploadBound(t *testing.T) {
	eachTaker(t, func(t *testing.T, b files.Bucket, h http.Handler) {
		content := threeParts("x")
		u := begin(t, b, "a", content, signing.UploadOptions{})
		s := signPart(t, b, u, 3)
		for what, c := range map[string]struct {
			change  func(q url.Values)
			content string
		}{
			"another number":  {func(q url.Values) { q.Set("part", "2") }, "end"},
			"another name":    {func(q url.Values) { q.Set("name", "b") }, "end"},
			"another upload":  {func(q url.Values) { q.Set("upload", "b") }, "end"},
			"another size":    {func(q url.Values) { q.Set("size", "4") }, "end!"},
			"a larger file":   {func(q url.Values) { q.Set("total", "9") }, "end"},
			"a later end":     {func(q url.Values) { q.Set("expires", "99999999999") }, "end"},
			"a parameter":     {func(q url.Values) { q.Set("x", "") }, "end"},
			"one value twice": {func(q url.Values) { q.Add("part", "3") }, "end"},
			"no signature":    {func(q url.Values) { q.Del("signature") }, "end"},
			"one byte more":   {func(url.Values) {}, "end!"},
			"one byte less":   {func(url.Values) {}, "en"},
		} {
			at, err := url.Parse(s.URL)
			if err != nil {
				t.Fatal(err)
			}
			q := at.Query()
			c.change(q)
			at.RawQuery = q.Encode()
			if code := put(h, files.SignedURL{Method: "PUT", URL: at.String()},
				c.content); code/100 != 4 {
				t.Errorf("%s: %d, want 4xx", what, code)
			}
		}
		for _, method := range []string{"GET", "HEAD", "DELETE", "POST"} {
			if code := put(h, files.SignedURL{Method: method, URL: s.URL}, "end"); code/100 != 4 {
				t.Errorf("%s: %d, want 4xx", method, code)
			}
		}
		// a body without a length, as of a stream, is counted while it comes
		for _, body := range []string{"en", "end!"} {
			r := httptest.NewRequest("PUT", s.URL, io.MultiReader(strings.NewReader(body)))
			r.ContentLength = -1
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
				t.Errorf("a stream of %q: %d, want 400", body, w.Code)
			}
		}
		parts, err := signing.ListParts(t.Context(), b, u)
		if err != nil || len(parts) != 0 {
			t.Errorf("there are %v, %v, want none", parts, err)
		}
		at, err := url.Parse(s.URL)
		if err != nil || strings.Contains(s.String(), at.Query().Get("signature")) {
			t.Errorf("String shows the signature: %s, %v", s, err)
		}
	})
}

// TestUploadCondition: the condition is decided when the upload is completed, and after
// an error the parts are kept until AbortUpload.
func TestUploadCondition(t *testing.T) {
	b := filestest.New(t, filestest.As(filestest.S3))
	h := b.Handler()
	for name, c := range map[string]struct {
		cond files.Condition
		want error
	}{
		"absent":  {files.IfAbsent(), files.ErrExist},
		"version": {files.IfVersion("1"), files.ErrPrecondition},
	} {
		u := begin(t, b, name, "x", signing.UploadOptions{If: c.cond})
		sendParts(t, b, h, u, "x", 1)
		if _, err := files.PutString(t.Context(), b, name, "first", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := signing.CompleteUpload(t.Context(), b, u); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		wantContent(t, b, name, "first")
		if parts, err := signing.ListParts(t.Context(), b, u); err != nil || len(parts) != 1 {
			t.Errorf("%s: there are %v, %v, want one", name, parts, err)
		}
		for range 2 {
			if err := signing.AbortUpload(t.Context(), b, u); err != nil {
				t.Error(err)
			}
		}
		if _, err := signing.ListParts(t.Context(), b, u); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("%s: the parts after AbortUpload: %v, want ErrNotExist", name, err)
		}
	}
	u := begin(t, b, "dropped", "x", signing.UploadOptions{})
	left := 0
	for range resume.Uploads(t.Context(), b, "") {
		left++
	}
	b.Clock.Advance(-8 * 24 * time.Hour) // the upload below is from then
	begin(t, b, "old", "x", signing.UploadOptions{})
	n, err := resume.AbortStale(t.Context(), b, nil)
	if left != 1 || n != 1 || err != nil {
		t.Errorf("there was %d upload, and AbortStale removed %d, %v, want 1 and 1", left, n, err)
	}
	if _, err := signing.ListParts(t.Context(), b, u); err != nil {
		t.Errorf("AbortStale has removed a new upload: %v", err)
	}
}

// TestUploadThroughWrappers: Sub and a mount sign for the name in the bucket below, layers
// that only watch or delay pass uploads, and those that a part would bypass refuse.
func TestUploadThroughWrappers(t *testing.T) {
	eachTaker(t, func(t *testing.T, b files.Bucket, h http.Handler) {
		sub, err := files.Sub(b, "tenant")
		if err != nil {
			t.Fatal(err)
		}
		mounted, err := mount.New(map[string]files.Bucket{"in": b})
		if err != nil {
			t.Fatal(err)
		}
		limited, err := limit.New(b, &limit.Options{All: limit.Limits{Calls: 4}})
		if err != nil {
			t.Fatal(err)
		}
		bytes, err := limit.New(b, &limit.Options{All: limit.Limits{BytesPerSecond: 1 << 20}})
		if err != nil {
			t.Fatal(err)
		}
		timed, err := timeout.New(b, timeout.Silence(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		packed, err := compress.New(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string]struct {
			b           files.Bucket
			name, below string
		}{
			"Sub":     {sub, "a", "tenant/a"},
			"mount":   {mounted, "in/b", "b"},
			"limit":   {limited, "c", "c"},
			"timeout": {timed, "d", "d"},
			"retry":   {retry.Wrap(b, retry.New()), "e", "e"},
		} {
			content := threeParts(what[:1])
			u := begin(t, c.b, c.name, content, signing.UploadOptions{})
			sendParts(t, c.b, h, u, content, 2, 1, 3)
			if info, err := signing.CompleteUpload(t.Context(), c.b, u); err != nil ||
				info.Name != c.name {
				t.Errorf("%s: CompleteUpload = %+v, %v, want the name %s", what, info, err, c.name)
			}
			wantContent(t, b, c.below, content)
			_, err := signing.ListParts(t.Context(), b, u)
			if c.below != c.name && !errors.Is(err, files.ErrInvalid) {
				t.Errorf("%s: the upload in the bucket below: %v, want ErrInvalid", what, err)
			}
		}
		u := begin(t, b, "z", threeParts("z"), signing.UploadOptions{})
		for what, c := range map[string]struct {
			b    files.Bucket
			want error
		}{
			"read-only":      {files.ReadOnly(b), files.ErrPermission},
			"compress":       {packed, files.ErrUnsupported},
			"limit of bytes": {bytes, files.ErrUnsupported},
			"hook of content": {
				files.Wrap(b, files.Hooks{Content: sameContent}),
				files.ErrUnsupported,
			},
			"smaller": {files.Wrap(b, files.Hooks{Features: func(f files.Features) files.Features {
				f.MaxSize = 5
				return f
			}}), files.ErrUnsupported},
			"refuses": {files.Wrap(b, files.Hooks{Uploads: true, Around: func(context.Context,
				*files.Call, func(context.Context) error) error {
				return files.ErrPermission
			}}), files.ErrPermission},
			"answers": {files.Wrap(b, files.Hooks{Uploads: true, Around: func(context.Context,
				*files.Call, func(context.Context) error) error {
				return nil
			}}), files.ErrUnsupported},
		} {
			o := &signing.UploadOptions{Size: 1}
			if what != "answers" {
				_, err := signing.BeginUpload(t.Context(), c.b, "z", o)
				if !errors.Is(err, c.want) {
					t.Errorf("%s: BeginUpload: %v, want %v", what, err, c.want)
				}
			}
			if _, err := signing.SignPart(t.Context(), c.b, u, 1, nil); !errors.Is(err, c.want) {
				t.Errorf("%s: SignPart: %v, want %v", what, err, c.want)
			}
		}
	})
}

func sameContent(_ context.Context, _ *files.Call, r io.Reader) io.Reader { return r }

// TestUploadRefuses: options that make no sense, and an upload that isn't one of the
// bucket's, are refused at once.
func TestUploadRefuses(t *testing.T) {
	s3 := filestest.New(t, filestest.As(filestest.S3))
	gcs := filestest.New(t, filestest.As(filestest.GCS))
	for what, c := range map[string]struct {
		b    files.Bucket
		name string
		o    *signing.UploadOptions
		want error
	}{
		"no size":   {s3, "a", nil, files.ErrInvalid},
		"size":      {s3, "a", &signing.UploadOptions{Size: -1}, files.ErrInvalid},
		"part size": {s3, "a", &signing.UploadOptions{Size: 1, PartSize: -1}, files.ErrInvalid},
		"large":     {s3, "a", &signing.UploadOptions{Size: 1 << 60}, files.ErrTooLarge},
		"large part": {s3, "a", &signing.UploadOptions{
			Size:     20 << 30,
			PartSize: 10 << 30,
		}, files.ErrTooLarge},
		"name": {s3, "a/", &signing.UploadOptions{Size: 1}, files.ErrInvalidName},
		"nil":  {nil, "a", &signing.UploadOptions{Size: 1}, files.ErrInvalid},
		"type": {s3, "a", &signing.UploadOptions{
			Size:       1,
			Attributes: files.Attributes{ContentType: "a\nb"},
		}, files.ErrInvalid},
		"memory": {mem.New(nil), "a", &signing.UploadOptions{Size: 1}, files.ErrUnsupported},
		"clouds": {filestest.New(t), "a", &signing.UploadOptions{Size: 1}, files.ErrUnsupported},
		"GCS with a condition": {gcs, "a", &signing.UploadOptions{
			Size: 1,
			If:   files.IfAbsent(),
		}, files.ErrUnsupported},
	} {
		if _, err := signing.BeginUpload(t.Context(), c.b, c.name, c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	u := begin(t, s3, "a", "x", signing.UploadOptions{})
	for what, c := range map[string]struct {
		b      files.Bucket
		change func(u *signing.Upload)
		n      int
		expiry time.Duration
	}{
		"part 0":         {s3, nil, 0, 0},
		"part 2":         {s3, nil, 2, 0},
		"expiry":         {s3, nil, 1, -1},
		"long":           {s3, nil, 1, 8 * 24 * time.Hour},
		"another bucket": {gcs, nil, 1, 0},
		"another name":   {s3, func(u *signing.Upload) { u.Name = "b" }, 1, 0},
		"no ID":          {s3, func(u *signing.Upload) { u.ID = "" }, 1, 0},
		"no part size":   {s3, func(u *signing.Upload) { u.PartSize = 0 }, 1, 0},
		"many parts":     {s3, func(u *signing.Upload) { u.Size = 1 << 60 }, 1, 0},
	} {
		changed := *u
		if c.change != nil {
			c.change(&changed)
		}
		_, err := signing.SignPart(t.Context(), c.b, &changed, c.n,
			&signing.PartOptions{Expiry: c.expiry})
		if !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", what, err)
		}
	}
	if _, err := signing.SignPart(t.Context(), s3, nil, 1, nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("no upload: %v, want ErrInvalid", err)
	}
	if _, err := signing.CompleteUpload(t.Context(), s3, nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("no upload: %v, want ErrInvalid", err)
	}
}

// TestUploadHandler: a handler without uploads, or of smaller files, refuses parts.
func TestUploadHandler(t *testing.T) {
	signer, err := localhttp.NewSigner(&url.URL{Path: "/files"}, []byte("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := local.Open(t.TempDir(), &local.Options{NoSync: true, Signer: signer})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	u := begin(t, b, "a", "abc", signing.UploadOptions{})
	for most, want := range map[int64]int{
		0: http.StatusMethodNotAllowed,
		2: http.StatusRequestEntityTooLarge,
		3: http.StatusOK,
	} {
		h, err := localhttp.NewHandler(b, &localhttp.Options{MaxUpload: most})
		if err != nil {
			t.Fatal(err)
		}
		if code := put(h, signPart(t, b, u, 1), "abc"); code != want {
			t.Errorf("MaxUpload %d: %d, want %d", most, code, want)
		}
	}
}
