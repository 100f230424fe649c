package azure

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
)

// blockIDs makes the IDs of one upload's blocks. All uncommitted blocks of a blob must
// have IDs of one length, and blocks of another upload must not be taken for this
// one's, so each ID begins with a long random text.
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
	b, _ := hex.DecodeString(s) // package driver has checked it
	return b
}
