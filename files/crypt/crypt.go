// Package crypt encrypts files in the program, before the bucket below sees them.
//
//	key := crypt.Key{ID: "2026-11", Secret: secret} // 32 random bytes
//	b, err = crypt.New(b, &crypt.Options{Keys: []crypt.Key{key}})
//
// # Format
//
// A stored file is an age file (age-encryption.org/v1, package filippo.io/age): chunks
// of 64 KiB under ChaCha20-Poly1305 with a key of the file's own. age was chosen because
// it is maintained, specified and reviewed, binds the order of the chunks and the end of
// the file, and has random access. Tink's streaming AEAD has no reader for random access
// in Go and names no key; other libraries aren't stable.
//
// age has no associated data, so two encrypted files could be exchanged in the store.
// Therefore the header's stanza, which is this package's own, encrypts the file key with
// the file's name as associated data, under a key that HKDF-SHA256 derives from the
// caller's key and a random salt. The stanza has a fixed length and names the key by its
// ID. So a file is 245 bytes and 16 bytes a chunk longer than its content, and a listing
// knows the plain sizes from the stored ones.
//
// # What it promises
//
//   - Damage, truncation at any length, bytes at the end, and a file that was copied or
//     moved in the store to another name are ErrCorrupt: no unauthenticated byte is
//     returned. A ranged read checks the end of the file too.
//   - Each Put has a new random file key, and so has each attempt of a Put that is sent
//     again. The same bytes never look the same twice.
//   - Sizes of Put, Get, Stat and List are those of the plain content. They follow from
//     the stored size, so Stat and List don't notice damage; a stored size that no
//     encrypted file has is ErrCorrupt.
//   - Copy and Move read and write through the wrapper. A copy between two views with
//     different keys encrypts anew, and so does a copy to the bucket below, which then
//     has the plain content.
//   - Secrets are in no error, log, String or Describe.
//
// # Keys
//
// The first key encrypts, and all keys decrypt. To rotate, put the new key in front. A
// copy of a file onto itself (files.Copy) stores a file of another key anew, and leaves
// one of the first key as it is; new attributes (files.UpdateAttributes) encrypt anew as
// well. If no copy under the old key is left, the key can be dropped. A file whose key is
// missing is ErrPermission, with a [KeyError] that has the key's ID: the file is neither
// damaged nor missing. So is a file whose key has the same ID but another secret.
//
// There is no way to encrypt with a passphrase. Derive 32 bytes by Argon2id or scrypt
// with a stored salt, if a person has to type something.
//
// # Names
//
// With Options.NameKey names are encrypted too, each element by itself, so that
// directories stay directories. The encryption is AES-SIV (RFC 5297), deterministic, with
// the directory's path as associated data, written in the digits 0-9a-v, which are safe
// on disks that fold case. It costs:
//
//   - Length: an element grows by 16 bytes and then by 8/5. Features.MaxName is what
//     always fits with 16 elements: 381 bytes over a bucket that takes 1024. A name with
//     more elements that doesn't fit is ErrUnsupported, so Features.AnyName is false.
//   - Order: List is in no order, Features.Ordered is false, and so files.ListPage is
//     ErrUnsupported. Prefix and StartAfter hold, but the whole directory is listed
//     below.
//   - What is below under other names is ignored.
//   - The name key can't be rotated: with another one all names are others.
//
// # What it doesn't do
//
//   - Attributes (content type, headers, metadata) are neither encrypted nor
//     authenticated, nor are sizes and times hidden. Somebody who can write to the bucket
//     below can change attributes, delete files, and put back an older version of a file
//     under its own name: that isn't noticed.
//   - There are no signed URLs, server-side copies and stored digests
//     (Features.Digests); the encryption itself authenticates every read.
//   - Files that are put into the bucket below without encryption are ErrCorrupt.
//
// # Cost
//
// A Put and a whole Get are one request, as below. A range is two requests, or three if
// it is long or far from the end: the header, the last chunk, and the chunks of the
// range. A body holds some 200 KiB. The package links filippo.io/age and with it
// golang.org/x/crypto and filippo.io/hpke, about 1 MB of a program; nothing else of the
// module links them.
package crypt

