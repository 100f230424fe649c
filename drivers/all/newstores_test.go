package all

import (
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/internal/testserver"
)

// newStores has functions that return the URL of a new store.
var newStores = map[string]func(t *testing.T) string{
	"memory":    func(*testing.T) string { return "mem://" },
	"folder":    newFolder,
	"versitygw": storeOf(testserver.Versitygw),
	"gcs":       storeOf(testserver.FakeGCS),
	"azurite":   storeOf(testserver.Azurite),
}

func newFolder(t *testing.T) string { return "file://" + memdir.New(t) }

// storeOf returns a function that returns the URL of a new store of the server.
func storeOf(server string) func(t *testing.T) string {
	return func(t *testing.T) string { return testserver.Start(t, server).Store(t) }
}
