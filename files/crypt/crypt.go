// Package crypt encrypts files in the program, before they reach the bucket below.
//
//	key := crypt.Key{ID: "2026-11", Secret: secret} // 32 random bytes
//	b, err = crypt.New(b, &crypt.Options{Keys: []crypt.Key{key}})
//
// # What it promises
//
//   - Reading is ErrCorrupt if the stored file was damaged, was truncated at any
//     length, has appended bytes, or was copied or moved in the store to another name.
//     No unauthenticated byte is returned. A ranged read checks the end of the file
//     too.
//   - Each Put uses a new random file key, and so does each repeated attempt of a Put.
//     So the same content is stored as different bytes each time.
//   - Put, Get, Stat and List report the sizes of the plain content. They compute them
//     from the stored sizes, so Stat and List don't detect damage; a stored size that
//     no encrypted file can have is ErrCorrupt.
//   - Copy and Move read and write through the wrapper. A copy between two wrappers
//     with different keys encrypts the content again. A copy from the wrapper to the
//     bucket below stores the plain content.
//   - No error, log, String or Describe shows a secret.
//   - A bucket may be encrypted twice, with any keys. Each layer encrypts what the one
//     above it stores, and needs its own keys to read.
//
// # What it can't keep
//
//   - Attributes (content type, headers, metadata) are neither encrypted nor
//     authenticated, and sizes and times are not hidden. Somebody who can write to the
//     bucket below can change attributes, delete files, and put back an older version
//     of a file under its own name without being detected.
//   - Signed URLs, server-side copies and stored digests (Features.Digests) are
//     unsupported. The encryption authenticates every read.
//   - Reading a file that was put into the bucket below without encryption is
//     ErrCorrupt.
//
// # Keys
//
// The first key encrypts, and all keys decrypt. To rotate, add the new key in front. A
// copy of a file onto itself (files.Copy) encrypts it again if its key isn't the first,
// and changes nothing otherwise. A change of attributes (files.UpdateAttributes)
// encrypts the file again too. The old key can be dropped when no file is encrypted
// with it.
//
// files.Layers shows the IDs of all keys. A cache of the bucket (package files/cache) is
// therefore empty after the keys have changed, and never returns what the keys can't read.
//
// If the bucket doesn't have the key of a file, or has another secret under its ID,
// reading the file is ErrPermission with a [KeyError] that has the key's ID: the file
// is neither damaged nor missing.
//
// The package doesn't encrypt with a passphrase. If a person must type one, derive the
// 32 bytes from it by Argon2id or scrypt with a stored salt.
//
// # Names
//
// With Options.NameKey names are encrypted too, element by element, so that directories
// remain directories. The encryption is AES-SIV (RFC 5297), which is deterministic,
// with the directory's path as associated data. Encrypted names are written in the
// digits 0-9a-v, which are safe on disks that fold case. Encrypted names cost:
//
//   - Length: an element grows by 16 bytes and then by the factor 8/5. A name of up to
//     Features.MaxName bytes always fits if it has at most 16 elements: 381 bytes over
//     a bucket that takes 1024. A name with more elements that doesn't fit is
//     ErrUnsupported, so Features.AnyName is false.
//   - Order: a listing is in no order and Features.Ordered is false, so files.ListPage
//     is ErrUnsupported. Prefix and StartAfter work, but in the bucket below the whole
//     directory is listed.
//   - Other files: a file in the bucket below is ignored if its name isn't encrypted
//     with the name key.
//   - Rotation: the name key can't be rotated, because with another key every file has
//     another encrypted name.
//
// # Format
//
// A stored file is an age file (age-encryption.org/v1, package filippo.io/age): chunks
// of 64 KiB, which ChaCha20-Poly1305 encrypts with a key that only this file has. age
// was chosen because it is maintained, specified and reviewed, binds the order of the
// chunks and the end of the file, and has random access. Tink's streaming AEAD has no
// reader for random access in Go and doesn't name its key; other libraries aren't
// stable.
//
// age has no associated data, so two encrypted files could be exchanged in the store.
// Therefore this package has a stanza of its own in the header. It encrypts the file
// key with the file's name as associated data, under a key that HKDF-SHA256 derives
// from the caller's key and a random salt. The stanza has a fixed length and names the
// key by its ID. So a file is longer than its content by 245 bytes and 16 bytes a
// chunk, and a listing can compute the plain sizes from the stored ones.
//
// # What it costs
//
// A Put and a whole Get take one request, as in the bucket below. A range takes two
// requests, or three if it is long or far from the end: one each for the header, for
// the last chunk, and for the chunks of the range. The package links filippo.io/age,
// and with it golang.org/x/crypto and filippo.io/hpke.
package crypt

