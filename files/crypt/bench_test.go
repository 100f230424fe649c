package crypt_test

import (
	"bytes"
	"io"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/crypt"
	"golang.org/x/crypto/chacha20poly1305"
)

const benchSize = 16 << 20

// BenchmarkCipher measures the cipher alone, in chunks of age's size.
func BenchmarkCipher(b *testing.B) {
	a, err := chacha20poly1305.New(secret(1))
	if err != nil {
		b.Fatal(err)
	}
	plain, nonce := content(benchSize), make([]byte, a.NonceSize())
	sealed := a.Seal(nil, nonce, plain[:crypt.ChunkSize], nil)
	out := make([]byte, 0, crypt.ChunkSize+16)
	b.Run("seal", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			for at := 0; at < benchSize; at += crypt.ChunkSize {
				a.Seal(out, nonce, plain[at:at+crypt.ChunkSize], nil)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			for range benchSize / crypt.ChunkSize {
				if _, err := a.Open(out, nonce, sealed, nil); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkCrypt measures the encrypted bucket and the bare one. The difference is the
// cost of crypt, to be compared with BenchmarkCipher of the same run.
func BenchmarkCrypt(b *testing.B) {
	below := mem.New(nil)
	c, err := crypt.New(below, &crypt.Options{Keys: []crypt.Key{key("1", 1)}})
	if err != nil {
		b.Fatal(err)
	}
	for name, bucket := range map[string]files.Bucket{"bare": mem.New(nil), "crypt": c} {
		b.Run(name, func(b *testing.B) { benchBucket(b, bucket) })
	}
}

func benchBucket(b *testing.B, c files.Bucket) {
	plain := content(benchSize)
	if _, err := files.PutBytes(b.Context(), c, "a", plain, nil); err != nil {
		b.Fatal(err)
	}
	b.Run("put", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			if _, err := c.Put(b.Context(), "a", bytes.NewReader(plain), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			if _, err := files.Download(b.Context(), c, "a", io.Discard, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get-from", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			r, err := c.Get(b.Context(), "a", &files.GetOptions{Range: files.From(1)})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r); err != nil {
				b.Fatal(err)
			}
			r.Close()
		}
	})
}
