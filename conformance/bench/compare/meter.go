package main

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"
)

// result is one round of a work by one peer.
type result struct {
	Amount  float64 `json:"amount"` // bytes or calls, as the work says
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu"`  // seconds, user and system, of the process and its children
	Peak    int64   `json:"peak"` // of memory, in bytes; 0 if it can't be read
	Error   string  `json:"error,omitempty"`
	Unable  bool    `json:"unable,omitempty"` // the peer has no function for the work
}

// meter measures a round from begin to end.
type meter struct {
	started time.Time
	cpu     float64
}

// begin starts or restarts the measurement. A work calls it after its preparation.
func (m *meter) begin() {
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // resets VmHWM, on Linux
	m.cpu = cpuSeconds()
	m.started = time.Now()
}

func (m *meter) end(amount float64) result {
	seconds := time.Since(m.started).Seconds()
	return result{
		Amount:  amount,
		Seconds: seconds,
		CPU:     cpuSeconds() - m.cpu,
		Peak:    max(peakMemory(), childPeak),
	}
}

// childPeak is the peak memory of the last program that was run by runCommand.
var childPeak int64

// peakMemory returns VmHWM of /proc/self/status in bytes.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, ok := bytes.Cut(status, []byte("VmHWM:"))
	if !ok {
		return 0
	}
	fields := bytes.Fields(after)
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// cpuSeconds returns the CPU time of this process and of the children that have ended.
func cpuSeconds() (s float64) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return 0
		}
		s += time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
	}
	return s
}
