// Package process makes calls in another process that has opened the same store. Serve
// runs in that process, and Start in the process of the case.
package process
