// Command compare measures this library and its peers, other libraries and programs: the
// same work, on the same server, in the same run. It writes a report with the ratios.
//
//	go run -C conformance/bench ./compare                  # everything, into RESULTS.md
//	go run -C conformance/bench ./compare -quick -out DIR  # small sizes, three rounds
//	go run -C conformance/bench ./compare -list            # lists the works and the peers
//	go run -C conformance/bench ./compare -run 'download'  # only the works that match
//	go run -C conformance/bench ./compare -peers 'CDK'     # only this library and that peer
//
// Each peer works in a process of its own, so that its CPU time and its memory can be
// measured. All peers do a round of a work, one after another, before the next round
// begins, so that a busy moment of the machine hits all of them. The report has medians.
//
// Links other than the loopback interface are made by a TCP relay in the parent process.
// It delays all bytes by half of the round-trip time in each direction and limits the
// rate of each connection, as the path to a distant service does.
//
// Google Cloud Storage over a link is a server of this command, in memory, because
// fake-gcs-server doesn't have the uploads in parallel parts of the XML API.
//
// This library copies trees by package files/transfer, with 64 files at a time, which is
// also rclone's best setting. It makes a folder on disk durable, and rclone doesn't.
//
// If a work fails, or Ctrl-C ends the run, the report has the works before it and says so.
//
// The command runs on Unix. The module of this directory requires the modules that only
// this command needs, so programs that import cloudfiles.dev don't download them. The
// first run builds rclone through the module proxy, into the user's cache directory.
package main
