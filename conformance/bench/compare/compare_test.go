package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := runChild(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

var tiny = scale{
	Large: 8 * mib,
	Many:  3,
	Calls: 20,
	Tree:  10,
	Names: []int{30},
}

// TestCompareOnDisk does every work that needs no server, and checks the report.
func TestCompareOnDisk(t *testing.T) {
	var todo []work
	for _, w := range works(tiny) {
		if w.service == "disk" {
			todo = append(todo, w)
		}
	}
	rows, err := measure(t.Context(), todo, regexp.MustCompile(""), tiny, 2, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := len(todo) * len(diskPeers); len(rows) != want {
		t.Errorf("%d rows, want %d", len(rows), want)
	}
	for _, r := range rows {
		if r.err != "" {
			t.Errorf("the work %s by %s failed: %s", r.work.id(), r.peer.name, r.err)
		} else if len(r.rounds) != 2 || r.speed() <= 0 || r.peak() < 0 {
			t.Errorf("%s, %s: %+v, want two rounds", r.work.id(), r.peer.name, r.rounds)
		}
	}
	dir := t.TempDir()
	if err := (report{
		dir:    dir,
		scale:  tiny,
		rounds: 2,
		rows:   rows,
	}).write(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, resultsName))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## disk, loopback, download", "| 8 MiB | cloudfiles |",
		"| Go CDK |", "| afero |", "github.com/spf13/afero v1.", "put of 4 KiB", "30 names"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	if err != nil || len(pictures) == 0 {
		t.Fatalf("pictures: %v, %v", pictures, err)
	}
	for _, picture := range pictures {
		text, err := os.ReadFile(picture)
		if err == nil {
			err = xml.Unmarshal(text, new(struct{}))
		}
		if err != nil {
			t.Errorf("the picture %s isn't XML: %v", picture, err)
		}
	}
}

// failing is a client whose stat fails.
type failing struct{ us }

var errPlanted = errors.New("planted")

func (failing) stat(context.Context, string) error { return errPlanted }

// TestEarlyEnd checks that a run whose second work can't be prepared keeps the rows of the
// first, and that the report says that works are missing. Only the requested peer is
// measured.
func TestEarlyEnd(t *testing.T) {
	first, err := findWork("disk/loopback/stat of 4 KiB/16 at a time", tiny)
	if err != nil {
		t.Fatal(err)
	}
	second := first
	second.name = "another"
	second.prepare = func(context.Context, client, scale) error { return errPlanted }
	only := regexp.MustCompile("^afero$")
	rows, err := measure(t.Context(), []work{first, second}, only, tiny, 1, "")
	if !errors.Is(err, errPlanted) || len(rows) != 2 || !rows[0].peer.isUs() ||
		rows[1].peer.name != "afero" {
		t.Fatalf("rows %+v and %v, want this library's, afero's, and the planted error", rows, err)
	}
	r := report{
		dir:    t.TempDir(),
		rounds: 1,
		rows:   rows,
		early:  true,
	}
	if err := r.write(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(r.dir, resultsName))
	if err != nil || !bytes.Contains(text, []byte("The run ended early")) {
		t.Errorf("%v; the report doesn't say that it ended early:\n%s", err, text)
	}
}

// TestRoundReportsErrors checks that the result of a work that fails has the error, and
// that a peer without a function for a work is reported as unable.
func TestRoundReportsErrors(t *testing.T) {
	w, err := findWork("s3/loopback/stat of 4 KiB/16 at a time", tiny)
	if err != nil {
		t.Fatal(err)
	}
	if r := round(t.Context(), w, failing{}, tiny); r.Error != errPlanted.Error() {
		t.Errorf("a failing work has the error %q, want %q", r.Error, errPlanted)
	}
	w, err = findWork("s3/20 ms/tree of files of 4 KiB/folder to bucket", tiny)
	if err != nil {
		t.Fatal(err)
	}
	if r := round(t.Context(), w, minioClient{}, tiny); !r.Unable {
		t.Errorf("a peer without trees: %+v", r)
	}
}

// TestHangingPeer checks that a peer that never ends its round is killed and reported.
func TestHangingPeer(t *testing.T) {
	c, err := startProcess(exec.Command("sleep", "1000"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if r, err := c.round(20 * time.Millisecond); err == nil ||
		!strings.Contains(err.Error(), "killed") {
		t.Errorf("a round that hangs: %+v, %v, want an error that says that it was killed", r, err)
	}
}

// TestTableRatios checks medians, ratios and the list of faster peers.
func TestTableRatios(t *testing.T) {
	w := work{
		group:   "download",
		name:    "1 MiB",
		service: "s3",
		link:    "loopback",
		bytes:   true,
	}
	rounds := func(seconds ...float64) (all []result) {
		for _, s := range seconds {
			all = append(all, result{
				Amount:  1e6,
				Seconds: s,
				CPU:     s / 2,
			})
		}
		return all
	}
	var b strings.Builder
	r := report{rows: []row{{
		work:   w,
		peer:   peer{name: "cloudfiles"},
		rounds: rounds(0.1, 0.2, 9),
	}, {
		work: w,
		peer: peer{
			name:   "fast",
			module: "m",
		},
		rounds: rounds(0.1, 0.1, 0.1),
	}, {
		work: w,
		peer: peer{
			name:   "slow",
			module: "m",
		},
		rounds: rounds(0.4, 0.4, 0.4),
	}}}
	r.slower(&b)
	if want := "- s3, loopback, download, 1 MiB: fast, 2.00 × our speed.\n"; !strings.Contains(
		b.String(), want) {
		t.Errorf("slower:\n%s", b.String())
	}
	if got := line("", r.rows[2],
		r.rows[0]); !strings.Contains(got, "| slow | 2 | 2 to 2 | 2.00 |") {
		t.Errorf("the line of the slow peer: %s", got)
	}
}

// TestRelay checks that a relay passes bytes both ways unchanged, closes each direction
// by itself, and keeps its rate and its delay.
func TestRelay(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	l := link{
		rtt:  40 * time.Millisecond,
		rate: 8e6,
	}
	r, err := newRelay(echo.Addr().String(), l)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sent := noise[:800_000] // 100 ms in each direction, which overlap
	begin := time.Now()
	go func() {
		c.Write(sent)
		c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	took := time.Since(begin)
	if err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes of %d came back, %v", len(got), len(sent), err)
	}
	if least := 100*time.Millisecond + l.rtt; took < least {
		t.Errorf("the bytes took %v, want at least %v", took, least)
	}
}

// TestTargetAt checks that the URL and the environment of a child have the relay's
// address.
func TestTargetAt(t *testing.T) {
	got := target{
		Endpoint: "http://127.0.0.1:9000",
		URL:      "s3://b?endpoint=http%3A%2F%2F127.0.0.1%3A9000&region=r",
		Env:      map[string]string{"STORAGE_EMULATOR_HOST": "127.0.0.1:9000"},
	}.at("127.0.0.1:1")
	if got.Endpoint != "http://127.0.0.1:1" ||
		got.URL != "s3://b?endpoint=http%3A%2F%2F127.0.0.1%3A1&region=r" ||
		got.Env["STORAGE_EMULATOR_HOST"] != "127.0.0.1:1" {
		t.Errorf("the relay's addresses aren't in %+v", got)
	}
}

// TestGCSMemory: every peer of Google Cloud Storage stores content in parts on the server
// in memory, and reads it.
func TestGCSMemory(t *testing.T) {
	server, stop, err := startGCSMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for k, v := range server.Env {
		t.Setenv(k, v)
	}
	const size = 40 << 20
	for _, p := range peersOf("gcs") {
		t.Run(p.name, func(t *testing.T) {
			c, err := p.open(t.Context(), server)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.put(t.Context(), p.name, &pattern{size: size}, size); err != nil {
				t.Fatal(err)
			}
			var whole, at counted
			if err := c.get(t.Context(), p.name, &whole); err != nil {
				t.Fatal(err)
			}
			if err := c.getAt(t.Context(), p.name, &at, size); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(whole.want(size), at.want(size)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestS3Names: every peer of S3 lists all names of the server in memory, whole, by
// directories and from a name on.
func TestS3Names(t *testing.T) {
	server, stop, err := startS3Names()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for k, v := range server.Env {
		t.Setenv(k, v)
	}
	const n = 12_300
	for _, p := range peersOf("s3") {
		if strings.HasPrefix(p.name, "rclone") {
			continue // it is a program
		}
		for _, parallel := range []int{0, 8} {
			c, err := p.open(t.Context(), server)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.list(t.Context(), namesDir(n), parallel); err != nil || got != n {
				t.Errorf("%s: list = %d, %v, want %d names", p.name, got, err, n)
			}
		}
	}
	b, err := files.Open(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	list := func(dir string, o files.ListOptions) (names []string) {
		for e, err := range b.List(t.Context(), dir, &o) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, e.Name)
		}
		return names
	}
	dirs := list(namesDir(n), files.ListOptions{Shallow: true})
	if len(dirs) != namesDirs || dirs[99] != namesDir(n)+"/99/" {
		t.Errorf("%d directories, want %d, the last one 99", len(dirs), namesDirs)
	}
	rest := list(namesDir(n), files.ListOptions{StartAfter: fileOf(n, n-3)})
	if len(rest) != 2 || rest[1] != fileOf(n, n-1) {
		t.Errorf("%q, want the last two names", rest)
	}
}
