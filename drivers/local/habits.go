package local

import (
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// habits are how a folder's file system treats names and times. Names on disk depend on
// them, so all handles of a folder must use the same habits. Every difference from a
// file system that keeps all names is noted in the control folder, in diskFile. The
// note only grows.
//
// The usual local file systems are known by their type. Others are tried out (probe.go)
// by each handle before its first write, because a folder may have been copied to
// another disk. Until there is a note, a handle reads names as they are, and claims the
// coarsest times.
type habits struct {
	rules
	folds      bool          // several spellings are one name (spelling.go)
	resolution time.Duration // of the times that can be set; 0 is unknown
}

// diskFile is the note, which is one line of words.
const diskFile = "disk.attrs"

const (
	// minLimit is the shortest limit of a name in bytes that the encoding can use.
	minLimit = 64
	// coarsest is the coarsest time of any file system, FAT, in nanoseconds.
	coarsest = int64(2 * time.Second)
)

// String returns the note's text: "disk 1", then words.
func (h habits) String() string {
	words := []string{"disk 1"}
	for word, set := range h.flags() {
		if *set {
			words = append(words, word)
		}
	}
	slices.Sort(words[1:])
	if h.refused != 0 {
		words = append(words, "refused="+strconv.FormatUint(uint64(h.refused), 16))
	}
	if h.short != 0 {
		words = append(words, "limit="+strconv.Itoa(h.limit()))
	}
	return strings.Join(append(words, "time="+h.resolution.String()), " ")
}

func (h *habits) flags() map[string]*bool {
	return map[string]*bool{
		"folds":    &h.folds,
		"devices":  &h.devices,
		"tail":     &h.tail,
		"ascii":    &h.ascii,
		"foldcase": &h.foldCase,
	}
}

// parseHabits parses a note. It refuses a note with words of a newer version of the
// driver.
func parseHabits(text string) (h habits, err error) {
	words := strings.Fields(strings.Trim(text, "\x00 \n"))
	if len(words) < 2 || words[0] != "disk" || words[1] != "1" {
		return h, driver.Errorf(files.ErrInvalid,
			"the folder's note about its disk is of a newer version, or damaged")
	}
	flags := h.flags()
	for _, word := range words[2:] {
		key, value, _ := strings.Cut(word, "=")
		var n uint64
		switch flag := flags[word]; {
		case flag != nil:
			*flag = true
		case key == "refused":
			n, err = strconv.ParseUint(value, 16, 8)
			h.refused = refusedChars(n)
		case key == "limit":
			if n, err = strconv.ParseUint(value, 10, 8); err == nil && n >= minLimit {
				h.short = uint8(255 - n)
				continue
			}
			fallthrough
		default:
			if key != "time" {
				return h, driver.Errorf(files.ErrInvalid,
					"the folder's note about its disk has the word %q, of a newer version", word)
			}
			h.resolution, err = time.ParseDuration(value)
		}
		if err != nil {
			return h, driver.Errorf(files.ErrInvalid,
				"the folder's note about its disk is damaged at %q", word)
		}
	}
	return h, nil
}

// and returns habits that hold for both: the stricter limits of names, and the
// resolution of the newer.
func (h habits) and(newer habits) habits {
	from, to := newer.flags(), h.flags()
	for word, set := range to {
		*set = *set || *from[word]
	}
	h.windows = h.windows || newer.windows
	h.refused |= newer.refused
	h.short = max(h.short, newer.short)
	h.resolution = newer.resolution
	return h
}

// sumWord begins the note's last word, the CRC-32C of the text before it.
const sumWord = " sum="

// sealNote adds the checksum to a note's text.
func sealNote(text string) string {
	sum := crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli))
	return text + sumWord + strconv.FormatUint(uint64(sum), 16) + "\n"
}

// openNote returns what sealNote was given. ok is false if the note is damaged, for
// example truncated by a power failure.
func openNote(note string) (text string, ok bool) {
	text = note[:max(strings.LastIndex(note, sumWord), 0)]
	if sealNote(text) != note {
		return "", false
	}
	return text, true
}

// readHabits reads the note; ok is false if there is none. A damaged note counts as
// none, so the disk is tried again.
func readHabits(control fsys.Dir, path string) (h habits, ok bool, err error) {
	f, _, err := control.OpenFile(path)
	if missing(err) || isDenied(err) {
		return h, false, nil
	}
	if err != nil {
		return h, false, mapError(err)
	}
	defer f.Close()
	buf := make([]byte, 512)
	n, err := f.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return h, false, mapError(err)
	}
	text, whole := openNote(string(buf[:n]))
	if !whole {
		return h, false, nil
	}
	h, err = parseHabits(text)
	return h, err == nil, err
}

// writeHabits replaces the note. The caller holds the lock of staging folders.
func (b *backend) writeHabits(s *staging, h habits) error {
	name := s.name()
	f, err := s.dir.Create(name)
	if err != nil {
		return mapError(err)
	}
	defer f.Close()
	if _, err = f.Write([]byte(sealNote(h.String()))); err == nil && !b.opts.NoSync {
		err = f.Sync()
	}
	if err == nil {
		err = s.dir.Rename(name, s.control, diskFile)
	}
	if err != nil {
		s.dir.Unlink(name)
		return mapError(err)
	}
	if b.opts.NoSync {
		return nil
	}
	return mapError(s.control.Sync())
}
