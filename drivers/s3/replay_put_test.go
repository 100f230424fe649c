package s3

import (
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestChecksums: a store that refuses checksums gets requests without after the first
// refusal. A composite checksum doesn't count as the content's.
func TestChecksums(t *testing.T) {
	const crc = "X-Amz-Checksum-Crc32c"
	put := func(sum string, status int, body string) exchange {
		return exchange{
			method:     "PUT",
			uri:        "/bucket/a",
			header:     map[string]string{crc: sum},
			status:     status,
			body:       body,
			respHeader: map[string]string{"ETag": `"1"`},
		}
	}
	const of = "4waSgw==" // CRC-32C of "123456789"
	store := func(t *testing.T, b files.Bucket, times int, want error) {
		for range times {
			if _, err := b.Put(t.Context(), "a", strings.NewReader("123456789"),
				nil); !errors.Is(err, want) || (err == nil) != (want == nil) {
				t.Errorf("%v, want %v", err, want)
			}
		}
	}
	t.Run("taken", func(t *testing.T) {
		store(t, replayed(t, nil, put(of, 200, ""), put(of, 200, "")), 2, nil)
	})
	t.Run("refused", func(t *testing.T) {
		store(t,
			replayed(t, nil, put(of, 501, xmlError("NotImplemented")), put("", 200, ""),
				put("", 200, "")), 2, nil)
	})
	t.Run("refused for another reason", func(t *testing.T) {
		b := replayed(t, nil, put(of, 400, xmlError("InvalidArgument")),
			put("", 400, xmlError("InvalidArgument")), put(of, 200, ""))
		store(t, b, 1, files.ErrInvalid)
		store(t, b, 1, nil)
	})
	t.Run("required", func(t *testing.T) {
		store(t,
			replayed(t, &Options{Checksums: ChecksumsCRC32C},
				put(of, 501, xmlError("NotImplemented"))), 1, files.ErrUnsupported)
	})
	t.Run("none", func(t *testing.T) {
		b := replayed(t, &Options{Checksums: ChecksumsNone}, put("", 200, ""))
		store(t, b, 1, nil)
		if b.Features().Digests {
			t.Error("claims digests")
		}
	})
	get := func(respHeader map[string]string) exchange {
		respHeader["ETag"], respHeader["Content-Length"] = `"1"`, "9"
		return exchange{
			method:     "GET",
			uri:        "/bucket/a",
			header:     map[string]string{"X-Amz-Checksum-Mode": "ENABLED"},
			status:     200,
			respHeader: respHeader,
			body:       "123456789",
		}
	}
	b := replayed(t, nil, get(map[string]string{
		crc:                   of,
		"X-Amz-Checksum-Type": "FULL_OBJECT",
	}), get(map[string]string{
		crc:                   "AAAAAA==",
		"X-Amz-Checksum-Type": "COMPOSITE",
	}), get(map[string]string{crc: "AAAAAA==-2"}),
		get(map[string]string{
			"X-Amz-Checksum-Crc64nvme": "rosUhgp5mIg=",
			"X-Amz-Checksum-Type":      "FULL_OBJECT",
		}), get(map[string]string{crc: "AAAAAA=="}))
	for i, want := range []struct {
		digest files.Digest
		err    error
	}{
		{files.Digest{CRC32C: "e3069283"}, nil},
		{},
		{},
		{files.Digest{CRC64NVME: "ae8b14860a799888"}, nil},
		{files.Digest{CRC32C: "00000000"}, files.ErrCorrupt},
	} {
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.ReadAll()
		if r.Info().Digest != want.digest || !errors.Is(err,
			want.err) || (err == nil) != (want.err == nil) {
			t.Errorf("response %d: %+v, %v; want %+v", i+1, r.Info().Digest, err, want)
		}
		r.Close()
	}
}
