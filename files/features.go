package files

import "time"

// Features say in advance what a bucket can do. A call that needs a feature that isn't
// claimed is errors.ErrUnsupported and changes nothing. The zero value claims nothing.
type Features struct {
	// MaxName is the longest name in bytes, at most 1024 (N1); 0 stands for 1024.
	MaxName int `json:"maxName"`
	// MaxSize is the largest file in bytes; 0 if no limit is known.
	MaxSize int64 `json:"maxSize,omitempty"`
	// MaxUnknownSize is the largest file in bytes that Put takes from a stream of
	// undeclared size; 0 means that it is MaxSize (P11).
	MaxUnknownSize int64 `json:"maxUnknownSize,omitempty"`
	// TimeResolution is what ModTime is truncated to (V2).
	TimeResolution time.Duration `json:"timeResolution"`

	// AnyName: every legal name of at most MaxName bytes can be stored (N4). Without it
	// Put returns ErrUnsupported for the few names that the service can't hold, which
	// the driver's documentation lists (section Z).
	AnyName bool `json:"anyName"`
	// ReadOnly: Put, Delete, Copy and signing a PUT or DELETE are refused with
	// ErrPermission.
	ReadOnly bool `json:"readOnly,omitempty"`
	// Atomic: a failed or unfinished Put is never visible, and content and
	// metadata change together (P1, P2).
	Atomic bool `json:"atomic"`
	// Durable: what is acknowledged survives a crash of the machine (P4).
	Durable bool `json:"durable"`
	// Versions: every file has a version, and equal versions mean equal content. A
	// wrapper that doesn't claim Versions claims none of the five that follow from it:
	// VersionPerPut, PutReturnsVersion, IfVersion, DeleteIfVersion and ReadConditions.
	Versions bool `json:"versions"`
	// VersionPerPut: every Put makes a new version, even of the same bytes (V1).
	VersionPerPut bool `json:"versionPerPut"`
	// PutReturnsVersion: Put's Info carries the version and the digest (P3).
	PutReturnsVersion bool `json:"putVersion"`
	// IfAbsent: Put honours IfAbsent, decided at the commit (P8).
	IfAbsent bool `json:"ifAbsent"`
	// IfVersion: Put honours IfVersion (P9).
	IfVersion bool `json:"ifVersion"`
	// DeleteIfVersion: Delete honours IfVersion (D2).
	DeleteIfVersion bool `json:"deleteIfVersion"`
	// ReadConditions: Get honours IfNotVersion and IfVersion (G8).
	ReadConditions bool `json:"readConditions"`
	// OneVersionReads: a body is of one version from first byte to last (G4).
	OneVersionReads bool `json:"oneVersionReads"`
	// Attributes: content type, headers and metadata are stored (P6, P7).
	Attributes bool `json:"attributes"`
	// Digests: Put stores a digest, and a whole read is checked against it (G6).
	Digests bool `json:"digests"`
	// Ordered: List is in byte order (L1).
	Ordered bool `json:"ordered"`
	// DirBesideFile: "a" and "a/b" may both exist (N3).
	DirBesideFile bool `json:"dirBesideFile"`
	// StatNoBucket: Stat distinguishes a missing bucket, ErrNoBucket, from a missing
	// file (E3). Without it Stat and Exists report a missing file for both, because the
	// service's response doesn't say which it is (S3: HEAD has no body). Every other
	// method distinguishes them.
	StatNoBucket bool `json:"statNoBucket"`
	// ForeignKeys: List can yield objects outside the naming rule (L7).
	ForeignKeys bool `json:"foreignKeys"`
	// ServerCopy: a copy inside the bucket doesn't pass through this process (C1).
	ServerCopy bool `json:"serverCopy"`
	// SignGet, SignPut and SignDelete: SignURL works for the method (W1).
	SignGet    bool `json:"signGet"`
	SignPut    bool `json:"signPut"`
	SignDelete bool `json:"signDelete"`
	// SignContentType: a signed PUT can be bound to a content type (W1).
	SignContentType bool `json:"signContentType"`
	// SignHead: SignURL works for HEAD, with a URL that allows no GET (W1). A URL signed
	// for GET may allow HEAD or not.
	SignHead bool `json:"signHead"`
	// SignResponse: a signed GET can choose the type and the disposition of its response
	// (W1).
	SignResponse bool `json:"signResponse"`
	// SignSize: a signed PUT can be bound to the size of its content (W1).
	SignSize bool `json:"signSize"`
	// SignIfAbsent: a signed PUT can be bound to store only a new file (W1).
	SignIfAbsent bool `json:"signIfAbsent"`
}

// maxName returns MaxName, or 1024 if it is 0 or out of bounds.
func (f Features) maxName() int {
	if f.MaxName <= 0 || f.MaxName > MaxName {
		return MaxName
	}
	return f.MaxName
}

// signs removes the claims of signing options that are only for methods which the
// wrapper doesn't claim.
func (f *Features) signs(below *Features) {
	if below.SignPut && !f.SignPut {
		f.SignContentType, f.SignSize, f.SignIfAbsent = false, false, false
	}
	if below.IfAbsent && !f.IfAbsent {
		f.SignIfAbsent = false
	}
	if below.SignGet && !f.SignGet {
		f.SignHead, f.SignResponse = false, false
	}
}
