//go:build !linux && !darwin && !windows

package fsys

import "errors"

func (f *file) Getxattr(string, []byte) (int, error) { return 0, ErrNoXattr }
func (f *file) Setxattr(string, []byte) error        { return errors.ErrUnsupported }
func (f *file) TryLock(int64) error                  { return errors.ErrUnsupported }
func (f *file) Unlock(int64) error                   { return errors.ErrUnsupported }
