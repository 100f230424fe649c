// Package filestest has a fake bucket for the tests of applications. It keeps its files
// in memory, makes calls fail as the test says, records all calls, and fails the test
// if the application leaks a Reader, a Writer or a listing.
//
//	b := filestest.New(t) // no other line of set-up, and none to take down
//	handler := app.New(b)  // or app.Open(ctx, b.URL())
//	upload(t, handler, "photos/cat.jpg", jpeg)
//	b.WantCreated(t, "photos/cat.jpg")
//
// A whole application with its tests is in examples/photos.
//
// # What do you want to do?
//
//   - Make a fake: New, with As and AnyError. It is a files.Bucket. URL is for programs
//     that open their bucket themselves.
//   - Keep the test from opening real buckets: OnlyFakes.
//   - Give it files: FillTree, Fill (an fs.FS), ReadTxtar; save its state and restore
//     it: Snapshot, Restore.
//   - Make calls fail, wait or break: On, and then Fail, Delay, BreakAfter, StallAfter,
//     LoseAnswer or Do, for calls that Nth, Times or Rate choose. Fail every call once:
//     Sweep.
//   - Check what is stored: Want, WantAtLeast, WantNone, WantOneOf, Golden.
//   - Check what was changed: WantCreated, WantReplaced, WantDeleted, WantChanges,
//     WantUnchanged; forget earlier changes: Mark.
//   - Check what was called: Within (a budget), WantCalls, WantOrder; look at it: Calls.
//   - Send what SignURL signed: Client.
//   - Move the time: Clock.
//   - Do the same with a real bucket: Around, SweepAround.
//
// The test need not check for leaks and unused rules at its end: New registers such a
// check with t.Cleanup.
//
// # Faults
//
// On begins a rule, which says which calls it applies to and what happens to them:
//
//	b.On(files.OpPut, "invoices/*").Nth(3).Fail(files.ErrUnavailable)
//	b.On(files.OpGet, "big").BreakAfter(10)                 // 10 bytes of the body
//	b.On(files.OpGet, "big").StallAfter(10, time.Minute)    // and then it goes on
//	b.On(files.OpList, "").Delay(5 * time.Second)           // free in a synctest bubble
//	b.On(files.OpPut, "lock").LoseAnswer(filestest.Stored)  // ErrUncertain, but stored
//	b.On(files.OpStat, "").Rate(0.1, seed).Fail(files.ErrUnavailable)
//
// Patterns are those of [path.Match], here and in all checks; in addition "dir/" is
// everything below a directory, and "" is every name.
//
// The program gets the error that the service's driver would return. An error that no
// driver returns from the operation fails the test. If the service is unavailable, the
// fake counts as many requests as the driver would make ([Rule.Fail]).
//
// If several rules match a call, only the one that was made first is applied, so make
// the most specific rules first. Every call that reaches the fake counts, so a program
// that retries makes several calls. If a rule wasn't applied as often as it says, the
// test fails at its end with the line of the rule, unless the rule has a Rate. An
// impossible rule, such as one with Nth(-1), fails the test at once.
//
// # What was called
//
// Calls returns what the program called, and Within checks a budget:
//
//	b.Within(t, filestest.Budget{Requests: 2, Writes: 1}, func() { get(t, handler, "/photos") })
//	t.Log(b.Calls())                                          // a table
//	t.Log(b.Cost(filestest.S3Prices, 40*filestest.PerSecond)) // money a month
//
// The fake counts the requests that the service's driver would send: several for a
// large Put, and one for each page of a listing. The drivers' tests check these
// numbers, for calls that succeed and for common errors. The requests by which a driver
// finds out what happened after a rarer failure aren't counted.
//
// # Signed URLs
//
// SignURL works without configuration. Client sends signed requests to the fake,
// without a network:
//
//	link := app.UploadLink(ctx, b, "me.png")
//	resp, err := b.Client().Do(upload(link, png))
//	b.Clock.Advance(16 * time.Minute) // and now the same request is 403
//
// Upload forms and uploads in parts of package signing work with them too, as on GCS or
// MinIO ([As]).
//
// # Leaks
//
// The fake checks for leaks at the end of the test, after all subtests and all
// functions that were given to Cleanup after New. It reports each Reader that wasn't
// closed, each Writer without Commit or Close, and each listing that still runs, with
// the line that began it. Then it ends them. A Writer must be closed even if its Put
// has failed or its context has ended. Calls that are just ending, such as the slower of
// two calls of package hedge, have 100 ms to end. Each fake checks only its own, so
// parallel tests don't disturb each other.
//
// A call after the end of the test fails with ErrClosed and the test's name.
//
// # Bubbles
//
// The fake works in testing/synctest bubbles, where Delay and StallAfter take no time.
// Make it inside the bubble, with the bubble's T: then it reports a Writer that was
// forgotten. If the fake is made outside, the bubble waits for the Writer's goroutine,
// which is a deadlock.
//
// # A real bucket
//
// Around gives the same rules, record, budgets and checks to a bucket of your own, such
// as one on a server that your tests start:
//
//	b := filestest.Around(t, real, nil)
//	b.On(files.OpPut, "lock").LoseAnswer(filestest.NotStored)
//
// # What it is, and what it is not
//
// The fake keeps the whole contract of package files except durability (P4), as package
// mem does. By default it has only the features that S3, GCS and Azure have in common,
// and refuses the few names that one of them can't hold, such as those that end in a
// dot. [As] makes it behave like one of them; [Personality.Differences] lists the
// differences, each with its source and the date on which it was looked up.
//
// The fake doesn't simulate:
//
//   - crashes of the machine, because memory doesn't survive them;
//   - objects with keys outside the naming rule (L7), and changes by other programs:
//     make changes through a second handle, which files.Open returns for URL;
//   - permissions, quotas and throttling: use rules with Fail;
//   - latency and bandwidth: use rules with Delay;
//   - damaged content, and files that grow while they are read, which exist only on
//     disks;
//   - native options of a service, which are ErrUnsupported, and uploads that another
//     process continues: an upload of package resume is one Put.
//
// The package links only this module and the standard library, and starts no goroutine
// of its own.
//
// A Bucket is safe for concurrent use. Its methods that take a testing.TB may be called
// only by the test's own goroutine, because they may call t.FailNow.
package filestest
