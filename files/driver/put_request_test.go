package driver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// sizes is a map backend that notes the sizes of its last Put, and how many there were.
type sizes struct {
	*mapdriver.Backend
	size     int64
	declared bool
	found    bool // the content type
	puts     int
}

func (s *sizes) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	s.puts++
	s.size, s.declared, s.found = req.Size, req.SizeDeclared, req.TypeFound
	return s.Backend.Put(ctx, req)
}

// TestPutRequestSize: the backend learns the size that was declared, or that the reader
// reports, and which of both it is.
func TestPutRequestSize(t *testing.T) {
	back := &sizes{Backend: mapdriver.New()}
	b := driver.New(back)
	for _, c := range []struct {
		content  io.Reader
		declared *int64
		want     int64
	}{
		{strings.NewReader("four"), nil, 4},
		{strings.NewReader("four"), size(4), 4},
		{strings.NewReader(""), size(0), 0},
		{strings.NewReader(""), nil, 0},
		{io.MultiReader(strings.NewReader("")), size(0), 0},
		{io.MultiReader(strings.NewReader("four")), nil, -1},
		{io.MultiReader(strings.NewReader("four")), size(4), 4},
	} {
		_, err := b.Put(t.Context(), "a", c.content, &files.PutOptions{Size: c.declared})
		if err != nil || back.size != c.want || back.declared != (c.declared != nil) {
			t.Errorf("%T, %v: the backend got %d, declared: %v; %v", c.content, c.declared,
				back.size, back.declared, err)
		}
	}
}

// TestPutRequestType: the backend learns whether the content type was found, or given.
func TestPutRequestType(t *testing.T) {
	back := &sizes{Backend: mapdriver.New()}
	b := driver.New(back)
	for _, given := range []string{"", "text/plain"} {
		_, err := b.Put(t.Context(), "a", strings.NewReader("four"), &files.PutOptions{
			Attributes: files.Attributes{ContentType: given},
		})
		if err != nil || back.found != (given == "") {
			t.Errorf("given %q: found: %v; %v", given, back.found, err)
		}
	}
}

// TestPutEveryDigest: each digest that was declared is compared with the content.
func TestPutEveryDigest(t *testing.T) {
	right := files.Digest{
		CRC32C:    "e3069283",
		MD5:       "25f9e794323b453885f5181f1b624d0b",
		SHA256:    "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
		CRC32:     "cbf43926",
		CRC64NVME: "ae8b14860a799888",
	}
	for what, wrong := range map[string]func(d *files.Digest) *string{
		"none":      func(*files.Digest) *string { return nil },
		"CRC32C":    func(d *files.Digest) *string { return &d.CRC32C },
		"MD5":       func(d *files.Digest) *string { return &d.MD5 },
		"SHA256":    func(d *files.Digest) *string { return &d.SHA256 },
		"CRC32":     func(d *files.Digest) *string { return &d.CRC32 },
		"CRC64NVME": func(d *files.Digest) *string { return &d.CRC64NVME },
	} {
		d, want := right, error(nil)
		if p := wrong(&d); p != nil {
			*p = strings.Repeat("0", len(*p))
			want = files.ErrCorrupt
		}
		for _, r := range []io.Reader{
			strings.NewReader("123456789"), bytes.NewReader([]byte("123456789")),
		} {
			b := driver.New(mapdriver.New())
			info, err := b.Put(t.Context(), "a", r, &files.PutOptions{Digest: d})
			if !errors.Is(err, want) || err == nil && info.Digest != d {
				t.Errorf("%s, %T: %+v, %v, want %v", what, r, info.Digest, err, want)
			}
		}
	}
}

// undigested is a map backend that claims digests, and returns none from Put.
type undigested struct{ *mapdriver.Backend }

func (u undigested) Put(ctx context.Context, req *driver.PutRequest) (files.Info, error) {
	info, err := u.Backend.Put(ctx, req)
	info.Digest = files.Digest{}
	return info, err
}

// TestPutFillsDigest: the Info of a Put has the digests that were computed, if the backend
// returns none.
func TestPutFillsDigest(t *testing.T) {
	b := driver.New(undigested{mapdriver.New()})
	d := files.Digest{CRC32C: "e3069283", MD5: "25f9e794323b453885f5181f1b624d0b"}
	info, err := b.Put(t.Context(), "a", strings.NewReader("123456789"),
		&files.PutOptions{Digest: d})
	if err != nil || info.Digest != d {
		t.Errorf("%+v, %v, want %+v", info.Digest, err, d)
	}
}

// TestPutThatFailsAtOnce: content that fails while its type is being found never reaches
// the backend.
func TestPutThatFailsAtOnce(t *testing.T) {
	boom := errors.New("boom")
	back := &sizes{Backend: mapdriver.New()}
	b := driver.New(back)
	for _, r := range []io.Reader{
		iotest.ErrReader(boom),
		io.MultiReader(strings.NewReader("some"), iotest.ErrReader(boom)),
	} {
		if _, err := b.Put(t.Context(), "a", r, nil); !errors.Is(err, boom) || back.puts != 0 {
			t.Errorf("%v after %d calls of the backend, want boom after none", err, back.puts)
		}
	}
}

// summed is a map backend whose files have a digest that isn't theirs.
type summed struct {
	*mapdriver.Backend
	claims bool
}

func (s summed) Features() files.Features {
	f := s.Backend.Features()
	f.Digests = s.claims
	return f
}

func (s summed) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	o, err := s.Backend.Open(ctx, req)
	o.Info.Digest = files.Digest{CRC32C: "00000000"}
	return o, err
}

// TestGetVerifies: a whole read is compared with the digest that the backend reports, if
// it claims digests and the caller doesn't refuse.
func TestGetVerifies(t *testing.T) {
	for _, claims := range []bool{false, true} {
		for _, skip := range []bool{false, true} {
			b := driver.New(summed{mapdriver.New(), claims})
			if _, err := files.PutString(t.Context(), b, "a", "x", nil); err != nil {
				t.Fatal(err)
			}
			r, err := b.Get(t.Context(), "a", &files.GetOptions{SkipVerify: skip})
			if err != nil {
				t.Fatal(err)
			}
			var want error
			if claims && !skip {
				want = files.ErrCorrupt
			}
			if got, err := r.ReadString(); !errors.Is(err, want) || err == nil && got != "x" {
				t.Errorf("claims %v, skip %v: %q, %v, want %v", claims, skip, got, err, want)
			}
			r.Close()
		}
	}
}
