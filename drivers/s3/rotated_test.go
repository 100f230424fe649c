package s3

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestRotatedTogether: calls that are refused at the same time share one reading of the
// credentials, from a file or from the environment, and each is retried once.
func TestRotatedTogether(t *testing.T) {
	for how, set := range map[string]func(t *testing.T, file, key string){
		"file": func(t *testing.T, file, key string) {
			text := "[default]\naws_access_key_id=" + key + "\naws_secret_access_key=secret\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"environment": func(t *testing.T, _, key string) {
			t.Setenv("AWS_ACCESS_KEY_ID", key)
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
		},
	} {
		for _, code := range []string{"InvalidAccessKeyId", "SignatureDoesNotMatch", ""} {
			t.Run(how+"/"+code, func(t *testing.T) {
				const calls = 20
				gate := &sync.WaitGroup{} // all requests have come before one is refused
				gate.Add(calls)
				var requests atomic.Int32
				file := plainEnvironment(t)
				set(t, file, "OLD")
				store := serving(t, func(w http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body)
					requests.Add(1)
					if !strings.Contains(r.Header.Get("Authorization"), "Credential=NEW/") {
						gate.Done()
						gate.Wait()
						s3Says(w, r, http.StatusForbidden, code)
						return
					}
					if r.Method == http.MethodGet {
						io.WriteString(w, page)
						return
					}
					found(w)
				})
				b := mustOpen(t, "s3://bucket?region=x&endpoint="+store+quick)
				back := driver.Unwrap(b).(*backend)
				creds := back.client.Options().Retryer.(*retryOnce).credentials
				load := creds.load
				var reads atomic.Int32
				creds.load = func(ctx context.Context) (aws.CredentialsProvider, error) {
					reads.Add(1)
					return load(ctx)
				}
				set(t, file, "NEW")
				var all sync.WaitGroup
				for range calls {
					all.Go(func() {
						ctx := context.WithoutCancel(t.Context())
						var err error
						if code == "" { // a HEAD's response has none
							_, err = b.Stat(ctx, "a", nil)
						} else {
							err = files.Check(ctx, b)
						}
						if err != nil {
							t.Errorf("%v, want nil", err)
						}
					})
				}
				all.Wait()
				if n := requests.Load(); n != 2*calls || reads.Load() != 1 {
					t.Errorf("%d requests and %d readings, want %d and 1", n, reads.Load(), 2*calls)
				}
			})
		}
	}
}
