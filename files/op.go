package files

// Op names an operation in errors and hooks.
type Op string

// The operations.
const (
	OpOpen       Op = "open"
	OpPut        Op = "put"
	OpGet        Op = "get"
	OpStat       Op = "stat"
	OpList       Op = "list"
	OpDelete     Op = "delete"
	OpCopy       Op = "copy"      // the target of a copy
	OpCopyFrom   Op = "copy from" // the source of a copy between two buckets
	OpMove       Op = "move"
	OpDeleteMany Op = "delete many"
	OpSignGet    Op = "sign get"
	OpSignPut    Op = "sign put"
	OpSignDelete Op = "sign delete"
	OpCheck      Op = "check"
	OpUpdate     Op = "update"
	OpUpload     Op = "upload" // a step of an upload in parts that outlives a process
	OpClose      Op = "close"
)

// writes is the only place where operations are classed.
var writes = map[Op]bool{
	OpOpen:       false,
	OpGet:        false,
	OpStat:       false,
	OpList:       false,
	OpCopyFrom:   false,
	OpSignGet:    false,
	OpCheck:      false,
	OpClose:      false,
	OpPut:        true,
	OpDelete:     true,
	OpCopy:       true,
	OpMove:       true,
	OpDeleteMany: true,
	OpSignPut:    true,
	OpSignDelete: true,
	OpUpdate:     true,
	OpUpload:     true,
}

// Writes reports whether the operation changes the bucket, or, as signing does, allows
// somebody else to change it. It panics if o is not one of the operations of this
// package.
func (o Op) Writes() bool {
	w, ok := writes[o]
	if !ok {
		panic("files: unclassified operation " + string(o))
	}
	return w
}
