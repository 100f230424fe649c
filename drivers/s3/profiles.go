package s3

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// profiles is the only table of stores. Each cell has its source beside it: a link, or
// "run" if this module's tests run on the store itself.
var profiles = []*Profile{
	unknown, amazon, minio, aistor, ceph, versitygw, garage, seaweedfs, r2, b2, storj, gcsDoor,
	wasabi, digitalocean, scaleway, ovh, juicefs,
}

// unknown is the most careful profile: conditional puts are proved before the first
// one, and the rest is claimed only after Check or Probe has proved it. Parts have one
// size, which R2 requires and no store refuses.
var unknown = &Profile{
	Name:            "unknown",
	DeniedByRace:    true,
	EqualParts:      true,
	EndsGoneUploads: true,
}

// amazon is Amazon S3.
var amazon = &Profile{
	Name: "aws",
	Keeps: map[Claim]Keep{
		// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
		GetIf: Kept,
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
		PutIfAbsent:  Kept,
		PutIfVersion: Kept,
		CompleteIf:   Kept,
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
		DeleteIf: Kept,
		// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
		CopyIf:       Kept,
		CopySourceIf: Kept,
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
		DirBesideFile: Kept,
		AnyName:       Kept,
		// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
		Order: Kept,
	},
	hosts: []string{"amazonaws.com", "amazonaws.com.cn"},
}

// minio is the community edition, https://github.com/minio/minio.
var minio = &Profile{
	Name: "minio",
	Keeps: map[Claim]Keep{
		GetIf: Kept, // cmd/object-handlers-common.go, checkPreconditions; run
		// Put: since RELEASE.2024-05-07 (888d2bb1d); If-Match of a missing object wrote
		// until 2025-09-06 (minio/minio#21526). Releases can't be distinguished from
		// outside, so each is proved.
		PutIfAbsent:  Unproved,
		PutIfVersion: Unproved,
		CompleteIf:   Unproved,
		DeleteIf:     NotKept, // 204 and gone: minio/minio#21677; run
		CopyIf:       NotKept, // cmd/object-handlers.go, CopyObjectHandler; run
		CopySourceIf: Kept,    // checkCopyObjectPreconditions; run
		// MinIO stores both, and never lists what is below an object's name:
		// docs/minio-limits.md, minio/minio#21412; run.
		DirBesideFile: NotKept,
		AnyName:       NotKept, // docs/minio-limits.md; run
		Order:         Kept,    // run
	},
	LosesAfter:   true, // run
	DeniedByRace: true, // run
	// minio/minio#20989, "working as intended"; cmd/erasure-server-pool.go,
	// ListMultipartUploads; run
	UploadsOfKey: true,
	refuses:      refusedByMinio,
	server:       "MinIO",
}

// aistor is MinIO's product, whose responses are the same as the community edition's.
var aistor = &Profile{
	Name: "aistor",
	Keeps: map[Claim]Keep{
		// https://docs.min.io "S3 API Compatibility"
		GetIf:         Kept,
		PutIfAbsent:   Kept,
		PutIfVersion:  Kept,
		CompleteIf:    Unproved, // not mentioned there
		DeleteIf:      Kept,
		CopyIf:        Kept,
		CopySourceIf:  Kept,
		DirBesideFile: NotKept,
		AnyName:       NotKept,
		Order:         Kept,
	},
	LosesAfter:   true,
	DeniedByRace: true,
	UploadsOfKey: true,
	refuses:      refusedByMinio,
}

// ceph is the gateway of Ceph, radosgw.
var ceph = &Profile{
	Name: "ceph",
	Keeps: map[Claim]Keep{
		GetIf: Kept, // run on 16.2
		// Versioned buckets don't keep them before 19.2.7 and 20.2.1: ceph/ceph#63348.
		PutIfAbsent:   Unproved,
		PutIfVersion:  Unproved,
		CompleteIf:    Unproved, // ceph/ceph#64830
		DeleteIf:      NotKept,  // before 19.2.7 and 20.2.1: its release notes; run on 16.2
		CopyIf:        NotKept,  // ceph/ceph#71588; run on 16.2
		CopySourceIf:  NotKept,  // before 17.2 it read another header: ceph/ceph#44678
		DirBesideFile: Kept,     // run on 16.2
		AnyName:       Kept,     // run on 16.2
		Order:         Kept,     // run on 16.2
	},
	BareETags: true,          // run on 16.2
	Checksums: ChecksumsNone, // run on 16.2, which answers a checksum with a 400 without a body
	server:    "Ceph Object Gateway",
}

