// Package bench holds benchmarks only: our drivers beside Go CDK's memblob and fileblob
// and beside bare calls of package os, in one run, so that ratios can be read off. It
// is a module of its own, so that nobody who imports cloudfiles.dev needs what it
// compares with.
//
//	go test -bench . -benchmem -count 6 | tee new.txt
//	benchstat -col /impl new.txt
//
// The command in compare measures services and disks beside other libraries and
// programs, and writes a report.
//
// The folders are made below $CLOUDFILES_BENCH_DIR, or the system's temporary folder:
// mind that it may be in memory. Listings of 1M names and bodies of 1 GiB are left out
// with -short.
package bench
