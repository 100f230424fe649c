package local

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// A version has one of two forms:
//
//	time-size[-token]        of a file that was put: fileblob's ETag, and the record's
//	                         token, if any
//	time-size-inode-change   of a file that another program wrote, with the time of its
//	                         last change
//
// A Put gives each file a time that no other file of its name had, but other programs
// can copy a time, and the record with it. So the first form needs a proof that the
// file is the one that was put. The second form changes whenever the file is written or
// replaced; it may also change for the same content, by chmod, for example. If the
// system's clock is too coarse to distinguish two changes, the version of a file that
// was just changed ends in "~" and 16 hexadecimal digits of the content's digest.
//
// A listing opens a file for its version only if it must. There are three kinds of times:
//
//	proving   the digits below 100 µs are a hash of the file's inode and birth, which no other
//	          file has: the file was put, and has a record
//	marked    a multiple of 100 ns, but no whole microsecond, or on file systems of coarse times
//	          a whole one: the file may have been put, which its record shows
//	others    the file was not put
//
// Proving times need a file system that reports times of birth. An earlier version of
// the driver used only marked times. A copy of a file with a proving time, with all
// attributes, keeps its metadata and digests, and has a version of the second form.

// putVersion returns the version of a file with a record.
func putVersion(st *fsys.Stat, token string) files.Version {
	var buf [64]byte
	v := appendTimeAndSize(buf[:0], st)
	if token != "" {
		v = append(v, '-')
		v = append(v, token...)
	}
	return files.Version(v)
}

// foreignVersion returns the version of a file without a record, whose last change is
// old enough.
func foreignVersion(st *fsys.Stat) files.Version {
	var buf [96]byte
	v := appendTimeAndSize(buf[:0], st)
	v = append(v, '-')
	v = strconv.AppendUint(v, st.Ino, 16)
	v = append(v, '-')
	v = strconv.AppendInt(v, st.ChangeTime, 16)
	return files.Version(v)
}

func appendTimeAndSize(v []byte, st *fsys.Stat) []byte {
	v = strconv.AppendInt(v, st.ModTime, 16)
	v = append(v, '-')
	return strconv.AppendInt(v, st.Size, 16)
}

// versionOf returns the version of a file that isn't open. It opens the file only if it
// must.
func (b *backend) versionOf(d fsys.Dir, base string, st fsys.Stat) (files.Version, error) {
	switch {
	case hasProvingTime(&st):
		return putVersion(&st, ""), nil
	case !hasMarkedTime(&st) && b.settled(&st):
		return foreignVersion(&st), nil
	}
	var v files.Version
	var err error
	for range maxConfirms { // if others replace the open file, a server may no longer have it
		if v, err = b.versionByRecord(d, base, &st); !fsys.IsStale(err) {
			break
		}
	}
	return v, err
}

// versionByRecord returns the version of a file, which it opens; st is an earlier Stat.
func (b *backend) versionByRecord(d fsys.Dir, base string, st *fsys.Stat) (files.Version, error) {
	f, now, err := d.OpenFile(base)
	if missing(err) {
		return foreignVersion(st), nil // the file is gone
	}
	if isDenied(err) {
		return foreignVersion(st), nil // Stat can't read its record either
	}
	if err != nil {
		return "", mapError(err)
	}
	defer f.Close()
	det, _, err := describe(d, &filePaths{base: strings.TrimPrefix(base, leafMark)}, f, now)
	if err != nil {
		return "", err
	}
	return b.versionOfOpen(f, &now, &det)
}

// versionOfOpen returns the version of an open file. It may update st.
func (b *backend) versionOfOpen(f fsys.File, st *fsys.Stat, d *details) (files.Version, error) {
	if hasProvingTime(st) { // as for a listing, which opens no file with such a time
		return putVersion(st, ""), nil
	}
	if d.hasRecord && hasMarkedTime(st) {
		return putVersion(st, d.token), nil
	}
	for range 3 {
		switch {
		case b.settled(st):
			return foreignVersion(st), nil
		case coarseChange(st):
			sum, err := contentSum(f)
			return foreignVersion(st) + files.Version("~"+sum), err
		}
		time.Sleep(fineTick) // the next change gets another time
		now, err := f.StatBirth()
		if err != nil {
			return "", mapError(err)
		}
		*st = now
	}
	return foreignVersion(st), nil // it changes all the time, and reads detect that (G4)
}

const (
	fineTick   = 12 * time.Millisecond // more than a tick of the kernel's clock
	coarseTick = 4 * time.Second       // more than two ticks of the coarsest file system
)

// settled reports whether the next change of the file will change its times.
func (b *backend) settled(st *fsys.Stat) bool {
	coarse := coarseChange(st)
	if b.fineTimes && !coarse && st.Dev == b.rootStat.Dev {
		return true
	}
	tick := fineTick
	if coarse {
		tick = coarseTick
	}
	age := time.Now().UnixNano() - st.ChangeTime
	return age > int64(tick) || age < -int64(time.Hour) && !coarse
}

// coarseChange reports whether the time of the last change is a whole millisecond.
func coarseChange(st *fsys.Stat) bool { return st.ChangeTime%1_000_000 == 0 }

