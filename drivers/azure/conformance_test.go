package azure

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// conformanceLimit is long, since the emulator serves a few hundred requests a second
// for all cases that run at once.
const conformanceLimit = 4 * time.Minute

// azuriteRaces are failures that random operations may cause.
var azuriteRaces = map[string]string{
	"X1/model": "Azurite refuses Put Blob with If-None-Match for a missing blob if a refused " +
		"copy or upload has left uncommitted blocks of it (TestUncommittedBlocks, " +
		"TestModelWithoutUncommittedBlocks); Azure doesn't count such a blob as existing",
}

// subHarness runs all cases in one container, each below files.Sub in its own
// directory, with blocks that are small enough for uploads of several.
func subHarness(t *testing.T) conformance.Harness {
	server := testserver.Start(t, testserver.Azurite)
	store := server.Store(t)
	return conformance.Harness{
		Name:   "azure",
		Server: fmt.Sprintf("%s %s", server.Name, server.Version),
		Store: func(t conformance.T) files.Bucket {
			return open(t, store, "part_size", "262144")
		},
		Second: func(t conformance.T, _ files.Bucket) files.Bucket {
			return open(t, store, "part_size", "262144")
		},
		Limit:       conformanceLimit,
		ServerRaces: azuriteRaces,
		URL:         func(conformance.T) string { return store },
		Send:        send,
		Secrets: func(b files.Bucket) []string {
			_, prefix := conformance.Base(b)
			return []string{prefix, hostOf(store), server.SecretKey}
		},
	}
}

// bareHarness runs every case in its own container.
func bareHarness(t *testing.T) conformance.Harness {
	server := testserver.Start(t, testserver.Azurite)
	var stores sync.Map // files.Bucket to its URL
	at := func(t conformance.T, store string) files.Bucket {
		b := open(t, store, "part_size", "262144")
		stores.Store(b, store)
		return b
	}
	of := func(b files.Bucket) string {
		store, _ := stores.Load(b)
		return store.(string)
	}
	client := func(t conformance.T, b files.Bucket) *container.Client {
		c, ok := files.As[*container.Client](b)
		if !ok {
			t.Fatalf("As of the bucket returns no *container.Client")
		}
		return c
	}
	// A container is deleted with its case, because the emulator reads the blobs of all
	// containers for every listing.
	store := func(t conformance.T) string {
		u := server.Store(t)
		if !server.User {
			t.Cleanup(func() {
				ctx := context.WithoutCancel(t.Context())
				if b, err := files.Open(ctx, u); err == nil {
					defer b.Close()
					client(t, b).Delete(ctx, nil) // the case may have deleted it
				}
			})
		}
		return u
	}
	h := conformance.Harness{
		Name:        "azure-azurite",
		Server:      fmt.Sprintf("%s %s", server.Name, server.Version),
		Limit:       conformanceLimit,
		ServerRaces: azuriteRaces,
		MaxFiles:    longtest.N(t, 500, 1500), // with more files, a Put takes the server seconds
		New:         func(t conformance.T) files.Bucket { return at(t, store(t)) },
		Second:      func(t conformance.T, b files.Bucket) files.Bucket { return at(t, of(b)) },
		URL:         store,
		Send:        send,
		Foreign: func(t conformance.T, b files.Bucket, key, content string) {
			if _, err := client(t, b).NewBlockBlobClient(key).Upload(t.Context(),
				streaming.NopCloser(strings.NewReader(content)), nil); err != nil {
				t.Fatalf("uploading the foreign blob %q: %v", key, err)
			}
		},
		ForeignKeys: []string{"dir/", "a//b", "d//"},
		Secrets: func(b files.Bucket) []string {
			return []string{hostOf(of(b)), server.SecretKey}
		},
	}
	if !server.User {
		h.Vanish = func(t conformance.T, b files.Bucket) {
			if _, err := client(t, b).Delete(t.Context(), nil); err != nil {
				t.Fatalf("deleting the container: %v", err)
			}
		}
	}
	return h
}

// TestConformance runs the contract; without the long tests it omits the heavy cases,
// since the emulator is slow.
func TestConformance(t *testing.T) {
	t.Parallel()
	rerun.Part(t, bareHarness(t), "")
}

// TestConformanceSub runs the cases of names and listings below a directory, and the
// whole contract with the long tests.
func TestConformanceSub(t *testing.T) {
	t.Parallel()
	// not all of rerun.Names: the emulator reads all of a container's blobs for each
	// listing
	rerun.Part(t, subHarness(t), "^(N1|N3|N5|L1|L2|D1|C1|E1|U|W1)")
}
