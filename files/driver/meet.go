package driver

import "cloudfiles.dev/files"

// MeetFeatures returns what two buckets can both do, for a bucket that joins several.
// It has the abilities that both have, the smaller of two limits, and the coarser of
// two time resolutions. The result is ReadOnly if both are.
func MeetFeatures(a, b files.Features) files.Features {
	a, b = usable(a), usable(b)
	return files.Features{
		MaxName:           min(a.MaxName, b.MaxName),
		MaxSize:           smaller(a.MaxSize, b.MaxSize),
		MaxUnknownSize:    meetUnknown(a, b),
		TimeResolution:    max(a.TimeResolution, b.TimeResolution),
		AnyName:           a.AnyName && b.AnyName,
		ReadOnly:          a.ReadOnly && b.ReadOnly,
		Atomic:            a.Atomic && b.Atomic,
		Durable:           a.Durable && b.Durable,
		Versions:          a.Versions && b.Versions,
		VersionPerPut:     a.VersionPerPut && b.VersionPerPut,
		PutReturnsVersion: a.PutReturnsVersion && b.PutReturnsVersion,
		IfAbsent:          a.IfAbsent && b.IfAbsent,
		IfVersion:         a.IfVersion && b.IfVersion,
		DeleteIfVersion:   a.DeleteIfVersion && b.DeleteIfVersion,
		ReadConditions:    a.ReadConditions && b.ReadConditions,
		OneVersionReads:   a.OneVersionReads && b.OneVersionReads,
		Attributes:        a.Attributes && b.Attributes,
		Digests:           a.Digests && b.Digests,
		Ordered:           a.Ordered && b.Ordered,
		DirBesideFile:     a.DirBesideFile && b.DirBesideFile,
		StatNoBucket:      a.StatNoBucket && b.StatNoBucket,
		ForeignKeys:       a.ForeignKeys && b.ForeignKeys,
		ServerCopy:        a.ServerCopy && b.ServerCopy,
		SignGet:           a.SignGet && b.SignGet,
		SignPut:           a.SignPut && b.SignPut,
		SignDelete:        a.SignDelete && b.SignDelete,
		SignContentType:   a.SignContentType && b.SignContentType,
		SignHead:          a.SignHead && b.SignHead,
		SignResponse:      a.SignResponse && b.SignResponse,
		SignSize:          a.SignSize && b.SignSize,
		SignIfAbsent:      a.SignIfAbsent && b.SignIfAbsent,
	}
}

// meetUnknown returns how long a stream of undeclared size may be, if it is not MaxSize.
func meetUnknown(a, b files.Features) int64 {
	if a.MaxUnknownSize <= 0 && b.MaxUnknownSize <= 0 {
		return 0
	}
	return smaller(unknownSize(a), unknownSize(b))
}

// unknownSize returns how long a stream of undeclared size may be; 0 is no limit.
func unknownSize(f files.Features) int64 {
	if f.MaxUnknownSize > 0 {
		return f.MaxUnknownSize
	}
	return f.MaxSize
}

// smaller returns the smaller of two limits, of which 0 is none.
func smaller(a, b int64) int64 {
	switch {
	case a <= 0:
		return max(b, 0)
	case b <= 0:
		return a
	}
	return min(a, b)
}
