package hostile

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
)

// crc32c is the checksum as headers have it: in base64, big-endian.
func crc32c(data []byte) string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.Checksum(data, castagnoli))
	return base64.StdEncoding.EncodeToString(sum)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
