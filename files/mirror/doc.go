// Package mirror writes to two buckets, its members, and reads from the first. The
// second is a copy that can take over, such as one in another region, at another
// provider, or on a disk.
//
//	b, err := mirror.New(first, second)
//
// # What it promises
//
//   - A Put, Delete, Copy or Move is carried out in the first member and then in the
//     second. It returns nil when both members have the change.
//   - Only the first decides conditions. If IfAbsent or IfVersion fails there, nothing
//     is written.
//   - All reads, listings and signed GETs use the first. The second is never read
//     instead: if the first fails, the call fails. To take over, open the second alone.
//   - If the write to the first fails, the second isn't changed. If the write to the
//     second fails, the first keeps what was written, and the error is a [*MemberError]
//     that says so.
//   - Repeating a failed call makes the members equal again, even if its condition then
//     fails because the first already has the file. So does a later write of the same
//     name.
//   - If a conditional Put fails in the second, the error is never ErrUnavailable or
//     ErrUncertain. Functions such as Update repeat calls after these errors; they would
//     find the file in the first, and report that both members have it.
//   - If several calls or processes write one name at the same time, both members end
//     with what the first has: after each write to the second, the mirror checks the
//     first, and copies the file again if it has changed. DeleteMany is the exception,
//     below.
//
// # What it can't keep
//
//   - A write isn't atomic over both members: it may appear in the second later than in
//     the first. If a process dies between the two writes, the members differ until the
//     name is written again. [Diff] lists such names, and [Repair] copies them from the
//     first to the second.
//   - DeleteMany doesn't check again for names that another process puts at the same
//     moment: such a file may be in only the first.
//   - Times and versions are those of the first member. Features are those of the first
//     too, but features that writes need are claimed only if both members have them.
//     Server-side copies, signed PUTs, DELETEs, forms and parts, native options and raw
//     keys are unsupported, because they would bypass the second.
//   - An upload of package resume is one Put, which another process can't continue, and
//     a call with a token is ErrUnsupported. To continue uploads, upload to the first
//     member directly, and call Repair.
//
// # What it costs
//
// A Put is a Put to each member and a Stat of the first. If the content can seek, it is
// read a second time for the second member; otherwise the file is read back from the
// first, which takes one more Get. A Delete is a Delete in each and a Stat. DeleteMany
// takes as few requests as each member allows. The package links only this module and
// the standard library.
package mirror
