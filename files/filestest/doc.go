// Package filestest has the fake that an application is tested with: a bucket in memory
// that fails the test on leaks, fails calls as it is told, and remembers them.
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
//   - Make a fake: New, with As and AnyError. It is a files.Bucket; URL is for programs
//     that open one themselves.
//   - Give it files: FillTree, Fill (an fs.FS), ReadTxtar; keep and bring back: Snapshot,
//     Restore.
//   - Make calls fail, wait or break: On, and then Fail, Delay, BreakAfter, StallAfter,
//     LoseAnswer or Do, for calls that Nth, Times or Rate choose. Fail every call once:
//     Sweep.
//   - Check what is stored: Want, WantAtLeast, WantNone, WantOneOf, Golden.
//   - Check what was changed: WantCreated, WantReplaced, WantDeleted, WantChanges,
//     WantUnchanged; begin anew: Mark.
//   - Check what was called: Within (a budget), WantCalls, WantOrder; look at it: Calls.
//   - Send what SignURL signed: Client.
//   - Move the time: Clock.
//   - Do the same with a real bucket: Around, SweepAround.
//
// Nothing has to be verified at the end: the end of the test does it.
//
// # Faults
//
// On begins a rule, which says which calls it is for and what happens to them:
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
// An error is that of the service's driver: what no driver returns from the operation
// fails the test, and a service that is unavailable was asked as often as the driver does
// ([Rule.Fail]).
//
// Of several rules that match a call, the one that was made first is applied, and no
// other; so make the narrow ones first. Each call that reaches the fake is one call: a
// program that retries makes several. A rule that wasn't applied as often as it says
// fails the test at its end, with its line; one with a Rate needn't be.
//
// # What was called
//
// Calls returns what the program called, and Within checks a budget:
//
//	b.Within(t, filestest.Budget{Requests: 2, Writes: 1}, func() { get(t, handler, "/photos") })
//	t.Log(b.Calls())                                          // a table
//	t.Log(b.Cost(filestest.S3Prices, 40*filestest.PerSecond)) // money a month
//
// Requests are those that the service's driver sends: a large Put is several, a listing
// one for each page. What the fake charges is compared with the drivers by their tests,
// for calls that succeed and for usual refusals; the looks that a driver takes after
// rarer failures aren't charged.
//
// # Signed URLs
//
// SignURL works with nothing configured. Client sends what was signed, without a network:
//
//	link := app.UploadLink(ctx, b, "me.png")
//	resp, err := b.Client().Do(upload(link, png))
//	b.Clock.Advance(16 * time.Minute) // and now the same request is 403
//
// Upload forms of package signing work with them too, as on GCS or MinIO ([As]).
//
// # Leaks
//
// At the end of the test, after all subtests and all functions that were given to Cleanup
// after New, the fake reports each Reader that wasn't closed, each Writer without Commit
// or Close, and each listing that still runs, with the line that began it. Then it ends
// them. A Writer needs its Close also after its Put has failed or its context has ended.
// Only what came from this fake is counted, so parallel tests don't disturb each other.
//
// A call after the end gets ErrClosed, with the test's name.
//
// # Bubbles
//
// The fake works in testing/synctest bubbles, where Delay and StallAfter take no time.
// Make it inside, with the bubble's T: then a Writer that was forgotten is reported. With
// a fake from outside, the bubble waits for its goroutine, which is a deadlock.
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
// The fake keeps the whole contract of package files but durability (P4), as package mem
// does, and is as weak as the clouds are together. New's options make it like one of
// them; [Personality.Differences] says in what, since when and where that is written.
//
// Not simulated are:
//
//   - crashes of the machine, since memory survives none;
//   - objects with keys outside the naming rule (L7), and other programs' changes: make
//     those with a second handle, from Open of URL;
//   - permissions, quotas and throttling: make rules that Fail;
//   - latency and bandwidth: make rules with Delay;
//   - damaged content, and files that grow while they are read: no driver of a service
//     has the latter;
//   - options of one service alone (Native), and uploads that another process continues
//     (package resume): both are ErrUnsupported, as with package mem.
//
// The package links the standard library alone and starts no goroutine of its own.
//
// A Bucket is safe for concurrent use. Its checks may be called by the test's own
// goroutine only if they take a testing.TB, as with all of package testing.
package filestest
