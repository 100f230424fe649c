package local

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// prober tries out how a file system treats names and times, in the staging folder. An
// errno says little: refused characters are EINVAL on one system, ENOENT or EIO on
// another. So only the listing afterwards counts.
type prober struct {
	dir   fsys.Dir
	there []string // what the folder contained before
	made  []string
	h     habits
}

// probe finds the habits. It takes about 0.3 ms on a local disk, and leaves no file.
func probe(dir fsys.Dir, alive fsys.File) (h habits, err error) {
	p := &prober{dir: dir}
	if p.there, err = list(dir); err != nil {
		return h, mapError(err)
	}
	defer p.clear()
	for _, try := range []func() error{p.letters, p.tails, p.characters, p.devices, p.length} {
		if err := try(); err != nil {
			return h, mapError(err)
		}
	}
	if p.h.resolution, err = resolution(alive); err != nil {
		return h, mapError(err)
	}
	// If another process is removing the folder, it also removes what probe makes in
	// it, and the result is meaningless.
	if _, err := dir.Lstat(aliveFile); err != nil {
		return h, retryLookup(err)
	}
	return p.h, nil
}

// otherCause returns err if it says nothing about names, and nil otherwise.
func otherCause(err error) error {
	switch {
	case fsys.IsReadOnly(err), errors.Is(err, fs.ErrPermission), fsys.IsExhausted(err),
		errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), fsys.IsLost(err):
		return err
	}
	return nil
}

// vanishTries is how many times a file is made that isn't listed afterwards under any
// name. Another program may remove files in the control folder, but hardly that many
// times in a row.
const vanishTries = 3

// keeps reports whether a file with the name can be made and is listed with the same
// name.
func (p *prober) keeps(name string) (kept bool, err error) {
	for range vanishTries {
		made := len(p.made)
		if kept, err = p.keepsOnce(name); kept || err != nil || len(p.made) > made {
			break
		}
	}
	return kept, err
}

func (p *prober) keepsOnce(name string) (bool, error) {
	before := len(p.made)
	f, err := p.dir.Create(name)
	if err != nil {
		return false, otherCause(err)
	}
	f.Close()
	now, err := list(p.dir)
	if err != nil { // which says nothing about names
		p.dir.Unlink(name)
		return false, err
	}
	for _, n := range now {
		if !slices.Contains(p.there, n) && !slices.Contains(p.made, n) {
			p.made = append(p.made, n)
		}
	}
	if slices.Contains(now, name) {
		return true, nil
	}
	if len(p.made) == before {
		p.dir.Unlink(name) // it may exist although it is not listed
	}
	return false, nil
}

// leads reports whether one of the names, which are other spellings of an entry, also
// leads to it.
func (p *prober) leads(names ...string) (bool, error) {
	for _, name := range names {
		_, err := p.dir.Lstat(name)
		if err == nil || otherCause(err) != nil {
			return err == nil, otherCause(err)
		}
	}
	for _, name := range p.made { // if an entry was removed meanwhile, the result is meaningless
		if _, err := p.dir.Lstat(name); missing(err) {
			return false, retryLookup(err)
		}
	}
	return false, nil
}

func (p *prober) clear() {
	for _, name := range p.made {
		p.dir.Unlink(name)
	}
	p.made = nil
}

// letters finds out whether upper and lower case, or composed and decomposed letters,
// are the same, or are changed.
func (p *prober) letters() error {
	defer p.clear()
	kept, err := p.keeps("PROBE.TXT") // FAT may list it in lower case
	if err != nil {
		return err
	}
	p.h.foldCase = !kept
	if p.h.folds, err = p.leads("probe.txt"); err != nil {
		return err
	}
	const name = "pröbe-ß-🎉-漢.attrs"
	if kept, err = p.keeps(name); err != nil {
		return err
	}
	p.h.ascii = !kept
	if !p.h.folds {
		p.h.folds, err = p.leads("PRÖBE-ß-🎉-漢.ATTRS", "pro\u0308be-ß-🎉-漢.attrs")
	}
	return err
}

// tails finds out whether a dot or a space at the end is removed or refused.
func (p *prober) tails() error {
	defer p.clear()
	for _, name := range []string{"tail.", "tail "} {
		kept, err := p.keeps(name)
		if err != nil {
			return err
		}
		cut, err := p.leads("tail")
		if err != nil {
			return err
		}
		p.h.tail = p.h.tail || !kept || cut
		p.clear()
	}
	return nil
}

// characters finds out which of oddChars are refused.
func (p *prober) characters() error {
	defer p.clear()
	if kept, err := p.keeps("c" + oddChars + ".attrs"); kept || err != nil {
		return err
	}
	for i := range oddChars {
		kept, err := p.keeps("c" + oddChars[i:i+1] + "c.attrs")
		if err != nil {
			return err
		}
		if !kept {
			p.h.refused |= 1 << i
		}
	}
	return nil
}

// devices finds out whether names of devices are refused or changed.
func (p *prober) devices() error {
	defer p.clear()
	for _, name := range []string{"con", "aux.h"} {
		kept, err := p.keeps(name)
		if err != nil {
			return err
		}
		p.h.devices = p.h.devices || !kept
	}
	return nil
}

// length finds out how many bytes a name may have. On some file systems statfs reports
// a wrong number.
func (p *prober) length() error {
	defer p.clear()
	try := func(n int) (bool, error) {
		return p.keeps(strings.Repeat("l", n-len(sidecarExt)) + sidecarExt)
	}
	ok, err := try(255)
	low, high := minLimit, 255
	for err == nil && !ok && low+1 < high {
		var fits bool
		if fits, err = try((low + high) / 2); fits {
			low = (low + high) / 2
		} else {
			high = (low + high) / 2
		}
	}
	if !ok {
		p.h.short = uint8(255 - low)
	}
	if p.h.folds { // room for what distinguishes spellings
		p.h.short = uint8(min(int(p.h.short)+spelledExtra, 255-minLimit))
	}
	return err
}

// resolution finds out the resolution of a file's times. Other programs may change the
// time meanwhile, so the finest of several results counts.
func resolution(f fsys.File) (finest time.Duration, err error) {
	finest = time.Duration(coarsest)
	for range vanishTries {
		r, err := resolutionOnce(f)
		if err != nil {
			return 0, err
		}
		finest = min(finest, r)
	}
	return finest, nil
}

func resolutionOnce(f fsys.File) (time.Duration, error) {
	const odd = 1_700_000_001_123_456_789
	if err := f.SetModTime(odd); err != nil {
		return 0, err
	}
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	for r := time.Nanosecond; r < time.Duration(coarsest); r *= 10 {
		if st.ModTime == odd-odd%int64(r) {
			return r, nil
		}
	}
	return time.Duration(coarsest), nil
}
