package sysfault

var allowedHere []uint32
