package driver

// StateKeeper is a PartUploader with a folder on disk in which programs may note how far
// they are with uploads to it (package files/transfer).
type StateKeeper interface {
	// StateDir returns the path of the folder, and makes it. Only this user may write to
	// it. Nothing in it is listed, read or overwritten by the bucket.
	StateDir() (string, error)
}
