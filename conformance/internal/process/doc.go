// Package process runs calls in another process that has opened the same store: Serve is
// that process's side, Start the case's.
package process
