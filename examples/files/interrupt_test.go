package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// store is as much of S3 as copies need. At one of its requests it stops: it no longer
// answers, until the client is gone.
type store struct {
	*httptest.Server

	mu      sync.Mutex
	objects map[string][]byte
	uploads map[string]map[int][]byte // the parts by their numbers
	sent    int64                     // bytes of contents, in both directions
	begun   int

	stopAt  string // "part", "get", or "read", which is 32 KiB of content; "" never stops
	nth     int
	seen    int
	reached chan struct{} // closed when it stops

	aborting func(r *http.Request) // before an upload is removed
}

func newStore(t *testing.T) *store {
	s := &store{
		objects:  map[string][]byte{},
		uploads:  map[string]map[int][]byte{},
		aborting: func(*http.Request) { time.Sleep(300 * time.Millisecond) },
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *store) url(name string) string {
	return fmt.Sprintf("s3://bucket/%s?store=aws&region=x&part_size=5242880&concurrency=2&"+
		"use_path_style=1&endpoint=%s", name, s.URL)
}

// stopping makes the store stop at the nth request of a kind.
func (s *store) stopping(at string, nth int) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopAt, s.nth, s.seen, s.sent, s.reached = at, nth, 0, 0, make(chan struct{})
	return s.reached
}

// met reports whether the store stops at this request.
func (s *store) met(kind string) bool {
	if s.stopAt != kind {
		return false
	}
	s.seen++
	if s.seen == s.nth {
		close(s.reached)
	}
	return s.seen >= s.nth
}

// has returns how many uploads are unfinished, how many files there are, and a file.
func (s *store) has(key string) (uploads, files int, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.uploads), len(s.objects), s.objects[key]
}

// counts returns how many bytes of contents were sent since the last stopping, and how
// many uploads were begun.
func (s *store) counts() (sent int64, begun int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent, s.begun
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	key, q := strings.TrimPrefix(r.URL.Path, "/bucket/"), r.URL.Query()
	id, h := q.Get("uploadId"), w.Header()
	s.mu.Lock()
	defer s.mu.Unlock()
	parts, there := s.uploads[id]
	switch {
	case err != nil: // the client is gone
	case r.Method == http.MethodGet && q.Has("list-type"):
		io.WriteString(w, "<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>")
		for _, key := range slices.Sorted(maps.Keys(s.objects)) {
			if strings.HasPrefix(key, q.Get("prefix")) {
				fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>%d</Size><ETag>%s</ETag>"+
					"<LastModified>2026-11-29T12:00:00.000Z</LastModified></Contents>", key,
					len(s.objects[key]), etag(s.objects[key]))
			}
		}
		io.WriteString(w, "</ListBucketResult>")
	case r.Method == http.MethodPost && q.Has("uploads"):
		s.begun++
		id = fmt.Sprint("upload", s.begun)
		s.uploads[id] = map[int][]byte{}
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId>"+
			"</InitiateMultipartUploadResult>", id)
	case id != "" && !there:
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "<Error><Code>NoSuchUpload</Code></Error>")
	case r.Method == http.MethodDelete && id != "": // longer than a call waits for it (X2)
		wait := s.aborting
		s.mu.Unlock()
		wait(r)
		s.mu.Lock()
		delete(s.uploads, id)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPut && id != "" && s.met("part"):
		s.mu.Unlock()
		<-r.Context().Done()
		s.mu.Lock()
	case r.Method == http.MethodPut && id != "":
		n, _ := strconv.Atoi(q.Get("partNumber"))
		parts[n] = body
		s.sent += int64(len(body))
		h.Set("ETag", etag(body))
	case r.Method == http.MethodGet && id != "":
		io.WriteString(w, "<ListPartsResult><IsTruncated>false</IsTruncated>")
		for _, n := range slices.Sorted(maps.Keys(parts)) {
			fmt.Fprintf(w, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag><Size>%d</Size></Part>",
				n, etag(parts[n]), len(parts[n]))
		}
		io.WriteString(w, "</ListPartsResult>")
	case r.Method == http.MethodPost && id != "":
		var content []byte
		for _, n := range slices.Sorted(maps.Keys(parts)) {
			content = append(content, parts[n]...)
		}
		s.objects[key] = content
		delete(s.uploads, id)
		fmt.Fprintf(w, "<CompleteMultipartUploadResult><ETag>%s</ETag>"+
			"</CompleteMultipartUploadResult>", etag(content))
	case r.Method == http.MethodPut:
		s.objects[key] = body
		s.sent += int64(len(body))
		h.Set("ETag", etag(body))
	case s.objects[key] == nil:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet && s.met("get"):
		s.mu.Unlock()
		<-r.Context().Done()
		s.mu.Lock()
	default:
		content := s.objects[key]
		h.Set("ETag", etag(content))
		h.Set("Last-Modified", "Sun, 29 Nov 2026 12:00:00 GMT")
		s.mu.Unlock()
		http.ServeContent(w, r, "", time.Time{}, &object{bytes.NewReader(content), s, r})
		s.mu.Lock()
	}
}

