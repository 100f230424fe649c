package s3

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
)

// denying is a store that denies the first n writes, or all if n is negative. carries
// means that it carries out a denied write all the same.
type denying struct {
	tiny
	server  string
	n       int
	carries bool
	probes  int // puts under a condition that never holds
}

func (s *denying) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", s.server)
	if r.Method == http.MethodPut && strings.Contains(r.Header.Get("If-Match"), wrongETag) {
		s.probes++
		if s.n >= 0 {
			w.WriteHeader(412)
			io.WriteString(w, xmlError("PreconditionFailed"))
			return
		}
	}
	if q := r.URL.Query(); q.Has("delete") {
		if s.denies() {
			io.WriteString(w, "<DeleteResult><Error><Key>dir/a</Key><Code>AccessDenied</Code>"+
				"</Error></DeleteResult>")
		} else {
			io.WriteString(w, "<DeleteResult></DeleteResult>")
		}
		return
	}
	write := r.Method != http.MethodGet && r.Method != http.MethodHead
	if write && s.denies() {
		if s.carries {
			s.exists, s.mark = true, r.Header.Get("X-Amz-Meta-Cloudfiles-Mark")
		}
		w.WriteHeader(403)
		io.WriteString(w, xmlError("AccessDenied"))
		return
	}
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodGet && q.Has("list-type"):
		io.WriteString(w, "<ListBucketResult><Name>bucket</Name></ListBucketResult>")
	case r.Method == http.MethodPost && q.Has("uploads"):
		io.WriteString(w, begun)
	case r.Method == http.MethodPost && q.Has("uploadId"):
		io.WriteString(w, "<CompleteMultipartUploadResult><ETag>1</ETag>"+
			"</CompleteMultipartUploadResult>")
	case r.Method == http.MethodDelete:
		w.WriteHeader(204)
	case r.Header.Get("X-Amz-Copy-Source") != "":
		io.WriteString(w, "<CopyObjectResult><ETag>1</ETag></CopyObjectResult>")
	default:
		s.tiny.ServeHTTP(w, r)
	}
}

func (s *denying) denies() bool {
	if s.n == 0 {
		return false
	}
	s.n--
	return true
}

// keeping returns the profile with conditional puts that need no proof.
func keeping(p *Profile, k Keep) *Profile {
	q := *p
	q.Keeps = map[Claim]Keep{
		PutIfAbsent:   Kept,
		PutIfVersion:  k,
		CompleteIf:    Kept,
		CopySourceIf:  Kept,
		DirBesideFile: Kept,
	}
	return &q
}

// TestDeniedByRace: a write that MinIO denies because of a delete beside it is retried.
// A true denial is returned after few requests, and on Amazon S3 after one.
func TestDeniedByRace(t *testing.T) {
	t.Parallel()
	writes := []string{"put", "put in parts", "copy", "delete", "delete many"}
	for _, p := range []*Profile{minio, aistor, unknown} {
		for _, keep := range []Keep{Kept, NotKept} {
			for _, op := range writes {
				for n := 1; n <= maxDenied; n++ {
					s := &denying{n: n, server: "MinIO"}
					b, _ := hostile(t, keeping(p, keep), s.ServeHTTP)
					if err := every[op](t.Context(), b); err != nil {
						t.Errorf("%s, %v, %s after %d denials: %v, want nil", p.Name, keep, op, n,
							err)
					}
				}
				// Denied for good.
				s := &denying{n: -1}
				b, requests := hostile(t, keeping(p, keep), s.ServeHTTP)
				err := every[op](t.Context(), b)
				if files.KindOf(err) != files.ErrPermission {
					t.Errorf("%s, %v, %s denied: %v, want ErrPermission", p.Name, keep, op, err)
				}
				before := int64(0)
				if op == "copy" {
					before = 1 // the HEAD of the source
				}
				if p == unknown && op != "delete" && op != "delete many" {
					before++ // the request whose response names the store
				}
				if n := requests.Load() - before; n > 1+maxDenied {
					t.Errorf("%s, %v, %s denied: %d requests, want at most 3", p.Name, keep, op, n)
				}
				if op == "put" && keep == Kept && requests.Load()-before != 2 {
					t.Errorf("%s, put denied: %d requests, want 2", p.Name, requests.Load())
				}
			}
		}
	}
	for _, p := range []*Profile{amazon, r2} {
		for _, op := range []string{"put", "put in parts", "delete", "delete many"} {
			s := &denying{n: -1}
			b, requests := hostile(t, keeping(p, Kept), s.ServeHTTP)
			err := every[op](t.Context(), b)
			if files.KindOf(err) != files.ErrPermission || requests.Load() != 1 {
				t.Errorf("%s, %s: %d requests, %v, want 1 and ErrPermission", p.Name, op,
					requests.Load(), err)
			}
		}
	}
}