// versitygw is the gateway of Versity over a file system, from 1.8.0 on: before,
// several conditional puts of one name could succeed (versity/versitygw#2288). For an
// older release write conditions=none.
var versitygw = &Profile{
	Name: "versitygw",
	Keeps: map[Claim]Keep{
		GetIf:        Kept, // run
		PutIfAbsent:  Kept, // run
		PutIfVersion: Kept, // run
		CompleteIf:   Kept, // run
		// Its delete checks the condition outside of the lock under which a put
		// commits, and answers a missing object with success; run.
		DeleteIf:      NotKept,
		CopyIf:        NotKept, // run
		CopySourceIf:  Kept,    // run
		DirBesideFile: NotKept, // 409 ObjectParentIsFile, ExistingObjectIsDirectory; run
		AnyName:       NotKept, // run
		Order:         Kept,    // since 1.0.18: versity/versitygw#1533; run
	},
	RefusesBeside:   true,
	EndsGoneUploads: true, // backend/posix, CompleteMultipartUploadWithCopy; run
	refuses:         refusedByFolders,
	server:          "VERSITYGW",
}

// garage is https://garagehq.deuxfleurs.fr, of which 1.2.0 was read.
var garage = &Profile{
	Name: "garage",
	Keeps: map[Claim]Keep{
		// src/api/s3/get.rs; If-Match since 1.1.0, and the driver compares each
		// response's version
		GetIf:        Kept,
		DeleteIf:     NotKept,
		CopyIf:       NotKept,
		CopySourceIf: Kept, // src/api/s3/copy.rs
		// Conditions of Put: ignored in 1.2.0, nothing is known of 2.x, so they are
		// proved.
		DirBesideFile: Kept,
		AnyName:       Kept,
		Order:         Kept, // src/api/s3/list.rs
	},
}

// seaweedfs is https://github.com/seaweedfs/seaweedfs.
var seaweedfs = &Profile{
	Name: "seaweedfs",
	Keeps: map[Claim]Keep{
		GetIf: Kept, // weed/s3api
		// Until 4.18, and in part until 4.29, a condition was checked before the write
		// and not with it, which no proof shows.
		PutIfAbsent:   NotKept,
		PutIfVersion:  NotKept,
		CompleteIf:    NotKept,
		DeleteIf:      NotKept,
		CopyIf:        NotKept,
		CopySourceIf:  Kept,
		DirBesideFile: NotKept, // seaweedfs/seaweedfs#10912
		AnyName:       NotKept, // backslashes and double slashes are changed
		Order:         NotKept, // by directory
	},
	refuses: refusedBySeaweed,
	server:  "SeaweedFS",
}

// r2 is Cloudflare R2.
var r2 = &Profile{
	Name: "r2",
	Keeps: map[Claim]Keep{
		// https://developers.cloudflare.com/r2/api/s3/conditional-operations/
		GetIf:        Kept,
		PutIfAbsent:  Kept,
		PutIfVersion: Kept,
		CompleteIf:   Kept,
		DeleteIf:     NotKept,
		// https://developers.cloudflare.com/r2/api/s3/extensions/: R2 has other headers
		// for this, which are not atomic with the source's
		CopyIf:        NotKept,
		CopySourceIf:  Kept,
		DirBesideFile: Kept,
		// https://developers.cloudflare.com/r2/reference/unicode-interoperability/
		AnyName: NotKept,
		Order:   Kept,
	},
	// https://developers.cloudflare.com/r2/platform/limits/
	EqualParts: true,
	MaxObject:  4_995 << 40 / 1000,
	MaxCopy:    4_995 << 30 / 1000,
	// UploadPartCopy has no conditions on its source: tigrisdata/tigris-os-docs and
	// Cloudflare's own list of operations,
	// https://developers.cloudflare.com/r2/api/s3/api/
	NoPartCopy: true,
	// https://developers.cloudflare.com/r2/reference/transparent-decompression/
	Decompresses: true,
	Region:       "auto",
	refuses:      refusedByNFC,
	hosts:        []string{"r2.cloudflarestorage.com"},
}

// b2 is Backblaze B2, which answers conditions with NotImplemented
// (hashicorp/terraform#37143).
var b2 = &Profile{
	Name: "b2",
	Keeps: map[Claim]Keep{
		PutIfAbsent:   NotKept,
		PutIfVersion:  NotKept,
		CompleteIf:    NotKept,
		DeleteIf:      NotKept,
		CopyIf:        NotKept,
		CopySourceIf:  NotKept,
		DirBesideFile: Kept,
		AnyName:       Kept,
		Order:         Kept,
	},
	hosts: []string{"backblazeb2.com"},
}

// storj is the hosted gateway of Storj, https://github.com/storj/edge.
var storj = &Profile{
	Name: "storj",
	Keeps: map[Claim]Keep{
		// Conditions of Put: since about 2025-05 (storj/edge#564), so they are proved.
		DeleteIf:      NotKept,
		CopyIf:        NotKept,
		CopySourceIf:  NotKept,
		DirBesideFile: Kept,
		AnyName:       Kept,
		Order:         NotKept, // by the encrypted key: storj.dev, "S3 differences"
	},
	NoPartCopy: true, // rclone's provider table
	hosts:      []string{"storjshare.io"},
}

