package miniotest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
)

// counting counts the responses that are errors.
type counting struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *counting) Do(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && resp.StatusCode >= 400 {
		c.mu.Lock()
		c.seen[fmt.Sprintf("%s %s %d", r.Method, r.URL.Query().Get("x-id"), resp.StatusCode)]++
		c.mu.Unlock()
	}
	return resp, err
}

// TestWritesBesideDeletes: writes into a directory that concurrent deletes keep
// emptying succeed, whatever the server answers to the first request. Deep directories
// make the race frequent: MinIO denies one put of a dozen here, and versitygw says that
// a directory has the file's name.
func TestWritesBesideDeletes(t *testing.T) {
	for server, stores := range map[string][]string{
		testserver.Minio:     {"minio", "unknown"},
		testserver.Versitygw: {"versitygw", "unknown"},
	} {
		for _, store := range stores {
			t.Run(server+"/"+store, func(t *testing.T) {
				writesBesideDeletes(t, testserver.Start(t, server), store)
			})
		}
	}
}

func writesBesideDeletes(t *testing.T, server *testserver.Server, store string) {
	answers := &counting{seen: map[string]int{}}
	profile, _ := s3.ProfileNamed(store)
	// without a check, which would take 400 requests for 200 directories
	profile.RefusesBeside = true
	b := s3.New(sdk.New(sdk.Options{
		Region:       server.Region,
		BaseEndpoint: &server.Endpoint,
		UsePathStyle: true,
		HTTPClient:   answers,
		Credentials: credentials.NewStaticCredentialsProvider(
			server.AccessKey, server.SecretKey, ""),
	}), server.Bucket, &s3.Options{
		PartSize: 5 << 20,
		Profile:  &profile,
		Retry:    &retry.Policy{Attempts: 12, Delay: 10 * time.Millisecond, MaxDelay: time.Second},
	})
	defer b.Close()
	rounds := longtest.N(t, 8, 16)
	if n, err := strconv.Atoi(os.Getenv("CLOUDFILES_SOAK")); err == nil {
		rounds *= n
	}
	dir := store + strings.Repeat("/e", 200)
	large := strings.Repeat("x", 5<<20+1)
	var wg sync.WaitGroup
	for worker := range 3 {
		wg.Go(func() {
			for round := range rounds {
				name, content := fmt.Sprintf("%s/%d", dir, worker), fmt.Sprint(worker, round)
				var opts files.PutOptions
				switch {
				case round%3 > 0:
					opts.If = files.IfAbsent()
				case round%15 == 0 && worker == 0: // in parts
					content = large
				}
				if err := cycle(t, b, name, content, &opts, round%5 == 1); err != nil {
					t.Errorf("worker %d, round %d: %v, want nil", worker, round, err)
					return
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d rounds of 3 writers; errors that the server answered: %v", rounds, answers.seen)
}

// cycle puts a file, reads it, copies it beside itself if copied is true, and deletes it.
func cycle(t *testing.T, b files.Bucket, name, content string, o *files.PutOptions,
	copied bool) error {
	ctx := t.Context()
	for try := 0; ; try++ {
		_, err := b.Put(ctx, name, strings.NewReader(content), o)
		if err == nil {
			break
		}
		// The parts of an upload are lost if its end was refused, so the caller begins
		// again.
		if len(content) < 5<<20 || try == 20 || files.KindOf(err) != files.ErrUnavailable {
			return fmt.Errorf("put (%v): %w", o.If, err)
		}
	}
	r, err := b.Get(ctx, name, nil)
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	got, err := io.ReadAll(r)
	r.Close()
	if err != nil || string(got) != content {
		return fmt.Errorf("%d bytes instead of %d, %v", len(got), len(content), err)
	}
	if copied {
		if _, err := files.Copy(ctx, b, name+"-copy", b, name, nil); err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		if err := b.Delete(ctx, name+"-copy", nil); err != nil {
			return fmt.Errorf("delete of the copy: %w", err)
		}
	}
	if err := b.Delete(ctx, name, nil); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if _, err := b.Stat(ctx, name, nil); !errors.Is(err, files.ErrNotExist) {
		return fmt.Errorf("stat of what was deleted: %v", err)
	}
	return nil
}
