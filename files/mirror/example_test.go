package mirror_test

import (
	"context"
	"fmt"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/mirror"
)

func ExampleNew() {
	ctx := context.Background()
	near, far := mem.New(nil), mem.New(nil)
	files.PutString(ctx, near, "old.txt", "from before there was a mirror", nil)
	b, err := mirror.New(near, far)
	if err != nil {
		fmt.Println(err)
		return
	}
	files.PutString(ctx, b, "new.txt", "in both", nil)
	for d, err := range mirror.Diff(ctx, near, far) {
		fmt.Println(d, err)
	}
	fmt.Println(mirror.Repair(ctx, near, far))
	text, err := files.ReadString(ctx, far, "old.txt", nil)
	fmt.Println(text, err)
	// Output:
	// missing old.txt <nil>
	// 1 <nil>
	// from before there was a mirror <nil>
}