// gcsDoor is Google Cloud Storage through its S3 interface. The driver of gs:// keeps
// everything.
var gcsDoor = &Profile{
	Name: "gcs",
	Keeps: map[Claim]Keep{
		GetIf: Kept, // https://cloud.google.com/storage/docs/xml-api/reference-headers
		// Conditions work on reads, and are ignored on writes: aws/aws-sdk-java-v2#6055.
		PutIfAbsent:   NotKept,
		PutIfVersion:  NotKept,
		CompleteIf:    NotKept,
		DeleteIf:      NotKept,
		CopyIf:        NotKept,
		CopySourceIf:  NotKept,
		DirBesideFile: Kept,
		AnyName:       Kept,
		Order:         Kept,
	},
	Checksums:  ChecksumsNone, // ignored: milvus-io/milvus-storage#454
	NoPartCopy: true,          // https://issuetracker.google.com/issues/323465186
	// https://github.com/aws/aws-sdk-go-v2/issues/1816
	UnsignedAcceptEncoding: true,
	hosts:                  []string{"storage.googleapis.com"},
}

// No page about these stores mentions conditions, so everything is proved.
var (
	wasabi       = &Profile{Name: "wasabi", hosts: []string{"wasabisys.com"}}
	digitalocean = &Profile{Name: "digitalocean", hosts: []string{"digitaloceanspaces.com"}}
)

// scaleway is Scaleway's Object Storage: its page "using conditional writes" of 2026-07.
var scaleway = &Profile{
	Name: "scaleway",
	Keeps: map[Claim]Keep{
		PutIfAbsent:   Kept,
		PutIfVersion:  Unproved, // its page shows the ETag bare and quoted
		CompleteIf:    Kept,
		DeleteIf:      NotKept, // not mentioned
		DirBesideFile: Kept,
		AnyName:       Kept,
		Order:         Kept,
	},
	MaxParts: 1000, // rclone's provider table
	hosts:    []string{"scw.cloud"},
}

// ovh is OVHcloud's: its pages "conditional writes" and "limitations" of 2026.
var ovh = &Profile{
	Name: "ovh",
	Keeps: map[Claim]Keep{
		PutIfAbsent:   Unproved, // not in every region before 2026-06
		PutIfVersion:  Unproved,
		CompleteIf:    Unproved,
		DeleteIf:      Unproved,
		CopyIf:        NotKept,
		DirBesideFile: Kept,
		AnyName:       Kept,
		Order:         Kept,
	},
	BareETags: true, // "the ETag without quotes"
	hosts:     []string{"io.cloud.ovh.net"},
}

// juicefs is the gateway of JuiceFS without --keep-etag: juicedata/juicefs, pkg/gateway.
var juicefs = &Profile{
	Name: "juicefs",
	Keeps: map[Claim]Keep{
		GetIf:         NotKept,
		PutIfAbsent:   NotKept,
		PutIfVersion:  NotKept,
		CompleteIf:    NotKept,
		DeleteIf:      NotKept,
		CopyIf:        NotKept,
		CopySourceIf:  NotKept,
		DirBesideFile: NotKept, // keys are paths of a file system
		AnyName:       NotKept,
	},
	RefusesBeside: true,
	NoETags:       true,
	refuses:       refusedByFolders,
}

// maxFolderElement is the longest element in bytes of a store whose keys are paths of a
// file system.
const maxFolderElement = 255

// refusedByFolders is for stores whose keys are paths of a file system.
func refusedByFolders(name string) string {
	for e := range strings.SplitSeq(name, "/") {
		if len(e) > maxFolderElement {
			return fmt.Sprintf("the store takes elements of at most %d bytes", maxFolderElement)
		}
	}
	return ""
}

// refusedByMinio is by https://github.com/minio/minio/blob/master/docs/minio-limits.md
// and cmd/generic-handlers.go, hasBadPathComponent.
func refusedByMinio(name string) string {
	for e := range strings.SplitSeq(strings.ReplaceAll(name, `\`, "/"), "/") {
		if e = strings.TrimSpace(e); e == "." || e == ".." {
			return "the store refuses an element that is . or .., also between spaces or " +
				"backslashes"
		}
	}
	if strings.HasSuffix(name, "__XLDIR__") {
		return "the store reads a name that ends in __XLDIR__ as another"
	}
	return refusedByFolders(name)
}

// refusedBySeaweed is for names that SeaweedFS stores under other keys or doesn't list.
func refusedBySeaweed(name string) string {
	if strings.Contains(name, `\`) {
		return "the store takes a backslash for a slash"
	}
	for e := range strings.SplitSeq(name, "/") {
		if e == ".uploads" || strings.HasSuffix(e, ".versions") {
			return "the store doesn't list what is below .uploads and names that end in .versions"
		}
	}
	return refusedByFolders(name)
}

// refusedByNFC is for a store that takes two spellings of a name for one.
func refusedByNFC(name string) string {
	if !norm.NFC.IsNormalString(name) {
		return "the store changes names that are not in Unicode's normal form C"
	}
	return ""
}
