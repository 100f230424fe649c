// Package testserver gives tests a real storage server on this machine, without
// anything that the test has to install or stop:
//
//	func TestConformance(t *testing.T) {
//		server := testserver.Start(t, testserver.Versitygw)
//		conformance.Run(t, conformance.Harness{
//			New: func(t conformance.T) files.Bucket {
//				b, err := files.Open(t.Context(), server.Store(t)) // an empty store of its own
//				…
//
// The first Start of a server in a test binary builds it, if it isn't in the user's
// cache yet (a minute or two, once), and starts it with credentials of its own on a
// free port; every later one returns the same. Until it is there, the terminal gets a
// line every five seconds that says what is waited for; without a terminal that is in
// the test's standard error. It stops when the test binary ends,
// however that ends: killed, too. Start sets the environment variables that the cloud's
// SDK reads, for the whole process; all S3 servers of a process have the same
// credentials.
//
// The servers are those of the module conformance/servers, whose command it runs; that
// module's documentation says how each differs from the service that it stands for.
// This package links none of it.
//
// # Without a server
//
// If a server can't be installed (no network at the first time, no npm, not Linux),
// Start skips the test and says what is missing; with CI=true in the environment it
// fails. A server that is there and doesn't start is always a failure. Under go test
// -short, Ceph and MinIO are left out.
//
// # A bucket of your own
//
// With CLOUDFILES_TEST_S3_URL, CLOUDFILES_TEST_GCS_URL or CLOUDFILES_TEST_AZURE_URL set
// to a URL as files.Open takes it, the same tests run on that bucket instead, with the
// credentials of your environment, each under a prefix of its own that it empties at
// the end. Ceph and MinIO are skipped then, since it would be the same tests a second
// time.
package testserver

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
)

// The servers.
const (
	Versitygw = "versitygw"       // S3
	FakeGCS   = "fake-gcs-server" // GCS
	Azurite   = "azurite"         // Azure Blob
	Ceph      = "ceph"            // S3, of three nodes that can be stopped
	Minio     = "minio"           // S3, with fewer conditions
)

// T is what is needed of a test; *testing.T and conformance.T have it.
type T interface {
	Helper()
	Context() context.Context
	Cleanup(func())
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Server is a server that runs, or the bucket of the user that is taken instead. Its
// methods are safe for concurrent use.
type Server struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Service  string `json:"service"`  // s3, gcs or azure
	Endpoint string `json:"endpoint"` // http://127.0.0.1:PORT; "" for a user's bucket
	// of a bucket that all tests of the process share
	URL    string `json:"url"`
	Bucket string `json:"bucket"` // its name
	Region string `json:"region"` // S3
	// Azure: the account; "" for a user's bucket, and for GCS
	AccessKey string            `json:"access_key"`
	SecretKey string            `json:"secret_key"`
	Env       map[string]string `json:"env"`  // what Start set; what is empty, it unset
	Logs      string            `json:"logs"` // the folder of its logs, which stay

	// Nodes are the parts that can be stopped, of Ceph; as they were at the start.
	Nodes []Node `json:"nodes"`

	// User says that it is the bucket of CLOUDFILES_TEST_…_URL.
	User bool `json:"-"`

	control *control
}

// services say which service a server stands for.
var services = map[string]string{
	Versitygw: "s3",
	FakeGCS:   "gcs",
	Azurite:   "azure",
	Ceph:      "s3",
	Minio:     "s3",
}

// further are servers beside the first of their service: they are left out under
// -short, and where the tests run on a bucket of the user's.
func further(name string) bool { return name == Ceph || name == Minio }

// Name of the variable that holds the user's own bucket of a service.
func variable(service string) string {
	return "CLOUDFILES_TEST_" + strings.ToUpper(service) + "_URL"
}

// started is the one start of a server in this process.
type started struct {
	once    sync.Once
	server  *Server
	err     error
	missing bool
}

var (
	mu  sync.Mutex
	all = map[string]*started{}
)

