package all

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// askings are what a program may ask of a bucket, with the conditions that it may make.
var askings = []struct {
	op files.Op
	do func(ctx context.Context, b files.Bucket) error
}{
	{files.OpPut, putting(files.Condition{})},
	{files.OpPut, putting(files.IfAbsent())},
	{files.OpPut, putting(files.IfVersion("1"))},
	{files.OpGet, getting(nil)},
	{files.OpGet, getting(&files.GetOptions{Range: files.Bytes(5, 5)})},
	{files.OpGet, getting(&files.GetOptions{IfVersion: "1"})},
	{files.OpGet, getting(&files.GetOptions{IfNotVersion: "1"})},
	{files.OpStat, func(ctx context.Context, b files.Bucket) error {
		_, err := b.Stat(ctx, "a", nil)
		return err
	}},
	{files.OpList, func(ctx context.Context, b files.Bucket) error {
		for _, err := range b.List(ctx, "a", nil) {
			return err
		}
		return nil
	}},
	{files.OpDelete, func(ctx context.Context, b files.Bucket) error {
		return b.Delete(ctx, "a", nil)
	}},
	{files.OpDelete, func(ctx context.Context, b files.Bucket) error {
		return b.Delete(ctx, "a", &files.DeleteOptions{IfVersion: "1"})
	}},
	{files.OpDeleteMany, func(ctx context.Context, b files.Bucket) error {
		_, err := files.DeleteMany(ctx, b, func(yield func(string) bool) { yield("a") })
		return err
	}},
	{files.OpCopy, copying(nil)},
	{files.OpCopy, copying(&files.CopyOptions{IfSource: "1"})},
	{files.OpCopy, copying(&files.CopyOptions{If: files.IfAbsent()})},
	{files.OpCheck, func(ctx context.Context, b files.Bucket) error { return files.Check(ctx, b) }},
}

func putting(c files.Condition) func(context.Context, files.Bucket) error {
	return func(ctx context.Context, b files.Bucket) error {
		_, err := b.Put(ctx, "a", strings.NewReader("x"), &files.PutOptions{If: c})
		return err
	}
}

func getting(o *files.GetOptions) func(context.Context, files.Bucket) error {
	return func(ctx context.Context, b files.Bucket) error {
		r, err := b.Get(ctx, "a", o)
		if err == nil {
			err = r.Close()
		}
		return err
	}
}

func copying(o *files.CopyOptions) func(context.Context, files.Bucket) error {
	return func(ctx context.Context, b files.Bucket) error {
		_, err := files.Copy(ctx, b, "copy", b, "a", o)
		return err
	}
}

