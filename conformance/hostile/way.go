package hostile

import (
	"slices"

	"cloudfiles.dev/files"
)

// Way is one way of responding wrongly.
type Way struct {
	// Name is unique. Why says who responds like this, or what a client must not
	// conclude.
	Name, Why string
	// Do sends the response.
	Do func(x *Exchange)
	// Kinds are the kinds of requests that the way serves; nil is all. Others get true
	// responses.
	Kinds []Kind
	// Pinned limits the way to requests for a certain version: with others no client
	// can detect it.
	Pinned bool
	// Whole leaves out reads of a part, which no digest covers.
	Whole bool
	// Always says that the way only makes sense if it serves each request, not if it
	// serves one among true responses.
	Always bool
	// Early sends the response before the request's body is read.
	Early bool
	// Stalls says that the call ends only with its context.
	Stalls bool
	// Heavy says that the response is large. Memory is measured with more care, and the
	// way is tried less often.
	Heavy bool
	// Says are the sentinels that the response means in the service's own codes. They are
	// right if the operation sent such a condition.
	Says []error
	// NoVersion says that the versions in the responses are unusable, so the driver
	// may return none.
	NoVersion bool
	// Requests multiplies the number of requests that an operation may make: a body is
	// resumed again and again if bytes come each time. 0 is 1.
	Requests int
	// Blind lists the operations for which no client can distinguish the response
	// from a true one; Why says why.
	Blind []string
}

// Ways returns the ways that all services have in common, and then those of s.
func Ways(s *Service) []Way {
	var all []Way
	for _, part := range [][]Way{
		proxyWays(), statusWays(), bodyWays(), lengthWays(), rangeWays(), versionWays(),
		redirectWays(), listWays(), documentWays(s), floodWays(s), wireWays(), silentWays(),
		s.Ways,
	} {
		all = append(all, part...)
	}
	return all
}

// takes reports whether the way serves the request.
func (w *Way) takes(x *Exchange) bool {
	switch {
	case len(w.Kinds) > 0 && !slices.Contains(w.Kinds, x.Kind):
		return false
	case w.Pinned && !x.Pinned():
		return false
	case w.Whole && x.Request.Header.Get("Range")+x.Request.Header.Get("X-Ms-Range") != "":
		return false
	}
	return true
}

// says reports whether the response means the sentinel in the service's own codes.
func (w *Way) says(kind error) bool { return slices.Contains(w.Says, kind) }

var readKinds = []Kind{Read}

var conditions = []error{files.ErrPrecondition, files.ErrExist}