func etag(content []byte) string {
	sum := 0
	for i := 0; i < len(content); i += 4099 {
		sum = sum*31 + int(content[i])
	}
	return fmt.Sprintf(`"%x-%x"`, uint32(sum), len(content))
}

// object is the content of a response.
type object struct {
	*bytes.Reader
	s *store
	r *http.Request
}

func (o *object) WriteTo(w io.Writer) (int64, error) { // hides that of the Reader
	return io.Copy(w, struct{ io.Reader }{o})
}

func (o *object) Read(p []byte) (int, error) {
	o.s.mu.Lock()
	stops := o.s.met("read")
	o.s.mu.Unlock()
	if stops {
		<-o.r.Context().Done()
		return 0, io.ErrUnexpectedEOF
	}
	n, err := o.Reader.Read(p[:min(len(p), 32<<10)])
	o.s.mu.Lock()
	o.s.sent += int64(n)
	o.s.mu.Unlock()
	return n, err
}

// pattern returns n bytes.
func pattern(n int, seed byte) []byte {
	p := make([]byte, n)
	for i := 0; i < n; i += 512 {
		p[i], p[min(i+1, n-1)] = byte(i>>9)+seed, byte(i>>17)
	}
	return p
}

// interrupted runs a command line, sends it an interrupt when the store stops, and checks
// what it prints.
func interrupted(t *testing.T, dir string, reached chan struct{}, stdin io.Reader,
	args ...string) {
	t.Helper()
	cmd := start(t, dir, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	select {
	case <-reached:
	case <-ended:
		t.Fatalf("files %q ended before the interrupt: %s%s", args, &out, &errs)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-ended
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("files %q: exit code %d, want 130\n%s", args, code, &errs)
	}
	has(t, errs.String(), "interrupted", "No file at the target is half-written", "does the rest")
}

// TestInterruptedTwice: a second Ctrl-C ends the command at once, although the store
// doesn't answer the request that removes the upload.
func TestInterruptedTwice(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no interrupt to send")
	}
	t.Parallel()
	dir, s := t.TempDir(), newStore(t)
	if err := os.WriteFile(filepath.Join(dir, "big"), pattern(12<<20, 4), 0o666); err != nil {
		t.Fatal(err)
	}
	aborting := make(chan struct{})
	begins := sync.OnceFunc(func() { close(aborting) })
	s.mu.Lock()
	s.aborting = func(r *http.Request) {
		begins()
		<-r.Context().Done()
	}
	s.mu.Unlock()
	reached := s.stopping("part", 1)
	cmd := start(t, dir, "cp", "big", s.url("big"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-reached
	cmd.Process.Signal(os.Interrupt)
	<-aborting
	// The text is printed after the signal has its usual effect again.
	text, err := bufio.NewReader(stderr).ReadString('\n')
	if err != nil || !strings.Contains(text, "Ctrl-C again ends at once") {
		t.Errorf("the command prints %q, %v", text, err)
	}
	cmd.Process.Signal(os.Interrupt)
	rest, _ := io.ReadAll(stderr)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != -1 || len(rest) > 0 {
		t.Errorf("exit code %d, want the end by a signal; it also prints %q", code, rest)
	}
}

// onDisk returns the files below a directory, and also those in hidden folders.
func onDisk(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			path, err = filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestInterruptedUpload: Ctrl-C in the middle of an upload in parts leaves no file and no
// unfinished upload at the store, and the same command copies the file.
func TestInterruptedUpload(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no interrupt to send")
	}
	t.Parallel()
	content := pattern(12<<20, 1)
	for what, args := range map[string][]string{
		"cp":             {"cp", "src/big", "d/big"},
		"cp -r":          {"cp", "-r", "src", "d"},
		"sync":           {"sync", "--delete", "src", "d"},
		"standard input": {"cp", "-", "d/big"},
	} {
		dir, s := t.TempDir(), newStore(t)
		write(t, dir, "src/big")
		if err := os.WriteFile(filepath.Join(dir, "src", "big"), content, 0o666); err != nil {
			t.Fatal(err)
		}
		args[len(args)-1] = s.url(args[len(args)-1])
		interrupted(t, dir, s.stopping("part", 2), bytes.NewReader(content), args...)
		if n, files, _ := s.has(""); n > 0 || files > 0 {
			t.Errorf("%s: %d uploads and %d files are left, want none", what, n, files)
		}
		if got := onDisk(t, dir); !slices.Equal(got, []string{"src/big"}) {
			t.Errorf("%s: on the disk are %q", what, got)
		}
		s.stopping("", 0)
		cmd := start(t, dir, args...)
		cmd.Stdin = bytes.NewReader(content)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s again: %v\n%s", what, err, out)
		}
		if n, _, got := s.has("d/big"); n > 0 || !bytes.Equal(got, content) {
			t.Errorf("%s again: %d uploads are left, and the file has %d bytes", what, n, len(got))
		}
	}
}

// TestInterruptedLargeUpload: of a large file Ctrl-C leaves the upload that its state
// names, and no other. The same command sends only the rest.
func TestInterruptedLargeUpload(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("states need locks that end with a process")
	}
	t.Parallel()
	dir, s := t.TempDir(), newStore(t)
	content := pattern(64<<20, 2)
	if err := os.WriteFile(filepath.Join(dir, "big"), content, 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"cp", "--state-dir", "states", "big", s.url("big")}
	interrupted(t, dir, s.stopping("part", 2), nil, args...)
	if n, files, _ := s.has(""); n != 1 || files > 0 {
		t.Errorf("%d uploads and %d files are left, want 1 and 0", n, files)
	}
	if got := onDisk(t, filepath.Join(dir, "states")); len(got) == 0 {
		t.Error("no state is left")
	}
	sent, _ := s.counts()
	s.stopping("", 0)
	run(t, dir, 0, args...)
	if n, _, got := s.has("big"); n > 0 || !bytes.Equal(got, content) {
		t.Errorf("again: %d uploads are left, and the file has %d bytes", n, len(got))
	}
	rest, begun := s.counts()
	if sent == 0 || begun != 1 || rest != int64(len(content))-sent {
		t.Errorf("%d bytes were sent, and then %d in %d uploads, want %d together in 1", sent,
			rest, begun, len(content))
	}
	if got := onDisk(t, dir); slices.ContainsFunc(got, func(name string) bool {
		return strings.HasPrefix(name, "states/") && !strings.HasSuffix(name, ".lock")
	}) {
		t.Errorf("again: on the disk are %q", got)
	}
}

