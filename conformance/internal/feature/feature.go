package feature

import (
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var (
	Versions = &suite.Ability{
		Name:    "Versions",
		Claimed: func(f files.Features) bool { return f.Versions },
		Refused: refusedVersions,
	}
	VersionPerPut = &suite.Ability{
		Name:    "VersionPerPut",
		Claimed: func(f files.Features) bool { return f.VersionPerPut },
	}
	PutReturnsVersion = &suite.Ability{
		Name:    "PutReturnsVersion",
		Claimed: func(f files.Features) bool { return f.PutReturnsVersion },
	}
	Atomic = &suite.Ability{
		Name:    "Atomic",
		Claimed: func(f files.Features) bool { return f.Atomic },
	}
	Durable = &suite.Ability{
		Name:    "Durable",
		Claimed: func(f files.Features) bool { return f.Durable },
	}
	IfAbsent = &suite.Ability{
		Name:    "IfAbsent",
		Claimed: func(f files.Features) bool { return f.IfAbsent },
		Refused: refusedIfAbsent,
	}
	IfVersion = &suite.Ability{
		Name:    "IfVersion",
		Claimed: func(f files.Features) bool { return f.IfVersion },
		Refused: refusedIfVersion,
	}
	DeleteIfVersion = &suite.Ability{
		Name:    "DeleteIfVersion",
		Claimed: func(f files.Features) bool { return f.DeleteIfVersion },
		Refused: refusedDeleteIfVersion,
	}
	ReadConditions = &suite.Ability{
		Name:    "ReadConditions",
		Claimed: func(f files.Features) bool { return f.ReadConditions },
		Refused: refusedReadConditions,
	}
	OneVersionReads = &suite.Ability{
		Name:    "OneVersionReads",
		Claimed: func(f files.Features) bool { return f.OneVersionReads },
	}
	Attributes = &suite.Ability{
		Name:    "Attributes",
		Claimed: func(f files.Features) bool { return f.Attributes },
		Refused: refusedAttributes,
	}
	Digests = &suite.Ability{
		Name:    "Digests",
		Claimed: func(f files.Features) bool { return f.Digests },
	}
	Ordered = &suite.Ability{
		Name:    "Ordered",
		Claimed: func(f files.Features) bool { return f.Ordered },
	}
	DirBesideFile = &suite.Ability{
		Name:    "DirBesideFile",
		Claimed: func(f files.Features) bool { return f.DirBesideFile },
	}
	ForeignKeys = &suite.Ability{
		Name:    "ForeignKeys",
		Apart:   true,
		Claimed: func(f files.Features) bool { return f.ForeignKeys },
		Refused: refusedForeign,
	}
	ServerCopy = &suite.Ability{
		Name:    "ServerCopy",
		Claimed: func(f files.Features) bool { return f.ServerCopy },
	}
	SignGet = &suite.Ability{
		Name:    "SignGet",
		Claimed: func(f files.Features) bool { return f.SignGet },
		Refused: func(t suite.T, h *suite.H) { refusedSign(t, h, "GET") },
	}
	SignPut = &suite.Ability{
		Name:    "SignPut",
		Claimed: func(f files.Features) bool { return f.SignPut },
		Refused: func(t suite.T, h *suite.H) { refusedSign(t, h, "PUT") },
	}
	SignDelete = &suite.Ability{
		Name:    "SignDelete",
		Claimed: func(f files.Features) bool { return f.SignDelete },
		Refused: func(t suite.T, h *suite.H) { refusedSign(t, h, "DELETE") },
	}
	SignContentType = &suite.Ability{
		Name:    "SignContentType",
		Claimed: func(f files.Features) bool { return f.SignContentType },
		Refused: refusedSignType,
	}
	SignHead = &suite.Ability{
		Name:    "SignHead",
		Claimed: func(f files.Features) bool { return f.SignHead },
		Refused: func(t suite.T, h *suite.H) { refusedSign(t, h, "HEAD") },
	}
	SignResponse = &suite.Ability{
		Name:    "SignResponse",
		Claimed: func(f files.Features) bool { return f.SignResponse },
		Refused: func(t suite.T, h *suite.H) {
			refusedSignWith(t, h, files.SignOptions{ResponseType: "text/plain"})
			refusedSignWith(t, h, files.SignOptions{ResponseDisposition: "attachment"})
		},
	}
	SignSize = &suite.Ability{
		Name:    "SignSize",
		Claimed: func(f files.Features) bool { return f.SignSize },
		Refused: func(t suite.T, h *suite.H) {
			refusedSignWith(t, h, files.SignOptions{Method: "PUT", Size: 9})
		},
	}
	SignIfAbsent = &suite.Ability{
		Name:    "SignIfAbsent",
		Claimed: func(f files.Features) bool { return f.SignIfAbsent },
		Refused: func(t suite.T, h *suite.H) {
			refusedSignWith(t, h, files.SignOptions{Method: "PUT", IfAbsent: true})
		},
	}
	MaxUnknownSize = &suite.Ability{
		Name: "MaxUnknownSize",
		Claimed: func(f files.Features) bool {
			return f.MaxUnknownSize > 0 && f.MaxUnknownSize <= 64<<20
		},
	}
	MaxSize = &suite.Ability{
		Name:    "MaxSize",
		Claimed: func(f files.Features) bool { return f.MaxSize > 0 && f.MaxSize <= 64<<20 },
	}
)

// Needs returns its arguments, for tables of cases.
func Needs(a ...*suite.Ability) []*suite.Ability { return a }
