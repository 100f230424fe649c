package crypt

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"filippo.io/age"
	"golang.org/x/crypto/chacha20poly1305"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The stanza of an age header that this package writes. It has one argument, of fixed
// length, in base64:
//
//	length of the key's ID          1 byte
//	ID, filled up with zeros       32 bytes
//	salt                           16 bytes
//	mark of the secret              8 bytes, distinguishes a wrong key from damage
//	SHA-256 of all that             8 bytes, distinguishes an unknown ID from a damaged one
//
// The body is the file key, encrypted by ChaCha20-Poly1305 with a key that HKDF-SHA256
// derives from the secret and the salt, and with the argument and the file's name as
// associated data. The nonce is zero, because the key is used once.
const (
	stanzaType = "cloudfiles.dev/crypt-v1"
	secretSize = 32
	saltSize   = 16
	markSize   = 8
	sumSize    = 8
	recordSize = 1 + MaxID + saltSize + markSize + sumSize
	fileKey    = 16
)

var base64s = base64.RawStdEncoding.Strict()

// key is a Key prepared for use.
type key struct {
	id     string
	secret []byte
	mark   []byte
}

func newKey(k Key) *key {
	n := &key{id: k.ID, secret: append([]byte(nil), k.Secret...)}
	n.mark = n.derive(nil, "cloudfiles.dev/crypt-v1 mark of the key", markSize)
	return n
}

func (k *key) derive(salt []byte, info string, n int) []byte {
	out, err := hkdf.Key(sha256.New, k.secret, salt, info, n)
	if err != nil {
		panic(err) // only lengths can be wrong
	}
	return out
}

// record makes the stanza's argument.
func (k *key) record(salt []byte) []byte {
	r := make([]byte, 1+MaxID, recordSize)
	r[0] = byte(len(k.id))
	copy(r[1:], k.id)
	r = append(append(r, salt...), k.mark...)
	sum := sha256.Sum256(r)
	return append(r, sum[:sumSize]...)
}

func (k *key) seal(record []byte, name string, fileKey []byte) []byte {
	a, nonce := k.aead(record)
	return a.Seal(nil, nonce, fileKey, associated(record, name))
}

func (k *key) unseal(record []byte, name string, body []byte) ([]byte, error) {
	a, nonce := k.aead(record)
	return a.Open(nil, nonce, body, associated(record, name))
}

func (k *key) aead(record []byte) (aead, []byte) {
	salt := record[1+MaxID : 1+MaxID+saltSize]
	a, err := chacha20poly1305.New(k.derive(salt, "cloudfiles.dev/crypt-v1 file key",
		chacha20poly1305.KeySize))
	if err != nil {
		panic(err) // only the length can be wrong
	}
	return a, make([]byte, chacha20poly1305.NonceSize)
}

type aead interface {
	Seal(dst, nonce, plaintext, additional []byte) []byte
	Open(dst, nonce, ciphertext, additional []byte) ([]byte, error)
}

func associated(record []byte, name string) []byte {
	return append(append([]byte(nil), record...), name...)
}

// readRecord returns the ID and the mark of a stanza's argument.
func readRecord(r []byte) (id string, mark []byte, ok bool) {
	if len(r) != recordSize || r[0] < 1 || r[0] > MaxID {
		return "", nil, false
	}
	sum := sha256.Sum256(r[:recordSize-sumSize])
	if subtle.ConstantTimeCompare(sum[:sumSize], r[recordSize-sumSize:]) != 1 {
		return "", nil, false
	}
	return string(r[1 : 1+r[0]]), r[1+MaxID+saltSize:][:markSize], true
}

// sealing is an age.Recipient: the first key, for one file name.
type sealing struct {
	key  *key
	name string
}

func (s *sealing) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	record := s.key.record(salt)
	return []*age.Stanza{{
		Type: stanzaType,
		Args: []string{base64s.EncodeToString(record)},
		Body: s.key.seal(record, s.name, fileKey),
	}}, nil
}

// unsealing is an age.Identity: all keys, for one file name.
type unsealing struct {
	ring *ring
	name string
	id   string // of the file's key, once Unwrap has found it
}

func (u *unsealing) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if len(stanzas) != 1 || stanzas[0].Type != stanzaType || len(stanzas[0].Args) != 1 {
		return nil, damaged("the file wasn't encrypted by this package")
	}
	record, err := base64s.DecodeString(stanzas[0].Args[0])
	if err != nil {
		return nil, damaged("the header is damaged")
	}
	id, mark, ok := readRecord(record)
	if !ok {
		return nil, damaged("the header is damaged")
	}
	k := u.ring.byID[id]
	switch {
	case k == nil:
		return nil, &KeyError{ID: id}
	case subtle.ConstantTimeCompare(k.mark, mark) != 1:
		return nil, &KeyError{ID: id, Other: true}
	}
	plain, err := k.unseal(record, u.name, stanzas[0].Body)
	if err != nil || len(plain) != fileKey {
		return nil, damaged("the header is damaged, or the file was stored under another name")
	}
	u.id = id
	return plain, nil
}

func damaged(what string) error { return driver.Errorf(files.ErrCorrupt, "%s", what) }