// TestFakesGiveWhatDriversGive: whatever a service answers, no driver returns an error
// that its fake refuses to inject, and what the fake may inject some driver returns.
func TestFakesGiveWhatDriversGive(t *testing.T) {
	environment(t)
	type pair struct {
		op   files.Op
		kind error
	}
	var mu sync.Mutex
	seen := map[pair]bool{}
	answers := func(s *proxy.Service, codes ...string) (all []proxy.Fault) {
		for _, c := range codes {
			var status int
			var code string
			if _, err := fmt.Sscanf(c, "%d %s", &status, &code); err != nil {
				t.Fatalf("the code %q has no status and word: %v", c, err)
			}
			all = append(all, s.Refuse(status, code, "no"))
		}
		return append(all, proxy.ResetBefore(),
			proxy.Answer("304", http.StatusNotModified, http.Header{"Etag": {`"1"`}}, ""))
	}
	for _, c := range []struct {
		p       filestest.Personality
		service *proxy.Service
		url     func(p *proxy.Proxy) string
		codes   []string
	}{
		{filestest.S3, proxy.S3, func(p *proxy.Proxy) string {
			t.Setenv("AWS_ACCESS_KEY_ID", "a")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
			return "s3://bucket?region=us-east-1&use_path_style=true&retry_attempts=1&endpoint=" +
				p.URL()
		}, []string{
			"404 NoSuchKey", "404 NoSuchBucket", "412 PreconditionFailed",
			"409 ConditionalRequestConflict", "403 AccessDenied", "400 InvalidArgument",
			"400 EntityTooLarge", "400 BadDigest", "400 KeyTooLongError", "416 InvalidRange",
			"500 InternalError", "503 SlowDown", "501 NotImplemented", "418 Unheard",
		}},
		{filestest.GCS, proxy.GCS, func(p *proxy.Proxy) string {
			t.Setenv("STORAGE_EMULATOR_HOST", p.Addr())
			return "gs://bucket?retry_attempts=1"
		}, []string{
			"404 notFound", "404 NoSuchKey", "404 NoSuchBucket", "412 conditionNotMet",
			"412 PreconditionFailed", "403 forbidden", "400 invalid", "413 uploadTooLarge",
			"416 InvalidRange", "500 backendError", "503 backendError", "501 notImplemented",
			"429 rateLimitExceeded", "418 unheard",
		}},
		{filestest.Azure, proxy.Azure, func(p *proxy.Proxy) string {
			t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
			t.Setenv("AZURE_STORAGE_KEY", "a2V5")
			return "azblob://container?protocol=http&retry_attempts=1&domain=" + p.Addr()
		}, []string{
			"404 BlobNotFound", "404 ContainerNotFound", "412 ConditionNotMet",
			"409 BlobAlreadyExists", "403 AuthorizationFailure", "400 InvalidInput",
			"413 RequestBodyTooLarge", "400 Md5Mismatch", "416 InvalidRange",
			"500 InternalError", "503 ServerBusy", "501 NotImplemented", "418 Unheard",
		}},
	} {
		p := proxy.Serve(t, c.service, c.service.InternalError())
		b, err := files.Open(t.Context(), c.url(p))
		if err != nil {
			t.Fatalf("files.Open for %s: %v", c.p, err)
		}
		for _, f := range answers(c.service, c.codes...) {
			p.Clear()
			p.Add(proxy.Rule{Fault: f})
			var all sync.WaitGroup
			for _, a := range askings {
				all.Go(func() { // some wait before they ask again
					err := a.do(t.Context(), b)
					kind := files.KindOf(err)
					if err == nil {
						return
					}
					mu.Lock()
					seen[pair{a.op, kind}] = true
					mu.Unlock()
					if !c.p.Gives(a.op, kind) {
						t.Errorf("%s: %s, answered with %s, is %v, which the fake refuses to "+
							"inject", c.p, a.op, f.Name, err)
					}
				})
			}
			all.Wait()
		}
		if p.Total() < len(c.codes)*len(askings)/2 {
			t.Errorf("%s: only %d requests were made", c.p, p.Total())
		}
		b.Close()
	}
	for _, a := range askings {
		for _, kind := range []error{
			files.ErrNotExist, files.ErrExist, files.ErrNotModified, files.ErrPrecondition,
			files.ErrUnavailable, files.ErrPermission,
		} {
			if filestest.Clouds.Gives(a.op, kind) && !seen[pair{a.op, kind}] {
				t.Errorf("no driver returns %v from %s, and the fakes do", kind, a.op)
			}
		}
	}
}

// TestFakesLimits: a fake refuses one more than the limit with the driver's sentinel, and
// takes the limit itself. (What the limits are, TestPersonalitiesClaim compares.)
func TestFakesLimits(t *testing.T) {
	for _, p := range []filestest.Personality{
		filestest.Clouds, filestest.S3, filestest.GCS, filestest.Azure, filestest.MinIO,
		filestest.Disk, filestest.Strong,
	} {
		b := filestest.New(t, filestest.As(p))
		most := b.Features().MaxSize
		if most == 0 {
			continue // no limit
		}
		for size, want := range map[int64]error{
			most:     files.ErrCorrupt, // it isn't so long
			most + 1: files.ErrTooLarge,
		} {
			r := strings.NewReader("x")
			_, err := b.Put(t.Context(), "a", r, &files.PutOptions{Size: &size})
			if files.KindOf(err) != want || want == files.ErrTooLarge && r.Len() != 1 {
				t.Errorf("%s: %d bytes: %v, want %v; %d are unread", p, size, err, want, r.Len())
			}
		}
	}
}
