// Package resume moves large files in a way that survives the end of the process: what
// was done by then is not done again.
//
//	info, err := resume.Download(ctx, b, "backups/db.tar", "/data/db.tar", nil)
//
// If [Download] fails, or its process is killed, the same call goes on where it was. It
// fetches only what is missing, of the same version of the file, and checks the whole.
//
// # What is kept on disk
//
// Beside path are two files until the download has ended: .resume-….part, which has the
// content so far, and .resume-….state, which has the version and a SHA-256 of each part
// that is whole. The names depend on path's last element. They are not trusted:
//
//   - The next call reads the parts that the state names, and fetches again each of which
//     the SHA-256 differs, as after a power failure.
//   - If version, size, time or digest of the bucket's file are others by then, the
//     download begins anew: two versions are never mixed.
//   - The whole is checked against the stored digest (G6).
//   - A file of that name that belongs to another user, is a link or has several names is
//     left alone: Download then is files.DownloadFile.
//
// A call that finds another at work on the same path, in this process or another one, is
// files.DownloadFile too: each gets the whole content, and the last one's stays. It is
// files.DownloadFile as well where resuming isn't possible: if the bucket has no versions
// to ask for (Features.ReadConditions), and on Windows, which has no locks that end with
// a process.
package resume
