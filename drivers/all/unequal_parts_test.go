package all

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// unequalStores are the services whose files other programs may make of parts of unequal
// sizes, with a function that makes such a file by the service's SDK.
var unequalStores = map[string]struct {
	store func(t *testing.T) string
	make  func(ctx context.Context, b files.Bucket, bucket, key string, parts [][]byte) error
}{
	"versitygw": {newStores["versitygw"], makeOfParts},
	"minio":     {storeOf(testserver.Minio), makeOfParts},
	"gcs":       {newStores["gcs"], compose},
	"azurite":   {newStores["azurite"], makeOfBlocks},
}

func makeOfParts(ctx context.Context, b files.Bucket, bucket, key string, parts [][]byte) error {
	c, _ := files.As[*s3.Client](b)
	u, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket:            &bucket,
		Key:               &key,
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c,
	})
	if err != nil {
		return err
	}
	var done []types.CompletedPart
	for i, p := range parts {
		number := int32(i + 1)
		out, err := c.UploadPart(ctx, &s3.UploadPartInput{
			Bucket:            &bucket,
			Key:               &key,
			UploadId:          u.UploadId,
			PartNumber:        &number,
			Body:              bytes.NewReader(p),
			ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c,
		})
		if err != nil {
			return err
		}
		done = append(done, types.CompletedPart{
			PartNumber:     &number,
			ETag:           out.ETag,
			ChecksumCRC32C: out.ChecksumCRC32C,
		})
	}
	_, err = c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket:          &bucket,
		Key:             &key,
		UploadId:        u.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	return err
}

func compose(ctx context.Context, b files.Bucket, bucket, key string, parts [][]byte) error {
	c, _ := files.As[*storage.Client](b)
	var sources []*storage.ObjectHandle
	for i, p := range parts {
		o := c.Bucket(bucket).Object(fmt.Sprint(key, ".", i))
		w := o.NewWriter(ctx)
		w.Write(p)
		if err := w.Close(); err != nil {
			return err
		}
		sources = append(sources, o)
	}
	_, err := c.Bucket(bucket).Object(key).ComposerFrom(sources...).Run(ctx)
	return err
}

func makeOfBlocks(ctx context.Context, b files.Bucket, _, key string, parts [][]byte) error {
	c, _ := files.As[*container.Client](b)
	blob := c.NewBlockBlobClient(key)
	var ids []string
	for i, p := range parts {
		ids = append(ids, base64.StdEncoding.EncodeToString([]byte{byte(i)}))
		if _, err := blob.StageBlock(ctx, ids[i], streaming.NopCloser(bytes.NewReader(p)),
			nil); err != nil {
			return err
		}
	}
	_, err := blob.CommitBlockList(ctx, ids, nil)
	return err
}

// inOrder is an io.WriterAt that fails unless it is called from the beginning to the end.
type inOrder struct {
	mu  sync.Mutex
	end int64
}

func (w *inOrder) WriteAt(p []byte, off int64) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if off != w.end {
		return 0, fmt.Errorf("the offset %d is written after %d bytes", off, w.end)
	}
	w.end += int64(len(p))
	return len(p), nil
}

// TestUnequalParts: a file that was stored in parts of 6, 5 and 1 MiB is read rightly in
// every way, whatever the size of our own parts is. A plain stream is in order with one
// connection and with sixteen, and DownloadAt with one request writes in order. Ranges
// that are equal to a part aren't taken for damaged.
func TestUnequalParts(t *testing.T) {
	sizes := []int64{6 << 20, 5 << 20, 1 << 20}
	var parts [][]byte
	for i, n := range sizes {
		p := make([]byte, n)
		rand.NewChaCha8([32]byte{byte(i)}).Read(p)
		parts = append(parts, p)
	}
	want := bytes.Join(parts, nil)
	size := int64(len(want))
	ranges := []files.Range{files.Bytes(11<<20, 1<<20), files.Bytes(0, 6<<20),
		files.Bytes(6<<20, 5<<20), files.Last(1 << 20)}
	for _, edge := range []int64{0, 1 << 20, 5 << 20, 6 << 20, 10 << 20, 11 << 20, 12 << 20} {
		from := max(edge-2, 0)
		ranges = append(ranges, files.Bytes(from, min(size-from, 5)))
	}
	part := func(r files.Range) []byte {
		off, n := r.Resolve(size)
		return want[off : off+n]
	}
	for name, s := range unequalStores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := s.store(t)
			u, err := url.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			b := open(t, raw)
			if err := s.make(t.Context(), b, u.Host, u.Query().Get("prefix")+"f",
				parts); err != nil {
				t.Fatal(err)
			}
			equal := func(what string, got, want []byte, err error) {
				t.Helper()
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s: %d bytes, %v; want the same %d and nil", what, len(got), err,
						len(want))
				}
			}
			for _, way := range readWays {
				if err := way.read(t.Context(), b, "f", want,
					rand.New(rand.NewPCG(1, 2))); err != nil {
					t.Errorf("%s: %v, want nil", way.name, err)
				}
			}
			for _, connections := range []int{1, 16} {
				what := fmt.Sprintf("with %d connections, ", connections)
				o := files.GetOptions{Connections: connections, ConnectionsAfter: 1}
				var stream bytes.Buffer
				body, err := b.Get(t.Context(), "f", &o)
				if err == nil {
					_, err = io.Copy(&stream, struct{ io.Reader }{body})
					body.Close()
				}
				equal(what+"Get", stream.Bytes(), want, err)
				for _, size := range sizes {
					got := at{make([]byte, len(want))}
					_, err := files.DownloadAt(t.Context(), b, "f", got, &files.DownloadAtOptions{
						PartSize:    size,
						Concurrency: connections,
					})
					equal(fmt.Sprint(what, "DownloadAt of ", size), got.p, want, err)
				}
				path := filepath.Join(t.TempDir(), "f")
				_, err = files.DownloadFile(t.Context(), b, "f", path, &o)
				got, _ := os.ReadFile(path)
				equal(what+"DownloadFile", got, want, err)
			}
			w := &inOrder{}
			if _, err := files.DownloadAt(t.Context(), b, "f", w, &files.DownloadAtOptions{
				PartSize:    1 << 20,
				Concurrency: 1,
			}); err != nil || w.end != size {
				t.Errorf("DownloadAt in order: %d bytes, %v", w.end, err)
			}
			path := filepath.Join(t.TempDir(), "f")
			_, err = resume.Download(t.Context(), b, "f", path, nil)
			got, _ := os.ReadFile(path)
			equal("resume.Download", got, want, err)

			all, err := files.ReadRanges(t.Context(), b, "f", ranges, nil)
			if err != nil || len(all) != len(ranges) {
				t.Fatalf("ReadRanges: %d results, %v", len(all), err)
			}
			f, err := files.OpenAt(t.Context(), b, "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for i, r := range ranges {
				what := fmt.Sprint(r)
				equal("ReadRanges of "+what, all[i], part(r), nil)
				off, n := r.Resolve(size)
				got := make([]byte, n)
				_, err := f.ReadAt(got, off)
				if err == io.EOF && off+n == size {
					err = nil
				}
				equal("ReadAt of "+what, got, part(r), err)
				o := &files.ReadOptions{GetOptions: files.GetOptions{Range: r}}
				got, err = files.ReadAll(t.Context(), b, "f", o)
				equal("Get of "+what, got, part(r), err)
			}
			got, err = io.ReadAll(f)
			equal("OpenAt, from the beginning", got, want, err)
		})
	}
}