import (
	"fmt"
	"strings"

	"cloudfiles.dev/files"
)

// MaxID is how many bytes the ID of a key has at most.
const MaxID = 32

// Secret is a key's 32 random bytes. It prints as "…" in every format.
type Secret []byte

// Format prints "…".
func (Secret) Format(s fmt.State, _ rune) { fmt.Fprint(s, "…") }

// MarshalText returns "…", for JSON and logs.
func (Secret) MarshalText() ([]byte, error) { return []byte("…"), nil }

// Key is a key and the name that it has in the files.
type Key struct {
	// ID is stored, readable, in each file that is encrypted with the key, and shown in
	// errors: 1 to 32 ASCII letters, digits, "-", "_" and ".". A new key needs a new ID.
	ID string
	// Secret is 32 bytes of a random generator such as crypto/rand.
	Secret Secret
}

// Options are the options of New.
type Options struct {
	// Keys has at least one key. The first one encrypts, all of them decrypt.
	Keys []Key
	// NameKey, 32 bytes, encrypts names; nil leaves names as they are. It may be one of
	// Keys, but outlives their rotation.
	NameKey Secret
}

// KeyError is the cause of the ErrPermission for a file that is encrypted with a key that
// the bucket doesn't have.
type KeyError struct {
	ID    string // of the key that is needed
	Other bool   // the bucket has a key of this ID, but with another secret
}

func (e *KeyError) Error() string {
	if e.Other {
		return fmt.Sprintf("the bucket's key %q has another secret than the one that the file "+
			"is encrypted with", e.ID)
	}
	return fmt.Sprintf("the file is encrypted with the key %q, which the bucket doesn't have",
		e.ID)
}

// Unwrap returns files.ErrPermission.
func (e *KeyError) Unwrap() error { return files.ErrPermission }

// New returns a bucket that keeps its files encrypted in b. It copies the secrets. It
// doesn't own b.
//
// Errors: ErrInvalid for a nil bucket and wrong options; ErrUnsupported if names are to
// be encrypted and those of b are too short for it.
func New(b files.Bucket, opts *Options) (files.Bucket, error) {
	if b == nil {
		return nil, files.Errorf(files.ErrInvalid, "the bucket is nil")
	}
	ring, err := newRing(opts)
	if err != nil {
		return nil, err
	}
	h := files.Hooks{
		Layer: "crypt " + ring.keys[0].id,
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
			return nil, files.Errorf(files.ErrUnsupported,
				"names of at most %d bytes leave no room for encrypted ones", below)
		}
		encryptNames(b, &h, opts.NameKey)
	}
	return files.Wrap(b, h), nil
}

func newRing(opts *Options) (*ring, error) {
	if opts == nil || len(opts.Keys) == 0 {
		return nil, files.Errorf(files.ErrInvalid, "encryption needs at least one key")
	}
	r := &ring{byID: map[string]*key{}}
	for _, k := range opts.Keys {
		switch {
		case len(k.ID) < 1 || len(k.ID) > MaxID || strings.Trim(k.ID, idCharacters) != "":
			return nil, files.Errorf(files.ErrInvalid, "the key ID %q is not 1 to %d letters, "+
				"digits, \"-\", \"_\" and \".\"", k.ID, MaxID)
		case r.byID[k.ID] != nil:
			return nil, files.Errorf(files.ErrInvalid, "two keys have the ID %q", k.ID)
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
		return files.Errorf(files.ErrInvalid, "%s has %d bytes, want %d", what, len(s),
			secretSize)
	}
	same := true
	for _, b := range s {
		same = same && b == s[0]
	}
	if same {
		return files.Errorf(files.ErrInvalid, "%s is one byte repeated, not random", what)
	}
	return nil
}
