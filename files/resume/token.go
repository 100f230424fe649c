package resume

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/native"
)

// MaxToken is the largest length of a token, in bytes.
const MaxToken = 512 << 10

const (
	tokenKind    = "upload"
	tokenVersion = 1
)

// token is what one process passes to another to continue an upload.
type token struct {
	Kind     string `json:"cloudfiles"` // tokenKind
	Version  int    `json:"version"`
	Target   string `json:"target"`  // hash of store and name
	Options  string `json:"options"` // hash of the file's attributes and other options
	Name     string `json:"name"`    // the caller's name, for people
	Type     string `json:"type"`
	ID       string `json:"id"`
	Size     int64  `json:"size"`
	PartSize int64  `json:"partSize"`
	Parts    string `json:"parts,omitempty"` // partRecords in base64
	// Source is a hash of UploadOptions.SourceVersion. If there is one, Hash is the
	// state of the digests of the first Hashed parts, so that they needn't be read again.
	Source string `json:"source,omitempty"`
	Hashed int    `json:"hashed,omitempty"`
	Hash   []byte `json:"hash,omitempty"`
	Sum    string `json:"sum"` // digest of the token without Sum
}

// sent is a part that was sent to the service.
type sent struct {
	crc32c uint32
	sha256 [16]byte // first half of its SHA-256
	tag    [4]byte  // first bytes of the SHA-256 of the service's tag
}

// recordSize is the size of a part in a token: number, CRC-32C, SHA-256 and tag.
const recordSize = 4 + 4 + 16 + 4

func tagSum(tag string) (b [4]byte) {
	sum := sha256.Sum256([]byte(tag))
	copy(b[:], sum[:])
	return b
}

func (t *token) sum() string {
	c := *t
	c.Sum = ""
	text, _ := json.Marshal(c) // strings and numbers
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// encode returns the token's text.
func (t *token) encode(parts map[int]sent) (string, error) {
	numbers := make([]int, 0, len(parts))
	for n := range parts {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	b := make([]byte, 0, len(parts)*recordSize)
	for _, n := range numbers {
		p := parts[n]
		b = binary.BigEndian.AppendUint32(b, uint32(n))
		b = binary.BigEndian.AppendUint32(b, p.crc32c)
		b = append(b, p.sha256[:]...)
		b = append(b, p.tag[:]...)
	}
	c := *t
	c.Parts = base64.RawStdEncoding.EncodeToString(b)
	c.Sum = c.sum()
	text, err := json.Marshal(c)
	if err != nil || len(text) > MaxToken {
		return "", driver.Errorf(files.ErrTooLarge, "the token is longer than %d bytes", MaxToken)
	}
	return string(text), nil
}

var errNoToken = driver.Errorf(files.ErrInvalid, "the text is not the token of an upload")

// decodeToken parses a token, which is not trusted.
func decodeToken(text string) (*token, map[int]sent, error) {
	t := &token{}
	if len(text) > MaxToken || json.Unmarshal([]byte(text), t) != nil || t.Kind != tokenKind {
		return nil, nil, errNoToken
	}
	if t.Version != tokenVersion {
		return nil, nil, driver.Errorf(files.ErrInvalid,
			"the token has version %d; this package reads version %d", t.Version, tokenVersion)
	}
	b, err := base64.RawStdEncoding.DecodeString(t.Parts)
	if err != nil || t.sum() != t.Sum || len(b)%recordSize != 0 || t.Size < 0 || t.PartSize <= 0 ||
		t.ID == "" {
		return nil, nil, driver.Errorf(files.ErrInvalid, "the token is damaged")
	}
	parts := map[int]sent{}
	for ; len(b) > 0; b = b[recordSize:] {
		var p sent
		n := binary.BigEndian.Uint32(b)
		p.crc32c = binary.BigEndian.Uint32(b[4:])
		copy(p.sha256[:], b[8:])
		copy(p.tag[:], b[24:])
		parts[int(n)] = p
	}
	return t, parts, nil
}

// sourceOf returns the Source of a token.
func sourceOf(v files.Version) string {
	if v == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(v))
	return hex.EncodeToString(sum[:16])
}

// targetOf returns the Target of a token.
func targetOf(to *driver.Uploader) string {
	sum := sha256.Sum256([]byte(to.Store()))
	return hex.EncodeToString(sum[:16])
}

// optionsOf returns the Options of a token.
func optionsOf(up *driver.Upload, put *files.PutOptions) (string, error) {
	h := sha256.New()
	version, matches := up.If.Version()
	attrs := up.Attributes
	if up.TypeFound { // the token has the type itself
		attrs.ContentType = ""
	}
	err := json.NewEncoder(h).Encode([]any{
		attrs, put.Digest, up.If.Absent(), matches, version,
	})
	for _, o := range up.Native {
		if err == nil {
			fmt.Fprintf(h, "%q", native.Name(o))
			err = json.NewEncoder(h).Encode(o)
		}
	}
	if err != nil {
		return "", driver.WithCause(files.ErrInvalid, err, "the native options can't be compared")
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// readTokenFile returns "" if there is no file.
func readTokenFile(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", tokenError(err)
	}
	defer f.Close()
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() {
		return "", driver.Errorf(files.ErrInvalid, "the token's file is not a regular file")
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxToken+1))
	if err != nil {
		return "", tokenError(err)
	}
	if len(text) == 0 {
		return "", errNoToken
	}
	return string(text), nil
}

// writeTokenFile replaces the file, all or nothing, and durably.
func writeTokenFile(path, text string) (err error) {
	if text == "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return tokenError(err)
		}
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".token-*") // of mode 0600
	if err != nil {
		return tokenError(err)
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return tokenError(err)
	}
	return nil
}

// tokenError returns an error of the token's file without the path, and without a
// sentinel that would refer to the bucket's file.
func tokenError(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	}
	kind := files.ErrUnavailable
	switch {
	case errors.Is(err, fs.ErrPermission):
		kind = files.ErrPermission
	case errors.Is(err, fs.ErrNotExist): // its folder, which no retry makes
		kind = files.ErrInvalid
	}
	return driver.WithCause(kind, err, "the token can't be kept: "+err.Error())
}
