package observe_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/observe"
)

func ExampleNew() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case "time", "duration", "first_byte": // differ from run to run
				return slog.Attr{}
			}
			return a
		},
	}))
	b, err := observe.New(mem.New(nil), &observe.Options{
		Observers: []observe.Observer{observe.Log(logger)},
	})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	if _, err := files.PutString(ctx, b, "notes/day14.txt", "Rain again.", nil); err != nil {
		panic(err)
	}
	_, err = files.ReadString(ctx, b, "notes/day15.txt", nil)
	fmt.Println(err)
	// Output:
	// level=DEBUG msg=files op=put backend=mem outcome=OK bytes=11
	// level=DEBUG msg=files op=get backend=mem outcome=NotExist
	// files: get notes/day15.txt: file does not exist
}
