package files

import (
	"os"

	"cloudfiles.dev/files/internal/flock"
)

// renamesOpen: an open file can be renamed and removed.
const renamesOpen = flock.Works

// lockDownload locks the file until it is closed, by whatever ends the process. It
// returns false if another process or another download has locked it.
func lockDownload(f *os.File) bool { return flock.Lock(f) }
