// Package process makes calls in another process that has opened the same store: Serve
// runs in that process, Start in the case's.
package process
