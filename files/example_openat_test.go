package files_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// A zip archive is read where it lies: of a large one in S3, a member costs two or three
// requests.
func ExampleOpenAt() {
	ctx, b := context.Background(), mem.New(nil)
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	member, err := w.Create("notes/day14.txt")
	if err != nil {
		log.Fatal(err)
	}
	io.WriteString(member, "Rain again.")
	w.Close()
	if _, err := files.PutBytes(ctx, b, "notes.zip", archive.Bytes(), nil); err != nil {
		log.Fatal(err)
	}

	f, err := files.OpenAt(ctx, b, "notes.zip", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	z, err := zip.NewReader(f, f.Size())
	if err != nil {
		log.Fatal(err)
	}
	m, err := z.Open("notes/day14.txt")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	text, err := io.ReadAll(m)
	fmt.Printf("%s %v\n", text, err)
	// Output: Rain again. <nil>
}

// The columns of a table are read in as few requests as pay.
func ExampleReadRanges() {
	ctx, b := context.Background(), mem.New(nil)
	if _, err := files.PutString(ctx, b, "table", "id1id2id3...name1name2...end", nil); err != nil {
		log.Fatal(err)
	}
	parts, err := files.ReadRanges(ctx, b, "table",
		[]files.Range{files.Last(3), files.Bytes(0, 3), files.Bytes(12, 5)}, nil)
	fmt.Printf("%q %v\n", parts, err)
	// Output: ["end" "id1" "name1"] <nil>
}

// A large file comes by eight connections at a time, checked as a whole.
func ExampleDownloadAt() {
	ctx, b := context.Background(), mem.New(nil)
	if _, err := files.PutString(ctx, b, "large", "imagine a gigabyte", nil); err != nil {
		log.Fatal(err)
	}
	f, err := os.CreateTemp("", "large")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := files.DownloadAt(ctx, b, "large", f, nil); err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(f.Name())
	fmt.Printf("%s %v\n", text, err)
	// Output: imagine a gigabyte <nil>
}
