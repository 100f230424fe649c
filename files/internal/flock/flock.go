// Package flock locks files on disk against other processes, and against others of this
// process.
package flock