// TestDeniedYetDone: if a denied write was carried out, the retry finds its mark and
// succeeds.
func TestDeniedYetDone(t *testing.T) {
	for _, keep := range []Keep{Kept, NotKept} {
		s := &denying{n: 1, carries: true}
		b, _ := hostile(t, keeping(minio, keep), s.ServeHTTP)
		info, err := oddservice.PutIf(t, b, files.IfAbsent())
		if err != nil || info.Version != "1" {
			t.Errorf("%v: %+v, %v, want Version %q and nil", keep, info, err, "1")
		}
		s = &denying{n: 1}
		s.exists, s.mark = true, "another"
		b, _ = hostile(t, keeping(minio, keep), s.ServeHTTP)
		if _, err := oddservice.PutIf(t, b, files.IfAbsent()); files.KindOf(err) != files.ErrExist {
			t.Errorf("%v, another's: %v, want ErrExist", keep, err)
		}
	}
}

// TestDirectoryByRace: versitygw says that a directory has the file's name if a delete
// removed the file's directory meanwhile. Whether there is such a directory decides.
func TestDirectoryByRace(t *testing.T) {
	for _, below := range []bool{false, true} {
		s := &tiny{}
		refusals := 1
		b, requests := hostile(t, keeping(versitygw, Kept), func(
			w http.ResponseWriter, r *http.Request,
		) {
			switch {
			case r.URL.Query().Has("list-type") && below:
				io.WriteString(w, "<ListBucketResult>"+object("a/b", "1")+"</ListBucketResult>")
			case r.URL.Query().Has("list-type"):
				io.WriteString(w, "<ListBucketResult><Name>bucket</Name></ListBucketResult>")
			case r.Method == http.MethodPut && (refusals > 0 || below):
				refusals--
				w.WriteHeader(409)
				io.WriteString(w, xmlError("ExistingObjectIsDirectory"))
			default:
				s.ServeHTTP(w, r)
			}
		})
		_, err := oddservice.PutIf(t, b, files.IfAbsent())
		switch {
		case !below && err != nil:
			t.Error(err)
		case below && (files.KindOf(err) != files.ErrUnsupported || requests.Load() != 2):
			t.Errorf("%d requests, %v", requests.Load(), err)
		}
	}
}

// TestPartsGone: MinIO denies the end of an upload because of a race, and has then lost
// the parts. The error is ErrUnavailable and not ErrInvalid.
func TestPartsGone(t *testing.T) {
	ends := 0
	s := &denying{}
	b, _ := hostile(t, keeping(minio, Kept), func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); r.Method != http.MethodPost || !q.Has("uploadId") {
			s.ServeHTTP(w, r)
			return
		}
		ends++
		if ends == 1 {
			w.WriteHeader(403)
			io.WriteString(w, xmlError("AccessDenied"))
			return
		}
		w.WriteHeader(400)
		io.WriteString(w, xmlError("InvalidPart"))
	})
	err := every["put in parts"](t.Context(), b)
	if files.KindOf(err) != files.ErrUnavailable || ends != 2 {
		t.Errorf("%d ends, %v, want 2 and ErrUnavailable", ends, err)
	}
}
