// Package flock locks files on disk against other processes, and against other opens in
// this process.
package flock
