//go:build unix

package local

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

func init() { childJobs["upload"] = uploadChild }

// uploadChild puts its standard input under the name "up". Between the two halves it
// prints a line.
func uploadChild(task childTask) error {
	b, err := openOver(task.Dir, nil, fsys.OS())
	if err != nil {
		return err
	}
	defer b.Close()
	in := io.MultiReader(io.LimitReader(os.Stdin, int64(task.N)), printer("half"), os.Stdin)
	_, err = b.Put(context.Background(), "up", in,
		&files.PutOptions{Attributes: proofAttributes(int(task.Seed), 1)})
	return err
}

// printer is an empty reader that prints a line when it is read.
type printer string

func (s printer) Read([]byte) (int, error) {
	fmt.Println(string(s))
	return 0, io.EOF
}

// upload is a child in the middle of a Put.
type upload struct {
	in   io.WriteCloser
	kill func() error
	wait func() error
}

// startUpload starts a child and returns after the child has read the first half of the
// content.
func startUpload(t *testing.T, dir, half string, seq int) *upload {
	t.Helper()
	c := child(t.Context(), childTask{
		Job:  "upload",
		Dir:  dir,
		N:    len(half),
		Seed: uint64(seq),
	})
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, half); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "half\n" {
		t.Fatalf("the child printed %q, %v, want \"half\\n\"", line, err)
	}
	return &upload{in, c.Process.Kill, c.Wait}
}

// The first write of the next handle removes what a dead process staged. What a live
// process stages stays, whatever another handle puts, overwrites, deletes and closes.
func TestLiveUploadsSurvive(t *testing.T) {
	dir := t.TempDir()
	ctx := t.Context()
	half := strings.Repeat("half of an upload ", 200_000) // more than a Put writes at a time
	live := startUpload(t, dir, half, 7)
	dead := startUpload(t, dir, half, 8)
	if err := dead.kill(); err != nil {
		t.Fatal(err)
	}
	dead.wait()
	if got := stagedFiles(t, dir); len(got) != 2 {
		t.Fatalf("staged files are %q, want the uploads of both children", got)
	}

	b, err := openOver(dir, nil, fsys.OS())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if seen, err := seeAll(ctx, b); err != nil || len(seen) != 0 {
		t.Fatalf("with only unfinished uploads, the bucket has %v, %v, want no file", seen, err)
	}
	if got := stagedFiles(t, dir); len(got) != 2 {
		t.Fatalf("after reading, staged files are %q, want two", got)
	}
	now, err := perform(ctx, b, state{},
		[]step{stepPut("up", 1, 2), stepPut("other", 2, 0), stepDelete("up"), stepPut("up", 3, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if got := stagedFiles(t, dir); len(got) != 1 {
		t.Fatalf("after the first write, staged files are %q, want only the live child's",
			got)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(live.in, "and the end"); err != nil {
		t.Fatal(err)
	}
	live.in.Close()
	if err := live.wait(); err != nil {
		t.Fatalf("the live child: %v", err)
	}

	if b, err = openOver(dir, nil, fsys.OS()); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s, err := getSeen(ctx, b, "up")
	if err != nil {
		t.Fatal(err)
	}
	if s.content != half+"and the end" || s.info.Metadata["seq"] != "7" {
		t.Errorf("the live child's file has %d bytes and metadata %q, want the whole content "+
			"and seq 7", len(s.content),
			s.info.Metadata)
	}
	if err := now["other"].seenIn(ctx, b, "other"); err != nil {
		t.Errorf("seenIn(other) = %v, want nil", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, controlDir, stagingMark+"*")); len(left) != 0 {
		t.Errorf("after Close, staging folders are left: %q", left)
	}
}

// seenIn reads one file and returns an error unless it is f.
func (f proofFile) seenIn(ctx context.Context, b files.Bucket, name string) error {
	s, err := getSeen(ctx, b, name)
	if err != nil {
		return err
	}
	return s.is(f)
}

// stagedFiles lists the files of unfinished uploads.
func stagedFiles(t *testing.T, dir string) []string {
	t.Helper()
	return stagedIn(dir)
}

// stagedIn returns the files in staging folders, except alive.attrs.
func stagedIn(dir string) []string {
	all, err := filepath.Glob(filepath.Join(dir, controlDir, stagingMark+"*", "*"))
	if err != nil {
		panic(err) // the pattern is malformed
	}
	var names []string
	for _, path := range all {
		if filepath.Base(path) != aliveFile {
			names = append(names, path)
		}
	}
	return names
}
