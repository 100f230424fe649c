// Command photos is a web application that keeps its files in any bucket: it stores,
// lists, shows, shares, renames and deletes photos. Its tests show how an application is
// tested with package filestest.
//
//	go run ./examples/photos -url 'file:///tmp/photos?create_dir=1'
//	curl -T cat.jpg localhost:8080/photos/cat.jpg
//	curl localhost:8080/photos
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"

	"cloudfiles.dev/files"

	_ "cloudfiles.dev/drivers/local"
	_ "cloudfiles.dev/drivers/mem"
)

func main() {
	url := flag.String("url", "mem://", "the bucket's URL")
	addr := flag.String("addr", "localhost:8080", "the address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b, err := files.Open(ctx, *url)
	if err == nil {
		defer b.Close()
		server := &http.Server{Addr: *addr, Handler: photos(b)}
		defer server.Close()
		go func() {
			<-ctx.Done()
			server.Close()
		}()
		err = server.ListenAndServe()
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "photos:", files.Printable(err.Error()))
		os.Exit(1)
	}
}
