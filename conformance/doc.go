// Package conformance checks whether a files.Bucket keeps the contract of package
// files. The author of a driver calls one function:
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, conformance.Harness{
//			New: func(t conformance.T) files.Bucket { return mydriver.New(t.TempDir()) },
//		})
//	}
//
// Each case is a subtest named <rule>/<case>, such as P8/race. Cases run in parallel,
// each in a bucket of its own. A failure shows the rule, what was expected, what
// happened, and why that matters to an application. If the bucket doesn't claim a
// feature, the cases check that a call that needs the feature is errors.ErrUnsupported
// and changes nothing.
//
// If buckets are expensive, Harness.Store makes all cases share one. [Check] runs the
// suite outside go test, and returns a [Report]. [RunWrapper] does the same for
// wrappers, and [Bench] measures every driver by the same benchmarks.
//
// # Writing a driver
//
// Writing a first driver that passes takes an afternoon. Copy
// cloudfiles.dev/examples/mapdriver, which is a whole driver of about 150 lines.
//
// Begin with files/driver, not with files.Bucket: write a driver.Backend, which moves
// bytes and decides conditions, and let driver.New make the bucket. The bucket handles
// names, types, metadata, digests, ranges, resumed reads, errors and closing, and refuses
// what Features don't claim. The backend returns the sentinels of package files, or errors
// made by driver.Errorf and driver.WithCause.
//
// Begin with Features that claim only what is certain, and with a harness that has only
// New. Then go through the rules in this order, one group at a time, each by its pattern
// (the rule numbers are those of the contract in package files):
//
//	# bytes in, bytes out
//	go test -run 'TestConformance/^(P11|P12|G1|G2|S1|D1)$' ./mydriver
//	# names, types, metadata
//	go test -run 'TestConformance/^(N.+|P6|P7)$' ./mydriver
//	# listings: order, directories, pages
//	go test -run 'TestConformance/^(L.+|D3)$' ./mydriver
//	# all or nothing, and what failures look like
//	go test -run 'TestConformance/^(P1|P2|P4|P5|P10|E.+)$' ./mydriver
//	# versions and conditions
//	go test -run 'TestConformance/^(V.+|P3|P8|P9|D2|G8|X1)$' ./mydriver
//	# ranges, broken reads, copies, cancelling, signing, URLs
//	go test -run 'TestConformance/^(G.+|C1|X.+|W1|U.+)$' ./mydriver
//
// Write the driver in this order:
//
//  1. Put, Open, Stat, List and Delete without conditions. Claim Ordered once L1
//     passes. If the service doesn't list in byte order, don't claim it: the cases
//     about order are then not applicable. If the driver can walk names in order,
//     driver.ListSorted does the rest of a listing.
//  2. Atomic: write the content to a place where no reader finds it, and commit it in
//     one step with its metadata. P1 and P2 look at the store in the middle of an
//     upload. P10 then passes too, since a digest that doesn't match reaches the driver
//     as an error of the content's reader. Durable: sync the content, and what names
//     it, before Put returns. The case of P4 opens the store again, but no case can cut
//     the power.
//  3. Attributes, Digests: store what PutRequest has, and return it.
//  4. Versions, then IfAbsent, IfVersion, DeleteIfVersion and ReadConditions. The store
//     must decide a condition at the commit. A driver that checks first and then writes
//     fails P8/race and P9/race, and would some day lose a user's file.
//  5. The optional interfaces of files/driver: Copier, ManyDeleter, Signer, Checker,
//     Identifier. Features claim a Copier (ServerCopy) and a Signer (SignGet and the
//     other features of its kind); the others have no feature. Their cases are those of
//     C1, D3, W1 and U3. PartUploader has no feature either; its cases are those whose
//     names begin with upload.
//  6. A URL opener, and Harness.URL.
//
// Don't claim what the service provably can't do: an unclaimed feature is not a
// failure. Harness.Unclaimed may give the reason, which the report shows. If the
// service breaks a rule that the Features claim, put the case's ID into Harness.Known,
// with the reason. A case in that list must fail, so that the list stays true.
//
// # Reading a failure
//
//	P2/reader-fails-over breaks rule P2:
//	  content of "d/old" ends after 2000 bytes, want 4000
//	  why it matters: a failed Put must leave the file that it was to replace
//
// The first line names the case; -run 'TestConformance/P2/reader-fails-over' runs it
// alone. The next lines say what was wrong, with offsets and versions instead of dumps.
// The test contents are different at every offset, so the cases find a swapped block,
// and "differs at offset 4096" is an offset in the file. The last line is the reason
// for the rule.
//
//   - "the harness is wrong" reports a fault in a function of the harness, and not in
//     the driver.
//   - "the case did not end within" is followed by the stacks of the case's goroutines.
//     The topmost function of your package is the one that hangs.
//   - Cases that race print a history of calls and results that no order explains.
//   - Random cases print a seed for CLOUDFILES_SEED, and the shortest sequence as Go code
//     to paste into a test.
//
// # The harness
//
// Each function of the harness enables cases that are skipped without it. The functions
// that find the most faults come first:
//
//   - Second: another handle on the same store, as another process would have. It finds
//     conditions that are decided by a mutex (P8, P9), stale caches (P5, L4), and a
//     Close that closes other handles (X3).
//   - Process: a command that opens the store and runs Serve. It finds locks and caches
//     that work only because two handles of one process share them (P1, P8, P9, L4).
//   - Leftovers: the number of temporaries and unfinished uploads (P2, X2).
//   - Requests: the number of requests to the store (N1).
//   - Damage and Cut: they change a byte in the store (G6), and break a connection
//     (G5).
//   - Extend, with Append: files beyond 4 GiB that take no space (G3, L5).
//   - Unreadable: a handle that can't read a part of the store (L9).
//   - Root: a directory of the store as another bucket (X1).
//   - Secrets: texts that no error may show (E1): the folder, the bucket's prefix, the
//     key.
//   - Vanish: the store disappears (E3).
//   - Foreign and ForeignKeys: objects that other programs stored under raw keys (L7).
//   - Link: something that is not a file (N5).
//   - Send: a function that really sends signed requests (W1).
//   - URL: the driver's opener (U1, U2, U3).
//
// A store that only one process may open, such as an embedded database that locks its
// file, has no Process, and it has Second only if several handles share the open store
// inside the process. While another process has the store open, its opener returns an
// error that says so. Its Close releases the store. The driver's documentation says
// that programs can't share the store.
//
// For a store that is slow or costs money, use Store in place of New, so that one
// bucket serves all cases. MaxContent bounds the size of a content, MaxFiles the number
// of files of a case, and Limit the time of a case. The suite then works below
// directories of its own and changes nothing that it didn't put there. With New, a
// bucket that isn't empty is refused. -short omits the long cases, and Soak multiplies
// the random and racing ones.
//
// # Wrappers
//
// Make a wrapper with files.Wrap. A struct that embeds files.Bucket loses copies, bulk
// deletes and signing, or lets them bypass the wrapper. Then
//
//	func TestWrapper(t *testing.T) {
//		conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
//			return mywrapper.New(b)
//		}, nil)
//	}
//
// runs every case over memory, and the essential ones over several kinds of memory,
// each of which lacks one ability. Further cases check the calls that reach the inner
// bucket. WrapperOptions say what the wrapper changes on purpose.
//
// # Publishing
//
// With CLOUDFILES_REPORT_DIR set, Run writes a JSON report and a certificate in
// Markdown. The command cloudfiles.dev/conformance/doctor runs the same cases on a
// bucket by its URL, below a prefix that it cleans up.
package conformance
