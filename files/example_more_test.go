package files_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
)

// Log every operation with a wrapper, which is one call.
func ExampleWrap() {
	b := files.Wrap(open(), files.Hooks{
		Done: func(_ context.Context, c *files.Call, n int64, err error) {
			fmt.Println(c.Op, c.Name, n, err)
		},
	})
	fill(b, "notes/day14.txt")
	for range b.List(ctx, "notes", nil) {
	}
	b.Stat(ctx, "missing", nil)
	// Output:
	// put notes/day14.txt 21 <nil>
	// list notes 1 <nil>
	// stat missing 0 files: stat missing: file does not exist
}

// Give a tenant a bucket of its own, which reaches nothing else.
func ExampleSub() {
	b := open()
	tenant := "acme"
	if err := files.CheckElement(tenant); err != nil {
		log.Fatal(err)
	}
	sub, err := files.Sub(b, "tenants/"+tenant)
	if err != nil {
		log.Fatal(err)
	}
	fill(sub, "logo.png")
	_, err = sub.Get(ctx, "../other/logo.png", nil)
	fmt.Println(err)
	fmt.Println(files.Exists(ctx, b, "tenants/acme/logo.png"))
	// Output:
	// files: get ../other/logo.png: invalid name: element ".." at byte 0
	// true <nil>
}

func ExampleReadOnly() {
	b := open()
	fill(b, "hello.txt")
	ro := files.ReadOnly(b)
	fmt.Println(files.ReadString(ctx, ro, "hello.txt", nil))
	_, err := files.PutString(ctx, ro, "hello.txt", "changed", nil)
	fmt.Println(err)
	// Output:
	// about hello.txt <nil>
	// files: put hello.txt: permission denied: the bucket is read-only
}

