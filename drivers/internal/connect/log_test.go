package connect

import (
	"io"
	"log"
)

// nolog is for servers whose handshakes fail.
var nolog = log.New(io.Discard, "", 0)
