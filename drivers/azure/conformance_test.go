package azure

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// harness runs all cases in one container, each behind files.Sub in a directory of its own, with blocks that are small enough for uploads of several.
func harness(t *testing.T) conformance.Harness {
	server := testserver.Start(t, testserver.Azurite)
	store := server.Store(t)
	return conformance.Harness{
		Name: "azure-azurite", Server: fmt.Sprintf("%s %s", server.Name, server.Version),
		Store: func(t conformance.T) files.Bucket { return open(t, store, "block_size", "262144") },
		Second: func(t conformance.T, _ files.Bucket) files.Bucket {
			return open(t, store, "block_size", "262144")
		},
		Limit: 4 * time.Minute, // the emulator answers some hundred requests a second, of all cases that run at once
		URL:   func(conformance.T) string { return store },
		Send:  send,
		Secrets: func(b files.Bucket) []string {
			_, prefix := conformance.Base(b)
			u, err := url.Parse(store)
			if err != nil {
				return nil
			}
			return []string{prefix, u.Host, server.SecretKey}
		},
	}
}

func TestConformance(t *testing.T) {
	conformance.Run(t, harness(t))
}
