package crypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// siv is AES-SIV (RFC 5297): deterministic authenticated encryption. The sealed text
// has the length of the plain one, and sivSize bytes in front.
type siv struct{ mac, ctr cipher.Block }

const sivSize = aes.BlockSize

// newSIV takes 32, 48 or 64 bytes: one half for the MAC and one for the encryption.
func newSIV(key []byte) (*siv, error) {
	mac, err := aes.NewCipher(key[:len(key)/2])
	if err != nil {
		return nil, err
	}
	ctr, err := aes.NewCipher(key[len(key)/2:])
	return &siv{mac, ctr}, err
}

func (s *siv) seal(plain []byte, associated ...[]byte) []byte {
	iv := s.s2v(plain, associated)
	out := append(iv[:], plain...)
	s.crypt(iv, out[sivSize:])
	return out
}

// open returns false for a text that seal hasn't made with the same associated data.
func (s *siv) open(sealed []byte, associated ...[]byte) ([]byte, bool) {
	if len(sealed) < sivSize {
		return nil, false
	}
	iv := [sivSize]byte(sealed)
	plain := append([]byte(nil), sealed[sivSize:]...)
	s.crypt(iv, plain)
	want := s.s2v(plain, associated)
	return plain, subtle.ConstantTimeCompare(want[:], iv[:]) == 1
}

func (s *siv) crypt(iv [sivSize]byte, text []byte) {
	iv[8] &= 0x7f // as the RFC requires, for 32-bit and 64-bit adders
	iv[12] &= 0x7f
	cipher.NewCTR(s.ctr, iv[:]).XORKeyStream(text, text)
}

// s2v is S2V of section 2.4.
func (s *siv) s2v(plain []byte, associated [][]byte) [sivSize]byte {
	d := s.cmac(make([]byte, sivSize))
	for _, a := range associated {
		d = double(d)
		m := s.cmac(a)
		subtle.XORBytes(d[:], d[:], m[:])
	}
	if n := len(plain) - sivSize; n >= 0 {
		t := append([]byte(nil), plain...)
		subtle.XORBytes(t[n:], t[n:], d[:])
		return s.cmac(t)
	}
	d = double(d)
	t := pad(plain)
	subtle.XORBytes(d[:], d[:], t[:])
	return s.cmac(d[:])
}

// cmac is AES-CMAC (RFC 4493).
func (s *siv) cmac(m []byte) [sivSize]byte {
	var zero, x [sivSize]byte
	s.mac.Encrypt(zero[:], zero[:])
	k := double(zero)
	for len(m) > sivSize {
		subtle.XORBytes(x[:], x[:], m[:sivSize])
		s.mac.Encrypt(x[:], x[:])
		m = m[sivSize:]
	}
	var last [sivSize]byte
	if len(m) == sivSize {
		last = [sivSize]byte(m)
	} else {
		last, k = pad(m), double(k)
	}
	subtle.XORBytes(x[:], x[:], last[:])
	subtle.XORBytes(x[:], x[:], k[:])
	s.mac.Encrypt(x[:], x[:])
	return x
}

func pad(m []byte) (b [sivSize]byte) {
	b[copy(b[:], m)] = 0x80
	return b
}

// double multiplies by x in the field of 2^128 elements.
func double(b [sivSize]byte) (d [sivSize]byte) {
	var carry byte
	for i := sivSize - 1; i >= 0; i-- {
		d[i] = b[i]<<1 | carry
		carry = b[i] >> 7
	}
	d[sivSize-1] ^= carry * 0x87
	return d
}
