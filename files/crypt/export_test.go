package crypt

var (
	MostPlain  = mostPlain
	HeaderSize = headerSize
)

const ChunkSize = chunkSize
