package azure_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cloudfiles.dev/drivers/azure"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// A program can use its own client, with a retry policy and larger blocks. New makes no
// request.
func ExampleNew() {
	client, err := container.NewClientWithNoCredential(
		"https://account.blob.core.windows.net/container", nil)
	if err != nil {
		panic(err)
	}
	b, err := azure.New(client, &azure.Options{
		Retry:    &retry.Policy{Attempts: 3, MaxDelay: 5 * time.Second, Budget: &retry.Budget{}},
		PartSize: 32 << 20,
	})
	if err != nil {
		panic(err)
	}
	defer b.Close()
	f := b.Features()
	fmt.Println("versions:", f.Versions, "ordered:", f.Ordered, "signs:", f.SignGet)
	// Output: versions: true ordered: true signs: false
}

// A call can have options that only Azure has; a bucket of another service refuses them.
func ExamplePutOptions() {
	client, err := container.NewClientWithNoCredential(
		"https://account.blob.core.windows.net/container", nil)
	if err != nil {
		panic(err)
	}
	b, err := azure.New(client, nil)
	if err != nil {
		panic(err)
	}
	defer b.Close()
	_, err = b.Put(context.Background(), "2025.tar", strings.NewReader("…"),
		&files.PutOptions{
			Native: []files.NativeOption{azure.PutOptions{AccessTier: "Frosty"}},
		})
	fmt.Println(errors.Is(err, files.ErrInvalid))
	fmt.Println(err)
	// Output:
	// true
	// files: put 2025.tar: invalid argument: azure.PutOptions: there is no access tier "Frosty"
}
