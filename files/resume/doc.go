// Package resume moves large files in a way that survives the end of the process: what
// was done by then is not done again.
//
//	info, err := resume.Download(ctx, b, "backups/db.tar", "/data/db.tar", nil)
//
//	info, err = resume.UploadFile(ctx, b, "backups/db.tar", "/data/db.tar",
//		&resume.UploadOptions{TokenFile: "/data/db.tar.token"})
//
// If [Download] fails, or its process is killed, the same call goes on where it was. It
// fetches only what is missing, of the same version of the file, and checks the whole.
//
// If [Upload] fails, or its process is killed, a call in any process that has the token
// sends only the parts that the service doesn't have. The token is a text of JSON, of
// some 40 bytes a part and at most [MaxToken]. It has no content and no secret: an
// identity of bucket and name, the upload's ID, the part size, and the digests of the
// parts that were sent (CRC-32C, and half of a SHA-256), with which they are compared
// again. Without a token, a failed upload leaves nothing.
//
// What else interrupted uploads leave is found by [Uploads] and removed by [AbortUpload]
// and [AbortStale]:
//
//   - S3 and Google Cloud Storage keep parts, and bill them, until they are aborted or a
//     lifecycle rule does so. Their listings say name, ID and beginning, and also have
//     the uploads of a Put and of other programs.
//   - Azure keeps blocks for a week after the last one, and until then they can't be
//     removed. Its listing says the names of files that have nothing but blocks.
//   - A folder on disk keeps them in its control folder. Any process that writes to the
//     bucket removes them a week after the last part. Their content is on the disk twice
//     while they are completed.
//   - Memory keeps them as long as the bucket, within the process.
//
// # What a download keeps on disk
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
