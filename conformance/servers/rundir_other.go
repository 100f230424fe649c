//go:build !linux

package main

const shm = "" // there is none that every system has

func hasRoom(string, int64) bool { return false }
