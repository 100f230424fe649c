// Package mirror writes to two buckets and reads the first, so that the second is a copy
// that can take over: another region, another provider, a disk beside a cloud.
//
//	b, err := mirror.New(first, second)
//
// # What it does, in plain words
//
//   - A Put, Delete, Copy or Move is done in the first, and then in the second. It
//     returns nil when both have it.
//   - The first alone decides conditions. If IfAbsent or IfVersion fails there, nothing
//     is written.
//   - All reads, listings and signed GETs are the first's. The second is never read in
//     its place: if the first fails, so does the call. To take over, open the second
//     alone.
//   - If the first fails, the second isn't touched. If the second fails, the first keeps
//     what was written, and the error is a [*MemberError] that says so.
//   - The same call again makes both equal, also if its condition fails by then,
//     because the first has the file. A later write of the same name does too.
//   - If a conditional Put fails in the second, the error is never ErrUnavailable or
//     ErrUncertain: what repeats calls for these, such as Update, would find the file
//     in the first, and take the second for done.
//   - If several write one name at the same time, in one process or in several, both
//     end with what the first has: after each write to the second the first is looked
//     at again, and copied again if it has changed. The exception is DeleteMany, which
//     doesn't look again at names that only another process puts at that moment.
//   - If a process dies between the two writes, they differ until the name is written
//     again. [Diff] lists such names, and [Repair] copies them from the first to the
//     second.
//
// # What it can't keep
//
// A write isn't atomic over both: who reads the second may see it later than who reads
// the first. Times and versions are the first's. Features are the first's, and of what
// writes need, what both can do. Server-side copies, signed PUTs and DELETEs, native
// options, uploads in parts of the caller's and foreign keys are off, because they
// would pass by the second.
//
// # What it costs
//
// A Put is a Put to each, and a Stat of the first. The second gets the same content
// again if it can seek; otherwise it is read from the first, which is one Get more. A
// Delete is one to each and a Stat, and DeleteMany as few requests as each takes. The
// package links package files and package driver alone.
package mirror
