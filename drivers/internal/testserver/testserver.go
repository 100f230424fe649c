// Package testserver runs a real storage server for tests on this machine. A test
// needn't install or stop anything:
//
//	func TestConformance(t *testing.T) {
//		server := testserver.Start(t, testserver.Versitygw)
//		conformance.Run(t, conformance.Harness{
//			New: func(t conformance.T) files.Bucket {
//				b, err := files.Open(t.Context(), server.Store(t)) // a new, empty store
//				…
//
// The first Start of a server in a test binary builds it, if it isn't in the user's
// cache yet (a minute or two, once), and starts it with new credentials on a free port.
// Every later Start returns the same server. Until it is ready, Start prints a line
// every five seconds that says what it waits for, to the terminal, or to the test's
// standard error if there is no terminal. The server stops when the test binary ends,
// even if that is killed. Start sets the environment variables that the cloud's SDK
// reads, for the whole process; all S3 servers of a process have the same credentials.
//
// Start runs the command of the module conformance/servers. That module's documentation
// says how each server differs from the service that it stands for. This package
// doesn't link the module.
//
// # Without a server
//
// If a server can't be installed (no network at the first time, no npm, not Linux),
// Start skips the test and says what is missing; with CI=true in the environment it
// fails. A server that is installed and doesn't start is always a failure. Under go
// test -short, Start skips Ceph and MinIO.
//
// # A bucket of your own
//
// If CLOUDFILES_TEST_S3_URL, CLOUDFILES_TEST_GCS_URL or CLOUDFILES_TEST_AZURE_URL is
// set to a URL for files.Open, the same tests run on that bucket instead, with the
// credentials of your environment. Each test has a new prefix, which is emptied at the
// end. The tests on Ceph and MinIO are skipped then, since they would be the same tests
// again.
package testserver

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance/longtest"
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

// T has the methods of a test that Start needs. *testing.T and conformance.T implement
// it.
type T interface {
	Helper()
	Context() context.Context
	Cleanup(func())
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Server is a running server, or the user's bucket that is used instead. Its methods
// are safe for concurrent use.
type Server struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Service  string `json:"service"`  // s3, gcs or azure
	Endpoint string `json:"endpoint"` // http://127.0.0.1:PORT; "" for a user's bucket
	// URL is the URL of a bucket that all tests of the process share.
	URL    string `json:"url"`
	Bucket string `json:"bucket"` // its name
	Region string `json:"region"` // S3
	// For Azure this is the account; it is "" for a user's bucket, and for GCS.
	AccessKey string            `json:"access_key"`
	SecretKey string            `json:"secret_key"`
	Env       map[string]string `json:"env"`  // the variables that Start set, or unset if empty
	Logs      string            `json:"logs"` // the folder of its logs, which are kept

	// Nodes are the processes of Ceph that can be stopped, as they were at the start.
	Nodes []Node `json:"nodes"`

	// User is true for the bucket of CLOUDFILES_TEST_…_URL.
	User bool `json:"-"`

	control *control
}

// services has the service that each server stands for.
var services = map[string]string{
	Versitygw: "s3",
	FakeGCS:   "gcs",
	Azurite:   "azure",
	Ceph:      "s3",
	Minio:     "s3",
}

// further reports whether the server is an additional one of its service. Its tests are
// skipped under -short, and if the tests run on a user's bucket.
func further(name string) bool { return name == Ceph || name == Minio }

// variable returns the name of the variable with the user's bucket of a service.
func variable(service string) string {
	return "CLOUDFILES_TEST_" + strings.ToUpper(service) + "_URL"
}

// started is the single start of a server in this process.
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
	if userURL := os.Getenv(variable(service)); userURL != "" {
		if further(name) {
			t.Skipf("%s is set: the tests on %s run on that bucket", variable(service), Versitygw)
		}
		s, err := userServer(name, service, userURL)
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
	case one.missing && !longtest.InCI():
		const line = "SKIPPED, since %s is missing on this machine: %v"
		fmt.Fprintf(os.Stderr, "testserver: "+line+"\n", name, one.err)
		t.Skipf(line, name, one.err)
	default:
		t.Fatalf("testserver: %v", one.err)
	}
	return one.server
}

// userServer returns the Server for the user's bucket.
func userServer(name, service, userURL string) (*Server, error) {
	u, err := url.Parse(userURL)
	if err != nil {
		// without the URL, which may hold secrets
		return nil, fmt.Errorf("no URL: %w", err.(*url.Error).Err)
	}
	return &Server{
		Name:    name,
		Version: "user",
		Service: service,
		URL:     userURL,
		Bucket:  u.Host,
		Region:  u.Query().Get("region"),
		User:    true,
	}, nil
}

var (
	process = strings.ToLower(rand.Text()[:8])
	count   atomic.Int64
)

// Store returns the URL of an empty store for this test: a new bucket, or a new prefix
// in a user's bucket, whose files are deleted after the test.
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

// NewBucket makes a bucket (in Azure a container) and returns its URL. It skips the
// test if the server is a user's bucket, since it makes nothing in a user's account.
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

// Node is a process of a server that has several processes.
type Node struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
}

// StopNode stops a node properly, so that it keeps its data. Meanwhile the others
// accept writes if two are left.
func (s *Server) StopNode(t T, node string) { t.Helper(); s.setNode(t, "stop", node) }

// KillNode kills a node and removes its data, as if a machine were lost with its disk.
func (s *Server) KillNode(t T, node string) { t.Helper(); s.setNode(t, "kill", node) }

// StartNode starts a node that was stopped or killed, and returns when it has a copy of
// everything again, for which every node must run.
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
