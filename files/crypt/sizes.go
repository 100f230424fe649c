package crypt

import (
	"fmt"
	"math"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

const (
	chunkSize   = 64 << 10
	overhead    = 16 // of a chunk
	sealedChunk = chunkSize + overhead
	nonceSize   = 16
)

// headerSize is the length of the age header that this package writes, together with
// the nonce after it.
var headerSize = int64(len(fmt.Sprintf("age-encryption.org/v1\n-> %s %s\n%s\n--- %s\n",
	stanzaType, base64s.EncodeToString(make([]byte, recordSize)),
	base64s.EncodeToString(make([]byte, fileKey+overhead)),
	base64s.EncodeToString(make([]byte, 32))))) + nonceSize

// storedSize returns the length of the encrypted file; -1 stands for unknown.
func storedSize(plain int64) int64 {
	if plain < 0 {
		return -1
	}
	chunks := max((plain-1)/chunkSize+1, 1)
	if plain > math.MaxInt64-headerSize-chunks*overhead {
		return -1 // the content can't be that long, so its declared size will turn out wrong
	}
	return headerSize + plain + chunks*overhead
}

// plainSize returns the length of the content of an encrypted file.
func plainSize(stored int64) (int64, error) {
	sealed := stored - headerSize
	if sealed >= overhead && sealed < math.MaxInt64-sealedChunk {
		chunks := (sealed + sealedChunk - 1) / sealedChunk
		if n := sealed - chunks*overhead; n == 0 && chunks == 1 || n > (chunks-1)*chunkSize {
			return n, nil
		}
	}
	return 0, driver.Errorf(files.ErrCorrupt, "no encrypted file has %d bytes", stored)
}

// mostPlain returns the largest size of a content whose encrypted file has at most the
// given size; 0 is no limit.
func mostPlain(stored int64) int64 {
	if stored <= 0 {
		return stored
	}
	sealed := max(stored-headerSize, 0)
	chunks := sealed / sealedChunk
	rest := max(sealed%sealedChunk-overhead, 0)
	return max(chunks*chunkSize+rest, 1) // 0 would mean no limit
}
