package files_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// open opens a new bucket in memory. The same program works with every URL whose driver
// it imports.
func open() files.Bucket {
	b, err := files.Open(context.Background(), "mem://")
	if err != nil {
		log.Fatal(err)
	}
	return b
}

// fill stores a small file under each name.
func fill(b files.Bucket, names ...string) {
	for _, name := range names {
		if _, err := files.PutString(context.Background(), b, name, "about "+name,
			nil); err != nil {
			log.Fatal(err)
		}
	}
}

// onlyOnDisk makes a file on disk and returns its path.
func onlyOnDisk(name, content string) string {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		log.Fatal(err)
	}
	return path
}

// Put a text.
func ExamplePutString() {
	b := open()
	info, err := files.PutString(ctx, b, "hello.txt", "Hello, world!", nil)
	fmt.Println(info.Name, info.Size, info.ContentType, err)
	// Output: hello.txt 13 text/plain; charset=utf-8 <nil>
}

// Put a text into a directory, which need not be made before.
func ExamplePutString_directory() {
	b := open()
	info, err := files.PutString(ctx, b, "notes/day14.txt", "Rain again.", nil)
	fmt.Println(info.Name, info.Size, err)
	// Output: notes/day14.txt 11 <nil>
}

// Put bytes.
func ExamplePutBytes() {
	b := open()
	info, err := files.PutBytes(ctx, b, "data.bin", []byte{1, 2, 3}, nil)
	fmt.Println(info.Name, info.Size, info.ContentType, err)
	// Output: data.bin 3 application/octet-stream <nil>
}

// Put an image from an opened file.
func ExampleBucket_put_image() {
	b := open()
	path := onlyOnDisk("photo.png", "\x89PNG\r\n\x1a\n...")
	defer os.RemoveAll(filepath.Dir(path))

	f, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	info, err := b.Put(ctx, "photos/photo.png", f, nil)
	fmt.Println(info.Name, info.Size, info.ContentType, err)
	// Output: photos/photo.png 11 image/png <nil>
}

// Put a CSV from an opened file.
func ExampleBucket_put_csv() {
	b := open()
	path := onlyOnDisk("sales.csv", "day,sum\n1,20\n2,35\n")
	defer os.RemoveAll(filepath.Dir(path))

	f, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	info, err := b.Put(ctx, "sales.csv", f, nil)
	fmt.Println(info.Name, info.Size, info.ContentType, err)
	// Output: sales.csv 18 text/csv; charset=utf-8 <nil>
}

// Get a file and read all of it.
func ExampleReader_ReadString() {
	b := open()
	fill(b, "hello.txt")
	r, err := b.Get(ctx, "hello.txt", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	text, err := r.ReadString()
	fmt.Println(text, r.Info().Size, err)
	// Output: about hello.txt 15 <nil>
}

// Read a given number of bytes, and then what is left.
func ExampleReader_ReadN() {
	b := open()
	fill(b, "hello.txt")
	r, err := b.Get(ctx, "hello.txt", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for {
		p, err := r.ReadN(10)
		if err == io.EOF {
			break
		}
		fmt.Printf("%q %v\n", p, err)
	}
	// Output:
	// "about hell" <nil>
	// "o.txt" <nil>
}

// Iterate over a file in chunks, which have 1024 bytes unless another size is given.
func ExampleReader_Chunks() {
	b := open()
	if _, err := files.PutBytes(ctx, b, "data.bin", make([]byte, 2500), nil); err != nil {
		log.Fatal(err)
	}
	r, err := b.Get(ctx, "data.bin", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for chunk, err := range r.Chunks(0) {
		fmt.Println(len(chunk), err)
	}
	// Output:
	// 1024 <nil>
	// 1024 <nil>
	// 452 <nil>
}

// Take the next chunk of 1 KiB.
func ExampleReader_Next() {
	b := open()
	if _, err := files.PutBytes(ctx, b, "data.bin", make([]byte, 1500), nil); err != nil {
		log.Fatal(err)
	}
	r, err := b.Get(ctx, "data.bin", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for range 3 {
		chunk, err := r.Next()
		fmt.Println(len(chunk), err)
	}
	// Output:
	// 1024 <nil>
	// 476 <nil>
	// 0 EOF
}

// stalled is a body that never comes: its Read waits until it is closed.
type stalled struct {
	closed chan struct{}
	once   sync.Once
}

func (s *stalled) Read([]byte) (int, error) {
	<-s.closed
	return 0, os.ErrClosed
}

func (s *stalled) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// A read timeout ends the wait for a stream that has stalled.
func ExampleGetOptions_readTimeout() {
	b := files.Wrap(open(), files.Hooks{
		Body: func(context.Context, *files.Call, io.Reader) io.Reader {
			return &stalled{closed: make(chan struct{})}
		},
	})
	fill(b, "hello.txt")
	r, err := b.Get(ctx, "hello.txt", &files.GetOptions{ReadTimeout: 10 * time.Millisecond})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	_, err = r.ReadAll()
	fmt.Println(errors.Is(err, os.ErrDeadlineExceeded))
	fmt.Println(err)
	// Output:
	// true
	// files: get hello.txt: i/o timeout
}

// Close a file. Reading it afterwards is an error; closing it again is not.
func ExampleReader_Close() {
	b := open()
	fill(b, "hello.txt")
	r, err := b.Get(ctx, "hello.txt", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Close(), r.Close())
	_, err = r.ReadAll()
	fmt.Println(err)
	// Output:
	// <nil> <nil>
	// files: get hello.txt: already closed
}

// Get a file that isn't there.
func ExampleBucket_get_missing() {
	b := open()
	_, err := b.Get(ctx, "missing.txt", nil)
	fmt.Println(err)
	fmt.Println(errors.Is(err, files.ErrNotExist))
	// Output:
	// files: get missing.txt: file does not exist
	// true
}

// List everything.
func ExampleBucket_list() {
	b := open()
	fill(b, "notes/day14.txt", "hello.txt", "notes.txt", "notes/old/day1.txt")
	for e, err := range b.List(ctx, "", nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.Name, e.Size)
	}
	// Output:
	// hello.txt 15
	// notes.txt 15
	// notes/day14.txt 21
	// notes/old/day1.txt 24
}

// List the files inside a directory, and its sub-directories.
func ExampleBucket_list_directory() {
	b := open()
	fill(b, "notes/day14.txt", "hello.txt", "notes.txt", "notes/old/day1.txt", "notes/old/day2.txt")
	for e, err := range b.List(ctx, "notes", &files.ListOptions{Shallow: true}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.Name, e.IsDir)
	}
	// Output:
	// notes/day14.txt false
	// notes/old/ true
}

// Delete one file. Deleting what isn't there is not an error.
func ExampleBucket_delete() {
	b := open()
	fill(b, "hello.txt", "notes.txt")
	fmt.Println(b.Delete(ctx, "hello.txt", nil))
	fmt.Println(b.Delete(ctx, "hello.txt", nil))
	fmt.Println(files.Exists(ctx, b, "hello.txt"))
	fmt.Println(files.Exists(ctx, b, "notes.txt"))
	// Output:
	// <nil>
	// <nil>
	// false <nil>
	// true <nil>
}
