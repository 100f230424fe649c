// Package resume downloads and uploads large files so that a later call, in the same
// process or another, continues where an earlier one stopped.
//
//	info, err := resume.Download(ctx, b, "backups/db.tar", "/data/db.tar", nil)
//
//	info, err = resume.UploadFile(ctx, b, "backups/db.tar", "/data/db.tar",
//		&resume.UploadOptions{TokenFile: "/data/db.tar.token"})
//
// # Downloads
//
// If [Download] fails, or its process is killed, the same call continues. It fetches
// only the missing parts, from the same version of the file, and checks the whole file.
//
// Until the download is complete, there are two files in path's folder: .resume-….part
// has the content so far, and .resume-….state has the version and a SHA-256 of each
// complete part. Their names are derived from path's last element. [RemoveStale]
// removes such files if nobody has continued the download.
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
// content and no secret. If the source has a version, such as a file of another bucket,
// the next call doesn't read again what was sent (UploadOptions.SourceVersion).
//
// [Uploads] lists what interrupted uploads have left; [AbortToken], [AbortUpload] and
// [AbortStale] remove it. Package transfer continues the large files of trees in this
// way.
//
// # What it promises
//
//   - The parts of an earlier download are not trusted: a part is fetched again if its
//     SHA-256 differs, as after a power failure, and the whole file is checked against
//     the stored digest (G6).
//   - If the version, size, time or digest of the bucket's file has changed, the
//     download begins again from the start: two versions are never mixed.
//   - If the .part or the .state file that is there belongs to another user, is a
//     symbolic link or has several hard links, Download doesn't touch it.
//   - All rules of Put hold for an upload. If the source has changed since an earlier
//     call read it, Upload is ErrCorrupt, and never stores a mix.
//
// # What it can't keep
//
// In these cases Download does what files.DownloadFile does, and can't be continued:
//
//   - if the bucket has no conditional reads (Features.ReadConditions), or the file has
//     no version;
//   - if another call, in this process or another, is downloading to the same path:
//     each call writes the whole content, and the file of the last one is kept;
//   - if the name of the .part or the .state file is taken by a file that Download
//     doesn't touch (see above);
//   - on Windows, which has no locks that end with a process.
//
// Upload is one Put, and can't be continued, in the cases that its documentation lists.
// One of them is an upload with a condition to Google Cloud Storage; package gcs says
// why.
//
// What an interrupted upload leaves depends on the service:
//
//   - S3 and Google Cloud Storage keep parts, and charge for them, until they are
//     aborted or a lifecycle rule removes them. Their listings have the name, the ID
//     and the time at which the upload began, and include unfinished uploads of a Put
//     and of other programs. MinIO removes parts after a day, and may not list
//     all uploads of a directory (package s3).
//   - Azure keeps blocks for a week after the last one; they can't be removed earlier.
//     Its listing has only names under which there are blocks but no file yet.
//   - A local folder keeps parts in its control folder. Any process that writes to the
//     bucket removes them a week after the last part.
//   - Memory keeps parts as long as the bucket, within the process.
//
// # What it costs
//
// A download that continues makes one Stat and reads what it has from the disk. An
// upload that continues lists its parts and reads the whole source again, or only what
// it sends if the source has a version. An upload holds Concurrency parts and one more
// in memory; a download holds 256 KiB for each concurrent request. An upload to a local
// folder is written to the disk once, on Linux and macOS, if the file system has extended
// attributes. Otherwise its content is on the disk twice while it is completed. The
// package links only this module and the standard library.
package resume