// contentSum returns a digest of an open file's content.
func contentSum(f fsys.File) (string, error) {
	p := pieces.Get().(*[]byte)
	defer pieces.Put(p)
	h := sha256.New()
	for off := int64(0); ; {
		n, err := f.ReadAt(*p, off)
		h.Write((*p)[:n])
		off += int64(n)
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)[:8]), nil
		}
		if err != nil {
			return "", mapError(err)
		}
	}
}

// is reports whether an open file has the version asked, which may contain a digest.
func (f *openedFile) is(asked files.Version) (bool, error) {
	return sameVersion(asked, f.version, func() (fsys.File, func(), error) {
		return f.f, func() {}, nil
	})
}

// isVersion is the same for the current file of a name, in the folder d. It may have to
// open the file, so it is called only for a condition.
func (b *backend) isVersion(d fsys.Dir, c *current, asked files.Version) (bool, error) {
	if !c.exists {
		return false, nil
	}
	now, err := b.versionOf(d, c.name, c.st)
	if err != nil {
		return false, err
	}
	open := func() (fsys.File, func(), error) {
		f, _, err := d.OpenFile(c.name)
		return f, func() { f.Close() }, err
	}
	same, err := sameVersion(asked, now, open)
	prefix := string(appendTimeAndSize(nil, &c.st))
	if err != nil || same || !strings.HasPrefix(string(asked), prefix) {
		return same, err
	}
	// Only the record shows whether it is that version, and the user may not be allowed
	// to read it.
	_, done, err := open()
	switch {
	case err == nil:
		done()
	case isDenied(err):
		return false, mapError(err)
	}
	return false, nil
}

func sameVersion(asked, now files.Version, open func() (fsys.File, func(), error)) (bool, error) {
	old, sum, young := strings.Cut(string(asked), "~")
	if asked == now || !young || old != string(now) {
		return asked == now, nil
	}
	f, done, err := open()
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, mapError(err)
	}
	defer done()
	is, err := contentSum(f)
	return is == sum, err
}

// check decides a condition (P8, P9).
func (b *backend) check(d fsys.Dir, c *current, cond files.Condition) error {
	asked, ok := cond.Version()
	if !ok || !c.exists {
		return cond.Check(c.exists, "")
	}
	same, err := b.isVersion(d, c, asked)
	if err == nil && !same {
		err = files.ErrPrecondition
	}
	return err
}

// wholeMicro reports whether a time may be that of a coarse file system. Fine times are
// never set to a whole microsecond.
func wholeMicro(ns int64) bool { return ns%1000 == 0 }

// mayBeCoarse reports whether the file system may have coarse times.
func mayBeCoarse(st fsys.Stat) bool { return wholeMicro(st.ModTime) && wholeMicro(st.ChangeTime) }

// hasMarkedTime reports whether a record of the file would prove that it was put.
func hasMarkedTime(st *fsys.Stat) bool {
	return st.ModTime%100 == 0 && (!wholeMicro(st.ModTime) || wholeMicro(st.ChangeTime))
}

// hasProvingTime reports whether the file's time proves that it was put.
func hasProvingTime(st *fsys.Stat) bool {
	return st.Birth != 0 && st.ModTime%100 != 0 && st.ModTime > st.Birth &&
		provingTime(st, st.ModTime/timeUnit) == st.ModTime
}

// timeUnit is the unit of the times of Puts, in nanoseconds. The digits below it depend
// on the file.
const timeUnit = 100_000

// provingTime returns the time of the file st in a unit that proves that it was put.
func provingTime(st *fsys.Stat, unit int64) int64 {
	slot := slotOf(st, unit, timeUnit/100*99)
	return unit*timeUnit + slot + slot/99 + 1 // no multiple of 100
}

// markedTime returns a time in a unit that proves nothing without a record.
func markedTime(st *fsys.Stat, unit int64) int64 {
	slot := slotOf(st, unit, timeUnit/1000*9)
	return unit*timeUnit + (slot+slot/9+1)*100 // no multiple of 1000
}

// slotOf returns a hash below slots: FNV-1a of three words, and mixed.
func slotOf(st *fsys.Stat, unit, slots int64) int64 {
	h := uint64(14695981039346656037)
	for _, w := range [...]uint64{st.Ino, uint64(st.Birth), uint64(unit)} {
		h = (h ^ w) * 1099511628211
		h ^= h >> 29
	}
	return int64((h ^ h>>32) % uint64(slots))
}

// clock returns the times of Puts, each once.
type clock struct {
	mu   sync.Mutex
	unit int64 // the last that was used
	used []int64
}

// maxUsed is how many times one unit has at most.
const maxUsed = 32

// time returns a time for the file st, at now or shortly after it.
func (c *clock) time(st fsys.Stat, now int64, proving bool) int64 {
	of := markedTime
	if proving && st.Birth != 0 {
		of = provingTime
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	unit := now / timeUnit
	if unit < c.unit && c.unit-unit < int64(time.Second)/timeUnit {
		unit = c.unit
	}
	for ; ; unit++ {
		if unit != c.unit {
			c.unit, c.used = unit, c.used[:0]
		}
		t := of(&st, unit)
		if t >= now && len(c.used) < maxUsed && !slices.Contains(c.used, t) {
			c.used = append(c.used, t)
			return t
		}
	}
}
