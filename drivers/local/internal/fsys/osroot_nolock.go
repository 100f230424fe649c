//go:build !linux && !darwin

package fsys

import "errors"

// dirLocks is empty, since directories have no locks on these systems.
type dirLocks struct{}

func (dirLocks) close() {}

func (d *dir) TryLock() error         { return errors.ErrUnsupported }
func (d *dir) Unlock() error          { return nil }
func (d *dir) Claim() error           { return errors.ErrUnsupported }
func (d *dir) Claimed() (bool, error) { return false, errors.ErrUnsupported }
func (d *dir) Volume() Volume         { return Volume{} }

func (f *file) AppendOnly() {}
