package hostile

import (
	"slices"

	"cloudfiles.dev/files"
)

// Way is one way of answering wrongly.
type Way struct {
	// Name is unique, and Why says who answers so, or what a client must not make of it.
	Name, Why string
	// Do answers the request.
	Do func(x *Exchange)
	// Kinds are the kinds of requests that it is for; without any, all. Others are
	// answered truly.
	Kinds []Kind
	// Pinned limits the way to requests for a certain version: for others no client
	// can detect it.
	Pinned bool
	// Whole leaves out reads of a part, which no digest covers.
	Whole bool
	// Always is for ways that only make sense for each request, not for one among true
	// answers.
	Always bool
	// Early answers before the request's body is read.
	Early bool
	// Stalls says that the call ends only with its context.
	Stalls bool
	// Heavy says that the response is large. The memory is measured with more care,
	// and less often.
	Heavy bool
	// Says are the sentinels that the response tells in the service's own words. They are
	// right where the operation asked for them by a condition.
	Says []error
	// NoVersion says that the versions in the responses are unusable, so the driver
	// may return none.
	NoVersion bool
	// Requests is how many times as many requests as otherwise may be made: where bytes
	// come each time, a body is resumed again and again. 0 is once.
	Requests int
	// Blind lists the operations for which no client can distinguish the response
	// from a true one; Why says why.
	Blind []string
}

// Ways returns the ways that are common to all services, and those of the service.
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

// takes reports whether the way answers the request.
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

// says reports whether the response tells the sentinel in the service's own words.
func (w *Way) says(kind error) bool { return slices.Contains(w.Says, kind) }

var readKinds = []Kind{Read}

var conditions = []error{files.ErrPrecondition, files.ErrExist}
