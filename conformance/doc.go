// Package conformance holds any files.Bucket to the contract of package files. The
// author of a driver runs one function:
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, conformance.Harness{
//			New: func(t conformance.T) files.Bucket { return mydriver.New(t.TempDir()) },
//		})
//	}
//
// Each case is a subtest named <rule>/<case>, such as P8/race; cases run in parallel,
// each in a bucket of its own. A failure says which rule it is, what was expected and
// what came, and why that matters to an application. For a feature
// that the bucket does not claim, the cases check that the call is errors.ErrUnsupported
// and changes nothing.
//
// Where buckets are dear, Harness.Store has all cases in one. [Check] runs the suite
// outside go test, and [Report] is what came of it. [RunWrapper] does the same for
// wrappers, and [Bench] measures every driver by the same benchmarks.
//
// # Writing a driver
//
// An afternoon is enough for a first driver that passes. A whole one, of a hundred
// lines, is in cloudfiles.dev/examples/mapdriver: copy it.
//
// Begin with files/driver, not with files.Bucket: write a driver.Backend, which moves
// bytes and decides conditions, and let driver.New make the bucket. It does names,
// types, metadata, digests, ranges, resumed reads, errors, closing and the refusals of
// what Features don't claim.
//
// Begin with Features that claim nothing but what is certain, and with New alone in the
// harness. Then go through the rules in this order, one group at a time, each by its
// pattern (the numbers are those of the contract in package files):
//
//	# bytes in, bytes out
//	go test -run 'TestConformance/^(P11|P12|G1|G2|S1|D1)$' ./mydriver
//	# names, types, metadata
//	go test -run 'TestConformance/^(N.|P6|P7)$' ./mydriver
//	# listings: order, directories, pages
//	go test -run 'TestConformance/^(L.|D3)$' ./mydriver
//	# all or nothing, and what failures look like
//	go test -run 'TestConformance/^(P1|P2|P5|P10|E.)$' ./mydriver
//	# versions and conditions
//	go test -run 'TestConformance/^(V.|P3|P8|P9|D2|G8|X1)$' ./mydriver
//	# ranges, broken reads, copies, cancelling, signing, URLs
//	go test -run 'TestConformance/^(G.|C1|X.|W1|U.)$' ./mydriver
//
// Write the driver in this order:
//
//  1. Put, Open, Stat, List and Delete without conditions. Claim Ordered once L1
//     passes. If the service doesn't list in byte order, don't claim it, and nothing is
//     asked of you there. driver.ListSorted lists for a driver that can walk names in
//     order.
//  2. Atomic: content goes where nobody sees it and is committed in one step, with its
//     metadata. P1 and P2 look at the store in the middle of an upload. P10 passes with
//     them, since a digest that doesn't match is a reader that fails.
//  3. Attributes, Digests: store what PutRequest gives, and give it back.
//  4. Versions, then IfAbsent, IfVersion, DeleteIfVersion and ReadConditions. The store
//     decides a condition, at the commit. A driver that looks first and writes then
//     fails P8/race and P9/race, and some day loses a user's file.
//  5. The optional interfaces of files/driver: Copier, ManyDeleter, Signer, Checker,
//     Identifier. Each is claimed by its feature and has its cases (C1, D3, W1, U3).
//  6. A URL opener, and Harness.URL.
//
// What the service provably can't do stays unclaimed: that is no failure. A report
// shows it, with the reason that Harness.Unclaimed gives. What it breaks although it is
// claimed is in Harness.Known, by the case's ID, with the reason; such a case must go
// on failing, so the list can't grow stale.
//
// # Reading a failure
//
//	P2/reader-fails-over breaks rule P2:
//	  content of "d/old" ends after 2000 bytes, want 4000
//	  why it matters: a failed upload must not destroy what it was to replace
//
// The first line names the case; run it alone by -run
// 'TestConformance/P2/reader-fails-over'. Then comes what was wrong, offsets and
// versions instead of dumps: content tells its own position, so "differs at offset
// 4096" is a place in the file, and a swapped block shows as one. A failure that begins
// "the harness is wrong" is about your New, not about the driver. "The case did not end
// within" comes with the stacks of the case's goroutines: the topmost of your package
// is what hangs. Cases that race print a history of calls and answers that no order
// explains; random ones print a seed, for CLOUDFILES_SEED, and the shortest sequence as
// Go code to paste into a test.
//
// # The harness
//
// Each function that you add brings cases that were skipped without it. In the order of
// what they find:
//
//   - Second: another handle on the same store, as another process would have. Finds
//     conditions that are decided by a mutex (P8, P9), caches (P5, L4), and what Close
//     takes away from others (X3).
//   - Process: a command that opens the store and runs [Serve]. Finds what even two
//     handles share inside one process: a lock, a cache (P1, P8, P9, L4).
//   - Leftovers: temporaries and unfinished uploads, counted (P2, X2).
//   - Requests: what was asked of the store, counted (N1).
//   - Damage and Cut: a byte that changed in the store (G6), a connection that breaks
//     (G5).
//   - Extend, with Append: files beyond 4 GiB that take no room (G3, L5).
//   - Unreadable: a handle that may not read a part of the store (L9).
//   - Root: a directory of the store as a bucket of its own (X1).
//   - Secrets: what no error may show (E1): the folder, the bucket's prefix, the key.
//   - Vanish: the store goes away (E3). Foreign and ForeignKeys: what others put there
//     (L7). Link: what is no file (N5). Send: signed requests are really sent (W1).
//     URL: the driver's opener (U1, U2, U3).
//
// A store that only one process may open, such as an embedded database that locks its
// file, has no Process, and it has Second only if several handles share the open store
// inside the process. Its opener returns an error that says so while another process has
// the store open, and its Close gives the store free. The driver's documentation says
// that programs can't share the store.
//
// A store that is slow or costs: Store instead of New, so that one bucket serves all
// cases; MaxContent, the largest content in bytes; MaxFiles, the most files of a case;
// Limit, the longest time that a case may take. The suite works below directories of
// its own and touches nothing that it didn't put there; with New, a bucket that isn't
// empty is refused. -short leaves out the long cases, Soak multiplies the random and
// racing ones.
//
// # Wrappers
//
// Use files.Wrap rather than embedding files.Bucket, which loses copies, bulk deletes
// and signing, or leaks them. Then
//
//	func TestWrapper(t *testing.T) {
//		conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
//			return mywrapper.New(b)
//		}, nil)
//	}
//
// runs every case over memory, and the essential ones over memory that lacks one
// ability after the other; its own cases look at what arrives below. [WrapperOptions]
// say what the wrapper does on purpose.
//
// # Publishing
//
// With CLOUDFILES_REPORT_DIR set, Run writes a JSON report and a certificate in
// Markdown. The command cloudfiles.dev/conformance/doctor runs the same cases on a
// bucket by its URL, below a prefix that it cleans up.
package conformance
