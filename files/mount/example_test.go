package mount_test

import (
	"context"
	"fmt"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/mount"
)

func ExampleNew() {
	ctx := context.Background()
	local, pictures := mem.New(nil), mem.New(nil)
	b, err := mount.New(map[string]files.Bucket{
		"":       local,
		"photos": pictures,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	files.PutString(ctx, b, "notes.txt", "Rain.", nil)
	files.PutString(ctx, b, "photos/a.jpg", "a picture", nil)
	files.PutString(ctx, b, "zebra.txt", "Stripes.", nil)
	for e, err := range b.List(ctx, "", nil) {
		fmt.Println(e.Name, err)
	}
	picture, err := files.ReadString(ctx, pictures, "a.jpg", nil)
	fmt.Println(picture, err)
	// Output:
	// notes.txt <nil>
	// photos/a.jpg <nil>
	// zebra.txt <nil>
	// a picture <nil>
}
