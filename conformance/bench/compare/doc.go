// Command compare measures this library beside its peers: the same work, on the same
// server, in the same run, and writes a report with the ratios.
//
//	go run -C conformance/bench ./compare                  # everything, into RESULTS.md
//	go run -C conformance/bench ./compare -quick -out DIR  # small sizes, three rounds
//	go run -C conformance/bench ./compare -list            # what there is to measure
//	go run -C conformance/bench ./compare -run 'download'  # only the works that match
//
// Each peer works in a process of its own, so that its CPU time and its memory can be
// read off. All peers do a round of a work one after another before the next round
// begins, so that a busy moment of the machine hits all of them; medians are reported.
//
// Links other than the loopback interface are made by a TCP relay in the parent
// process. It delays what passes by half of the round-trip time in each direction and
// limits each connection, as the path to a distant service does.
//
// Trees are copied by package files/transfer with 64 files at a time, as rclone's best
// setting does; a folder on disk is durable when we are done, and not when rclone is.
//
// It runs on Unix. What only this command needs is required by the module of this
// directory, so nobody who imports cloudfiles.dev downloads it. rclone is built through
// the module proxy, into the user's cache directory, the first time.
package main
