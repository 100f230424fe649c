// Package filestest has the fake that an application is tested with: a bucket in memory
// that fails the test on leaks, fails calls as it is told, and remembers them.
//
//	b := filestest.New(t) // no other line of set-up, and none to take down
//	handler := app.New(b)  // or app.Open(ctx, b.URL())
//	upload(t, handler, "photos/cat.jpg", jpeg)
//	b.WantCreated(t, "photos/cat.jpg")
//
// # Faults
//
// On begins a rule, which says which calls it is for and what happens to them:
//
//	b.On(files.OpPut, "invoices/*").Nth(3).Fail(files.ErrUnavailable)
//	b.On(files.OpGet, "big").BreakAfter(10)                 // 10 bytes of the body
//	b.On(files.OpList, "").Delay(5 * time.Second)           // free in a synctest bubble
//	b.On(files.OpPut, "lock").LoseAnswer(filestest.Stored)  // ErrUncertain, but stored
//
// An error is that of the service's driver: what no driver returns from the operation
// fails the test, and a service that is unavailable was asked as often as the driver does
// ([Rule.Fail]).
//
// Of several rules that match a call, the one that was made first is applied, and no
// other. Each call that reaches the fake is one call: a program that retries makes
// several. A rule that wasn't applied as often as it says fails the test at its end,
// with its line. Sweep fails every call of a function, one after another.
//
// # What was called
//
// Calls returns what the program called, and Within checks a budget:
//
//	b.Within(t, filestest.Budget{Requests: 2, Writes: 1}, func() { get(t, handler, "/photos") })
//	t.Log(b.Cost(filestest.S3Prices, 40*filestest.PerSecond)) // money a month
//
// Requests are those that the service's driver sends: a large Put is several, a listing
// one for each page. What the fake charges is compared with the drivers by their tests,
// for calls that succeed and for usual refusals; the looks that a driver takes after
// rarer failures aren't charged.
//
// WantCreated, WantReplaced and WantDeleted ask what was changed since New, Fill or Mark.
// Want compares the whole content with a Tree.
//
// Golden compares it with a txtar archive.
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
// them. Only what came from this fake is counted, so parallel tests don't disturb each
// other.
//
// # A real bucket
//
// Around gives the same rules, record, budgets and checks to a bucket of your own, such
// as one on a server that your tests start:
//
//	b := filestest.Around(t, real, nil)
//	b.On(files.OpPut, "lock").LoseAnswer(filestest.NotStored)
//
// # What it is
//
// The fake keeps the whole contract of package files but durability (P4), as package mem
// does, and is as weak as the clouds are together. New's options make it like one of
// them. The package links the standard library alone, starts no goroutine of its own, and
// works in testing/synctest bubbles.
//
// A Bucket is safe for concurrent use. Its checks may be called by the test's own
// goroutine only if they take a testing.TB, as with all of package testing.
package filestest
