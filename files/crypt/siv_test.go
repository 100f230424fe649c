package crypt

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestSIV checks the vectors of RFC 5297, appendix A.
func TestSIV(t *testing.T) {
	for _, v := range []struct {
		key, plain, want string
		associated       []string
	}{
		{
			key:        "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
			associated: []string{"101112131415161718191a1b1c1d1e1f2021222324252627"},
			plain:      "112233445566778899aabbccddee",
			want:       "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c",
		},
		{
			key: "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f",
			associated: []string{
				"00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa9988" +
					"7766554433221100",
				"102030405060708090a0",
				"09f911029d74e35bd84156c5635688c0",
			},
			plain: "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074" +
				"207573696e67205349562d414553",
			want: "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17dba77ceb" +
				"094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d",
		},
	} {
		s, err := newSIV(unhex(t, v.key))
		if err != nil {
			t.Fatal(err)
		}
		var associated [][]byte
		for _, a := range v.associated {
			associated = append(associated, unhex(t, a))
		}
		sealed := s.seal(unhex(t, v.plain), associated...)
		if hex.EncodeToString(sealed) != v.want {
			t.Errorf("got %x, want %s", sealed, v.want)
		}
		plain, ok := s.open(sealed, associated...)
		if !ok || !bytes.Equal(plain, unhex(t, v.plain)) {
			t.Errorf("opened: %x, %v", plain, ok)
		}
		for i := range sealed {
			sealed[i] ^= 1
			if _, ok := s.open(sealed, associated...); ok {
				t.Errorf("open succeeds although byte %d was changed", i)
			}
			sealed[i] ^= 1
		}
		if _, ok := s.open(sealed, []byte("other")); ok {
			t.Error("open succeeds with other associated data")
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSizesBothWays: storedSize and plainSize are inverse, and mostPlain agrees with
// them.
func TestSizesBothWays(t *testing.T) {
	seen := map[int64]bool{}
	for _, at := range []int64{0, chunkSize, 2 * chunkSize, 1000 * chunkSize, 1 << 40} {
		for n := max(at-20, 0); n < at+20; n++ {
			s := storedSize(n)
			if p, err := plainSize(s); err != nil || p != n {
				t.Errorf("the stored size of %d bytes is %d, whose plain size is %d, %v", n, s,
					p, err)
			}
			if m := mostPlain(s); m != max(n, 1) {
				t.Errorf("at most %d stored bytes are at most %d plain ones, want %d", s, m, n)
			}
			seen[s] = true
		}
	}
	for s := range headerSize + sealedChunk + 40 {
		if _, err := plainSize(s); err == nil && !seen[s] && s < headerSize+overhead+20 {
			t.Errorf("%d bytes are taken for an encrypted file", s)
		}
	}
	for _, s := range []int64{-1, 1<<63 - 1, headerSize + sealedChunk + 1,
		headerSize + sealedChunk + overhead} {
		if _, err := plainSize(s); err == nil {
			t.Errorf("%d bytes are taken for an encrypted file", s)
		}
	}
}

// TestDocumentedSizes: the package comment says how much longer files and names get.
func TestDocumentedSizes(t *testing.T) {
	if n := storedSize(3*chunkSize) - 3*chunkSize; n != 245+3*16 {
		t.Errorf("three chunks are stored with %d bytes more, want 245+3·16", n)
	}
	if n := maxPlainName(1024); n != 381 {
		t.Errorf("maxPlainName(1024) = %d, want 381", n)
	}
}
