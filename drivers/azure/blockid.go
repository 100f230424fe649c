package azure

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
)

// blockIDs names the blocks of one upload. All of a blob's uncommitted blocks must have
// IDs of one length, and those of another upload of the name must not be taken for
// ours: so they are long, and random in front.
type blockIDs struct{ upload string }

func newBlockIDs() blockIDs {
	var r [16]byte
	rand.Read(r[:])
	return blockIDs{hex.EncodeToString(r[:])}
}

func (b blockIDs) id(i int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s-%07d", b.upload, i))
}

func (b blockIDs) list(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = b.id(i)
	}
	return ids
}

func fromHex(s string) []byte {
	b, _ := hex.DecodeString(s) // checked by package driver
	return b
}
