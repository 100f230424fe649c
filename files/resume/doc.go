// Package resume moves large files so that a transfer survives the end of the process:
// a later call does only what is left.
//
//	info, err := resume.Download(ctx, b, "backups/db.tar", "/data/db.tar", nil)
//
//	info, err = resume.UploadFile(ctx, b, "backups/db.tar", "/data/db.tar",
//		&resume.UploadOptions{TokenFile: "/data/db.tar.token"})
//
// # Downloads
//
// If [Download] fails, or its process is killed, the same call continues. It fetches
// only the missing parts, of the same version of the file, and checks the whole file.
//
// Until the download has ended, two files are beside path: .resume-….part, which has
// the content so far, and .resume-….state, which has the version and a SHA-256 of each
// complete part. Their names are derived from path's last element. They are not
// trusted:
//
//   - The next call reads the parts that the state lists, and fetches a part again if
//     its SHA-256 differs, as after a power failure.
//   - If version, size, time or digest of the bucket's file have changed, the download
//     begins anew: two versions are never mixed.
//   - The whole file is checked against the stored digest (G6).
//   - A file of such a name is left alone if it belongs to another user, is a link or
//     has several names; Download then does what files.DownloadFile does.
//
// Download also does what files.DownloadFile does in three other cases: if another
// call, in this process or another, is downloading to the same path (each gets the
// whole content, and the last one stays); if the bucket can't ask for a version
// (Features.ReadConditions); and on Windows, which has no locks that end with a
// process.
//
// # Uploads
//
// If [Upload] fails, or its process is killed, a call in any process that has the token
// sends only the parts that the service doesn't have. Without a token, a failed upload
// leaves nothing.
//
// The token is JSON text of at most [MaxToken] bytes. It has an identity of the bucket
// and the name, the upload's ID, the part size, and digests of the sent parts (CRC-32C
// and half of a SHA-256), which the next call compares with the source. It has no
// content and no secret.
//
// [Uploads] lists what interrupted uploads have left; [AbortUpload] and [AbortStale]
// remove it:
//
//   - S3 and Google Cloud Storage keep parts, and charge for them, until they are
//     aborted or a lifecycle rule removes them. Their listings have name, ID and
//     beginning, and include the uploads of a Put and of other programs.
//   - Azure keeps blocks for a week after the last one; they can't be removed earlier.
//     Its listing has the names of files that have nothing but blocks.
//   - A local folder keeps them in its control folder. Any process that writes to the
//     bucket removes them a week after the last part. While an upload is completed, its
//     content is on the disk twice.
//   - Memory keeps them as long as the bucket, within the process.
package resume