// Start returns the server of that name, which all tests of the process share.
func Start(t T, name string) *Server {
	t.Helper()
	service, ok := services[name]
	if !ok {
		t.Fatalf("testserver: there is no server %q", name)
	}
	if further(name) && testing.Short() {
		t.Skipf("%s is left out under -short", name)
	}
	if own := os.Getenv(variable(service)); own != "" {
		if further(name) {
			t.Skipf("%s is set: the tests on %s run on that bucket", variable(service), Versitygw)
		}
		s, err := userServer(name, service, own)
		if err != nil {
			t.Fatalf("testserver: %s: %v", variable(service), err)
		}
		return s
	}
	mu.Lock()
	one := all[name]
	if one == nil {
		one = &started{}
		all[name] = one
	}
	mu.Unlock()
	one.once.Do(func() { one.server, one.missing, one.err = run(name) })
	switch {
	case one.err == nil:
		t.Logf("%s %s at %s, logs in %s", one.server.Name, one.server.Version, one.server.Endpoint,
			one.server.Logs)
	case one.missing && !inCI():
		const line = "SKIPPED, for %s is missing on this machine: %v"
		fmt.Fprintf(os.Stderr, "testserver: "+line+"\n", name, one.err)
		t.Skipf(line, name, one.err)
	default:
		t.Fatalf("testserver: %v", one.err)
	}
	return one.server
}

// inCI reports whether a missing server is a failure.
func inCI() bool {
	ci := os.Getenv("CI")
	yes, err := strconv.ParseBool(ci)
	return ci != "" && (yes || err != nil)
}

// userServer is the user's own bucket.
func userServer(name, service, own string) (*Server, error) {
	u, err := url.Parse(own)
	if err != nil {
		// without the URL, which may hold secrets
		return nil, fmt.Errorf("no URL: %w", err.(*url.Error).Err)
	}
	return &Server{
		Name:    name,
		Version: "user",
		Service: service,
		URL:     own,
		Bucket:  u.Host,
		Region:  u.Query().Get("region"),
		User:    true,
	}, nil
}

var (
	process = strings.ToLower(rand.Text()[:8])
	count   atomic.Int64
)

// Store returns the URL of an empty store that belongs to this test: a new bucket, or,
// in a user's bucket, a new prefix, whose files are deleted after the test.
func (s *Server) Store(t T) string {
	t.Helper()
	name := fmt.Sprintf("test-%s-%d", process, count.Add(1))
	if !s.User {
		return s.NewBucket(t, name)
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatalf("testserver: %v", err)
	}
	q := u.Query()
	q.Set("prefix", q.Get("prefix")+"cloudfiles-"+name+"/")
	u.RawQuery = q.Encode()
	store := u.String()
	t.Cleanup(func() {
		if err := empty(context.WithoutCancel(t.Context()), store); err != nil {
			t.Logf("testserver: files are left in the user's bucket: %v", err)
		}
	})
	return store
}

// empty deletes every file of the store.
func empty(ctx context.Context, store string) error {
	b, err := files.Open(ctx, store)
	if err != nil {
		return err
	}
	defer b.Close()
	_, err = files.DeleteAll(ctx, b)
	return err
}

// NewBucket makes a bucket (Azure: a container) and returns its URL; it needs a server,
// for in a user's account nothing is made.
func (s *Server) NewBucket(t T, name string) string {
	t.Helper()
	if s.User {
		t.Skipf("no bucket is made in the account of %s", variable(s.Service))
	}
	a, err := s.control.do("bucket", name)
	if err != nil {
		t.Fatalf("testserver: %v", err)
	}
	return a.URL
}

// Node is a process of a server that has several.
type Node struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
}

// StopNode stops a node in order: it keeps what it holds. Meanwhile the others take
// writes, as long as two are left.
func (s *Server) StopNode(t T, node string) { t.Helper(); s.setNode(t, "stop", node) }

// KillNode kills a node, as when a machine is lost with its disk: what it held is gone.
func (s *Server) KillNode(t T, node string) { t.Helper(); s.setNode(t, "kill", node) }

// StartNode starts a node that was stopped or killed, and returns when it has a copy of
// everything again. For that every node has to run.
func (s *Server) StartNode(t T, node string) { t.Helper(); s.setNode(t, "start", node) }

func (s *Server) setNode(t T, do, node string) {
	t.Helper()
	if s.User {
		t.Skipf("the bucket of %s has no nodes to stop", variable(s.Service))
	}
	if _, err := s.control.do(do, node); err != nil {
		t.Fatalf("testserver: %v", err)
	}
}