// TestInterruptedDownload: Ctrl-C in the middle of a download leaves the old file or none
// at the target. What cp has of the file is beside it until the same command has done the
// rest; sync leaves nothing.
func TestInterruptedDownload(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no interrupt to send")
	}
	t.Parallel()
	content := pattern(24<<20, 3)
	for _, c := range []struct {
		args []string
		at   string
		nth  int
		part bool // the content so far is kept beside the target
	}{
		// resume.Download makes eight requests at a time, so some have ended before the tenth.
		{[]string{"cp", "d/big", "dst/big"}, "get", 10, true},
		{[]string{"sync", "d", "dst"}, "read", 300, false},
		{[]string{"cp", "-r", "d", "dst"}, "read", 300, false},
	} {
		for _, old := range []string{"", "old content"} {
			dir, s := t.TempDir(), newStore(t)
			s.objects["d/big"] = content
			if old != "" {
				write(t, dir, "dst/big")
			}
			args := slices.Clone(c.args)
			args[len(args)-2] = s.url(args[len(args)-2])
			interrupted(t, dir, s.stopping(c.at, c.nth), nil, args...)
			kept, others := 0, []string{}
			for _, name := range onDisk(t, dir) {
				switch base := name[strings.LastIndexByte(name, '/')+1:]; {
				case c.part && strings.HasPrefix(base, ".resume-"):
					kept++
				case name == "dst/.cloudfiles.attrs/version.attrs":
				case name != "dst/big" || old == "":
					others = append(others, name)
				}
			}
			if len(others) > 0 || c.part != (kept > 0) {
				t.Errorf("files %q: on the disk are %q", c.args, onDisk(t, dir))
			}
			if text, err := os.ReadFile(filepath.Join(dir, "dst", "big")); old != "" &&
				string(text) != "content of dst/big" {
				t.Errorf("files %q: the file has %d bytes, %v", c.args, len(text), err)
			}
			s.stopping("", 0)
			run(t, dir, 0, args...)
			if n, _ := s.counts(); c.part && n >= int64(len(content)) {
				t.Errorf("files %q again: %d bytes were read, want less than %d", c.args, n,
					len(content))
			}
			text, err := os.ReadFile(filepath.Join(dir, "dst", "big"))
			if err != nil || !bytes.Equal(text, content) {
				t.Errorf("files %q again: the file has %d bytes, %v", c.args, len(text), err)
			}
			got := slices.DeleteFunc(onDisk(t, dir), func(name string) bool {
				return name == "dst/.cloudfiles.attrs/version.attrs" // of a bucket's folder
			})
			if !slices.Equal(got, []string{"dst/big"}) {
				t.Errorf("files %q again: on the disk are %q", c.args, got)
			}
		}
	}
}
