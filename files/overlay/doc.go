// Package overlay reads through several buckets, its members, and writes to the first.
// With it a tenant's changes lie over the defaults, a test's writes over production's
// files, or edits over an embed.FS.
//
//	b, err := overlay.New([]files.Bucket{own, shared}, &overlay.Options{Whiteouts: true})
//
// # What it promises
//
//   - A name is looked up in the first member, then in the second, and so on. Only
//     ErrNotExist leads to the next member. An outage, a refusal or a missing bucket
//     fails the call, so that an old file is never returned in place of a newer one.
//   - Every write goes to the first member; the others are never written. After a Put
//     or a Delete, Get, Stat, List and Exists agree.
//   - A change of a lower member's file, by UpdateAttributes, Update or a copy onto
//     itself, puts the changed file into the first member. The change keeps its
//     condition: if the file is written in the first member meanwhile, the change is
//     ErrPrecondition.
//   - A version records the member that it comes from, and never matches a file of
//     another member, even one with the same bytes. So versions are valid for one list
//     of members in one order.
//   - Each write is a single write to one file of the first member. That member decides
//     the condition when it commits the file, even if several processes write. So the
//     overlay is as linearizable as the first member, as long as the lower members
//     don't change.
//   - A listing is in byte order, and has each name once.
//
// # Deleting a file of a lower member
//
// Without [Options].Whiteouts, deleting a file that a lower member has is
// ErrUnsupported, and nothing is deleted.
//
// With Whiteouts, the first member gets a whiteout under the same name: a file with the
// content [WhiteoutContent] and the metadata [WhiteoutKey] "1". The file then no longer
// exists in any overlay of these members that has the option. A program that uses the
// first member directly sees the whiteout as a file; if it deletes the whiteout, the
// lower file is visible again. A Put replaces the whiteout. A whiteout takes space, so
// such a Delete fails on a full disk (D1).
//
// # What it can't keep
//
//   - Features claims what the first member can do; features that reading needs are
//     claimed if all members have them. Raw keys are not claimed, and neither are
//     signed GETs and DELETEs: signing makes no request, so it can't find the member
//     that has the file. For the same reason a signed PUT can't be restricted to new
//     files (SignOptions.IfAbsent).
//   - With Whiteouts, a Put with the metadata key [WhiteoutKey] is ErrUnsupported.
//   - A copy from the overlay to another bucket passes through the program.
//   - An upload of package resume is one Put, which can't be continued by another
//     process, because conditions and versions are the overlay's own. A call with a
//     token is ErrUnsupported. To continue uploads, upload to the first member
//     directly.
//   - [New] refuses a member that isn't Ordered, because the listings could not be
//     merged in bounded memory.
//   - Names that are too long for the first member are not listed.
//
// # What it costs
//
// Reading takes one request to each member down to the member that has the file. A Put
// takes one request; a conditional Put may look for the file first. Delete and
// DeleteMany look for the file in the lower members. If a lower member's Stat can't
// distinguish a missing bucket (Features.StatNoBucket), as on S3, each of these also
// makes a Check of that member if it doesn't have the file. A listing lists all members
// at the same time. With Whiteouts a listing takes one more request for each file in
// the first member that has the size of a whiteout, and a shallow listing takes one
// more for each directory of the first member. The package links only this module and
// the standard library.
package overlay
