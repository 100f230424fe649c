package iofs_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/iofs"
)

func ExampleFromFS() {
	ctx := context.Background()
	static := fstest.MapFS{ // an embed.FS, or what zip.OpenReader returns
		"css/site.css": {Data: []byte("body { margin: 0 }")},
		"index.html":   {Data: []byte("<h1>Rain</h1>")},
	}
	b, err := iofs.FromFS(static, &iofs.Options{Versions: iofs.ByContent})
	if err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range b.List(ctx, "", nil) {
		fmt.Println(e.Name, e.Size, err)
	}
	text, err := files.ReadString(ctx, b, "index.html", nil)
	fmt.Println(text, err)
	_, err = files.PutString(ctx, b, "new.html", "", nil)
	fmt.Println(err)
	// Output:
	// css/site.css 18 <nil>
	// index.html 13 <nil>
	// <h1>Rain</h1> <nil>
	// files: put new.html: permission denied: the file system is read-only
}
