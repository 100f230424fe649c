package hostile

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
)

// crc32c returns the checksum in the form that headers have: big-endian, in base64.
func crc32c(data []byte) string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.Checksum(data, castagnoli))
	return base64.StdEncoding.EncodeToString(sum)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
