package overlay_test

import (
	"context"
	"fmt"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/overlay"
)

func ExampleNew() {
	ctx := context.Background()
	own, defaults := mem.New(nil), mem.New(nil)
	files.PutString(ctx, defaults, "logo.svg", "<svg/>", nil)
	files.PutString(ctx, defaults, "theme.css", "body {}", nil)
	b, err := overlay.New([]files.Bucket{own, defaults}, &overlay.Options{Whiteouts: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	files.PutString(ctx, b, "theme.css", "body { color: red }", nil)
	fmt.Println(b.Delete(ctx, "logo.svg", nil))
	for e, err := range b.List(ctx, "", nil) {
		fmt.Println(e.Name, e.Size, err)
	}
	kept, err := files.ReadString(ctx, defaults, "logo.svg", nil)
	fmt.Println(kept, err)
	// Output:
	// <nil>
	// theme.css 19 <nil>
	// <svg/> <nil>
}