import (
	"fmt"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// MaxID is the largest length of a key's ID, in bytes.
const MaxID = 32

// Secret is the 32 random bytes of a key. It prints as "…" in every format.
type Secret []byte

// Format prints "…".
func (Secret) Format(s fmt.State, _ rune) { fmt.Fprint(s, "…") }

// MarshalText returns "…", for JSON and logs.
func (Secret) MarshalText() ([]byte, error) { return []byte("…"), nil }

// Key is a secret and the ID by which files refer to it.
type Key struct {
	// ID has 1 to 32 ASCII letters, digits, "-", "_" and ".". It is stored in the clear
	// in each file that is encrypted with the key, and errors show it. A new key needs
	// a new ID.
	ID string
	// Secret is 32 bytes from a random generator such as crypto/rand.
	Secret Secret
}

// Options are the options of New.
type Options struct {
	// Keys has at least one key. The first key encrypts; all keys decrypt.
	Keys []Key
	// NameKey has 32 bytes and encrypts names; nil leaves names as they are. It may be
	// the secret of one of Keys, but must not change when that key is rotated.
	NameKey Secret
}

// KeyError is the cause of the ErrPermission for a file that is encrypted with a key that
// the bucket doesn't have.
type KeyError struct {
	ID    string // the ID of the key that is needed
	Other bool   // the bucket has a key with this ID, but with another secret
}

// Error returns a text with the key's ID, and never with its secret.
func (e *KeyError) Error() string {
	if e.Other {
		return fmt.Sprintf("the bucket's key %q has the ID of the file's key, but another secret",
			e.ID)
	}
	return fmt.Sprintf("the file is encrypted with the key %q, which the bucket doesn't have",
		e.ID)
}

// Unwrap returns files.ErrPermission.
func (e *KeyError) Unwrap() error { return files.ErrPermission }

// New returns a bucket that keeps its files encrypted in b. It is safe for concurrent
// use, and closing it leaves b open. New copies the secrets.
//
// Errors: ErrInvalid for a nil bucket and for options that make no sense; ErrUnsupported
// if names are to be encrypted and b's Features.MaxName is too small for that.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	w, err := newBucket(b, opts)
	if err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	return w, nil
}

func newBucket(b files.Bucket, opts *Options) (files.Bucket, error) {
	if nils.Is(b) {
		return nil, driver.Errorf(files.ErrInvalid, "the bucket is nil")
	}
	ring, err := newRing(opts)
	if err != nil {
		return nil, err
	}
	h := files.Hooks{
		Layer: ring.layer(),
		Transform: &files.Transform{
			Put:   ring.put,
			Open:  ring.open,
			Info:  ring.info,
			Renew: ring.renew,
		},
		Features: func(f files.Features) files.Features {
			f.MaxSize, f.MaxUnknownSize = mostPlain(f.MaxSize), mostPlain(f.MaxUnknownSize)
			return f
		},
	}
	if opts.NameKey != nil {
		if below := b.Features().MaxName; below > 0 && maxPlainName(below) < minName {
			return nil, driver.Errorf(files.ErrUnsupported,
				"names of at most %d bytes leave no room for encrypted ones", below)
		}
		encryptNames(b, &h, opts.NameKey)
	}
	return files.Wrap(b, h), nil
}

// layer returns what files.Layers shows: the IDs of all keys, so that buckets which can
// read different files differ.
func (r *ring) layer() string {
	text := "crypt " + r.keys[0].id
	for i, k := range r.keys[1:] {
		text += map[bool]string{true: ", reads ", false: ", "}[i == 0] + k.id
	}
	return text
}

func newRing(opts *Options) (*ring, error) {
	if opts == nil || len(opts.Keys) == 0 {
		return nil, driver.Errorf(files.ErrInvalid, "crypt.Options has no key")
	}
	r := &ring{byID: map[string]*key{}}
	for _, k := range opts.Keys {
		switch {
		case len(k.ID) < 1 || len(k.ID) > MaxID || strings.Trim(k.ID, idCharacters) != "":
			return nil, driver.Errorf(files.ErrInvalid, "the key ID %q is not 1 to %d letters, "+
				"digits, \"-\", \"_\" and \".\"", k.ID, MaxID)
		case r.byID[k.ID] != nil:
			return nil, driver.Errorf(files.ErrInvalid, "two keys have the ID %q", k.ID)
		}
		if err := checkSecret(fmt.Sprintf("the secret of the key %q", k.ID),
			k.Secret); err != nil {
			return nil, err
		}
		made := newKey(k)
		r.byID[k.ID] = made
		r.keys = append(r.keys, made)
	}
	if opts.NameKey != nil {
		if err := checkSecret("the name key", opts.NameKey); err != nil {
			return nil, err
		}
	}
	return r, nil
}

const idCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

func checkSecret(what string, s Secret) error {
	if len(s) != secretSize {
		return driver.Errorf(files.ErrInvalid, "%s has %d bytes, want %d", what, len(s),
			secretSize)
	}
	same := true
	for _, b := range s {
		same = same && b == s[0]
	}
	if same {
		return driver.Errorf(files.ErrInvalid, "%s is one byte repeated, not random", what)
	}
	return nil
}
