// Package overlay reads through several buckets and writes to the first: defaults with
// what a tenant has changed, production's files with what a test writes, an embed.FS with
// what was edited.
//
//	b, err := overlay.New([]files.Bucket{own, shared}, &overlay.Options{Whiteouts: true})
//
// # What it promises
//
//   - A name is looked for in the first member, then in the next. Only ErrNotExist
//     leads on: an outage, a refusal or a missing bucket is the call's error, so that
//     an old file never comes in place of a newer one.
//   - Every write goes to the first member, and the others get none. After a Put or a
//     Delete, Get, Stat, List and Exists agree.
//   - A change of a lower member's file, by UpdateAttributes, Update or a copy onto
//     itself, puts the changed file into the first member, and keeps to its condition:
//     if the file changes meanwhile in the first member, it is ErrPrecondition.
//   - A version names the member that it comes from, and never matches in another, even
//     if that has the same bytes. So versions are good for one list of members in one
//     order.
//   - Each write is one write to one file of the first member, which decides its
//     condition at its own commit, also between processes. So a name of the overlay is
//     as linearizable as the first member makes it, as long as nobody changes the lower
//     ones.
//   - There is one listing, in byte order, each name once.
//
// # Deleting a file of a lower member
//
// It is ErrUnsupported, and nothing is deleted, unless [Options].Whiteouts is set. Then
// the first member gets a whiteout under the same name: a file with the content
// [WhiteoutContent] and the metadata [WhiteoutKey] "1". To everyone who reads through
// the overlay, with the option, the file doesn't exist; whoever reads the first member
// itself sees the whiteout, and makes the lower file visible again by deleting it
// there. A Put replaces the whiteout. Deleting such a file takes room, so it fails on a
// full disk (D1).
//
// # What it can't keep
//
// Features has what the first member can do, and of what reading needs only what all can.
// Not claimed are signed GETs and DELETEs, because signing may not ask which member has
// the file, and foreign keys. An attribute with the key of a whiteout is ErrUnsupported.
// Another bucket copies from the overlay through the program. [New] refuses a member that
// isn't Ordered, because the names couldn't be joined in order in bounded memory. Names
// longer than the first member takes are not listed.
//
// # What it costs
//
// Reading takes one request to each member down to the one that has the file. A Put
// takes one; a conditional one asks the members first. A Delete and DeleteMany ask the
// lower members. A listing lists every member at the same time; with Whiteouts it takes
// one more request for each file of the whiteout's size, and a shallow one for each
// directory of the first member. The package links package files and package driver
// alone.
package overlay
