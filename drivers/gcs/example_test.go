package gcs_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/drivers/gcs"
	"cloudfiles.dev/files"
	"google.golang.org/api/option"
)

// A program can use its own client, with its own transport, proxy or credentials. Close
// leaves the client open.
func ExampleNew() {
	ctx := context.Background()
	// here, without credentials
	client, err := storage.NewClient(ctx, option.WithHTTPClient(http.DefaultClient))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	b, err := gcs.New(client, "my-bucket", &gcs.Options{PartSize: 16 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer b.Close()
	f := b.Features()
	fmt.Println(f.IfVersion, f.VersionPerPut, f.SignGet)
	// Output: true true false
}

// A call can have options that only the service has; a bucket of another service
// refuses them.
func ExamplePutOptions() {
	o := &files.PutOptions{Native: []files.NativeOption{gcs.PutOptions{StorageClass: "NEARLINE"}}}
	fmt.Println(o.Native[0].NativeOption())
	// Output: gcs.PutOptions
}
