// Package bench has benchmarks. They measure our drivers, the Go CDK's memblob and
// fileblob, and bare calls of package os in one run, so that the ratios are comparable.
// It is a module of its own, so programs that import cloudfiles.dev don't download the
// other libraries.
//
//	go test -bench . -benchmem -count 6 | tee new.txt
//	benchstat -col /impl new.txt
//
// The command in compare measures this library, other libraries and programs on services
// and disks, and writes a report.
//
// The benchmarks make their folders in $CLOUDFILES_BENCH_DIR or else in the system's
// temporary folder, which may be in memory. With -short they leave out listings of a
// million names and contents of 1 GiB.
package bench