// Count in a file. No count is lost, however many programs count at once.
func ExampleUpdate() {
	b := open()
	for range 3 {
		_, err := files.Update(ctx, b, "counter", func(old []byte) ([]byte, error) {
			n := 0
			if old != nil { // nil: there is no file yet
				var err error
				if n, err = strconv.Atoi(string(old)); err != nil {
					return nil, err
				}
			}
			return strconv.AppendInt(nil, int64(n+1), 10), nil
		}, nil)
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(files.ReadString(ctx, b, "counter", nil))
	// Output: 3 <nil>
}

func ExampleUpdateJSON() {
	type settings struct {
		Theme string   `json:"theme"`
		Users []string `json:"users"`
	}
	b := open()
	add := func(user string) {
		s, err := files.UpdateJSON(ctx, b, "settings.json", func(s *settings) error {
			if len(s.Users) == 2 {
				return files.SkipUpdate
			}
			s.Users = append(s.Users, user)
			return nil
		}, nil)
		fmt.Println(s.Users, err)
	}
	add("ann")
	add("bob")
	add("cy")
	// Output:
	// [ann] <nil>
	// [ann bob] <nil>
	// [ann bob] <nil>
}

// List a large tree with several requests at a time, in order.
func ExampleListOptions_parallel() {
	ctx := context.Background()
	b := open() // or a bucket with millions of files
	for _, name := range []string{"logs/2026/01.txt", "logs/2026/02.txt", "logs/now.txt"} {
		if _, err := files.PutString(ctx, b, name, "", nil); err != nil {
			panic(err)
		}
	}
	o := &files.ListOptions{Parallel: 16} // requests at a time; memory makes none
	for e, err := range b.List(ctx, "logs", o) {
		if err != nil {
			panic(err)
		}
		fmt.Println(e.Name)
	}
	// Output:
	// logs/2026/01.txt
	// logs/2026/02.txt
	// logs/now.txt
}

// Show a listing page by page. The token goes into the link to the next page.
func ExampleListPage() {
	b := open()
	fill(b, "a", "b/1", "b/2", "c", "d")
	token := ""
	for {
		entries, next, err := files.ListPage(ctx, b, "", token, 2,
			&files.ListOptions{Shallow: true})
		if err != nil {
			log.Fatal(err)
		}
		for _, e := range entries {
			fmt.Println(e.Name)
		}
		fmt.Println("more:", next != "")
		if next == "" {
			break
		}
		token = next
	}
	_, _, err := files.ListPage(ctx, b, "", "b/", 2, nil)
	fmt.Println(err)
	// Output:
	// a
	// b/
	// more: true
	// c
	// d
	// more: false
	// files: list: invalid argument: the page token is not one of this listing
}

// Write a file as its content is made. If anything goes wrong before Commit, nothing is
// stored.
func ExampleNewWriter() {
	b := open()
	report := func(rows [][]string) error {
		w := files.NewWriter(ctx, b, "report.csv", nil)
		defer w.Close()
		c := csv.NewWriter(w)
		for _, row := range rows {
			if len(row) != 2 {
				return errors.New("a row is incomplete")
			}
			c.Write(row)
		}
		if c.Flush(); c.Error() != nil {
			return c.Error()
		}
		info, err := w.Commit()
		fmt.Println(info.Name, info.Size, info.ContentType)
		return err
	}
	fmt.Println(report([][]string{{"day", "sum"}, {"1"}}))
	fmt.Println(files.Exists(ctx, b, "report.csv"))
	fmt.Println(report([][]string{{"day", "sum"}, {"1", "20"}}))
	// Output:
	// a row is incomplete
	// false <nil>
	// report.csv 13 text/csv; charset=utf-8
	// <nil>
}

// Copy a file, with its content type and metadata, inside a bucket or from one bucket
// to another.
func ExampleCopy() {
	b, backup := open(), open()
	attrs := files.Attributes{Metadata: map[string]string{"author": "ann"}}
	if _, err := files.PutString(ctx, b, "a.txt", "text",
		&files.PutOptions{Attributes: attrs}); err != nil {
		log.Fatal(err)
	}
	info, err := files.Copy(ctx, backup, "2026/a.txt", b, "a.txt",
		&files.CopyOptions{FullInfo: true})
	fmt.Println(info.Name, info.Size, info.Metadata, err)
	_, err = files.Copy(ctx, backup, "2026/a.txt", b, "a.txt",
		&files.CopyOptions{If: files.IfAbsent()})
	fmt.Println(errors.Is(err, files.ErrExist))
	// Output:
	// 2026/a.txt 4 map[author:ann] <nil>
	// true
}

func ExampleMove() {
	b := open()
	fill(b, "draft.txt")
	info, err := files.Move(ctx, b, "final.txt", b, "draft.txt", nil)
	fmt.Println(info.Name, err)
	fmt.Println(files.Exists(ctx, b, "draft.txt"))
	// Output:
	// final.txt <nil>
	// false <nil>
}

// Replace a file only if nobody else has changed it.
func ExampleIfVersion() {
	b := open()
	fill(b, "page.html")
	before, err := b.Stat(ctx, "page.html", nil)
	if err != nil {
		log.Fatal(err)
	}
	edit := func(text string) {
		_, err := files.PutString(ctx, b, "page.html", text,
			&files.PutOptions{If: files.IfVersion(before.Version)})
		fmt.Println(err)
	}
	edit("ann's")
	edit("bob's, who began with the same version")
	// Output:
	// <nil>
	// files: put page.html: file is not of the expected version
}

// Read a part of a file.
func ExampleBytes() {
	b := open()
	fill(b, "hello.txt")
	for _, part := range []files.Range{files.Bytes(6,
		5), files.From(11), files.Last(3), files.From(99)} {
		text, err := files.ReadString(ctx, b, "hello.txt",
			&files.ReadOptions{GetOptions: files.GetOptions{Range: part}})
		fmt.Printf("%q %v\n", text, err)
	}
	// Output:
	// "hello" <nil>
	// ".txt" <nil>
	// "txt" <nil>
	// "" <nil>
}

// Copy a file of the bucket to disk, whole or not at all.
func ExampleDownloadFile() {
	b := open()
	fill(b, "hello.txt")
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	info, err := files.DownloadFile(ctx, b, "hello.txt", filepath.Join(dir, "out.txt"), nil)
	fmt.Println(info.Size, err)
	text, err := os.ReadFile(filepath.Join(dir, "out.txt"))
	fmt.Println(string(text), err)
	// Output:
	// 15 <nil>
	// about hello.txt <nil>
}

// Store a whole tree from disk.
func ExamplePutFS() {
	b := open()
	path := onlyOnDisk("index.html", "<h1>Hello</h1>")
	defer os.RemoveAll(filepath.Dir(path))
	res, err := files.PutFS(ctx, b, "site", os.DirFS(filepath.Dir(path)), nil)
	fmt.Printf("%+v %v\n", res, err)
	// Output: {Files:1 Bytes:14 Skipped:0} <nil>
}

func ExampleDeleteDir() {
	b := open()
	fill(b, "tmp/1", "tmp/2/x", "tmp.txt")
	res, err := files.DeleteDir(ctx, b, "tmp")
	fmt.Println(res.Deleted, err)
	fmt.Println(files.Usage(ctx, b, ""))
	// Output:
	// 2 <nil>
	// 1 13 <nil>
}

func ExampleOpen() {
	_, err := files.Open(ctx, "./data")
	fmt.Println(err)
	_, err = files.Open(ctx, "mem://?nomd6=true")
	problem, known, _ := strings.Cut(err.Error(), "; ")
	fmt.Println(problem)
	fmt.Println("it lists the right name:", strings.Contains(known, "nomd5"))
	// Output:
	// files: open …: invalid argument: a path is not a URL; write file:///absolute/path/to/data
	// files: open mem://?nomd6=true: invalid argument: unknown parameter "nomd6"
	// it lists the right name: true
}
