package all

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

// TestNoSecretOfAURL: the errors of the drivers and of the SDKs below them for a wrong
// URL, endpoint or environment show no secret, from Open to the first requests (U1,
// E1).
func TestNoSecretOfAURL(t *testing.T) {
	environment(t)
	// so that GCS needs no credentials and gets no response
	t.Setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
	const key = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
	const no = "&retry_attempts=1"
	for _, raw := range []string{
		"s3://bucket?region=KEY" + no, "s3://bucket?endpoint=KEY" + no,
		"s3://bucket?endpoint=https://KEY:KEY@127.0.0.1:1" + no,
		"s3://bucket?endpoint=http://127.0.0.1:1/KEY" + no,
		"s3://bucket?endpoint=http://127.0.0.1:1?sig=KEY" + no,
		"s3://bucket?endpoint=http://127.0.0.1:KEY" + no,
		"s3://bucket?endpoint=http://KEY.127.0.0.1:1" + no,
		"s3://bucket?region=x&profile=KEY", "s3://bucket?region=x&role=KEY",
		"s3://bucket?region=x&ssetype=KEY",
		"s3://bucket?region=x&kmskeyid=KEY&endpoint=http://127.0.0.1:1" + no,
		"s3://bucket?region=x&sas=KEY", "s3://bucket?region=x&KEY",
		"s3://bucket?region=x&use_path_style=KEY",
		"s3://KEY:KEY@bucket?region=x&endpoint=http://127.0.0.1:1" + no,
		"s3://bucket/KEY?region=x&endpoint=http://127.0.0.1:1" + no,
		"s3://bucket?region=x&part_size=KEY", "s3://bucket?region=x&retry_delay=KEY",
		"gs://bucket?access_id=KEY", "gs://bucket?private_key_path=/KEY", "gs://KEY@bucket",
		"gs://bucket/KEY", "gs://bucket?pw=KEY",
		"gs://bucket?anonymous=KEY", "gs://bucket?anonymous=true&universe_domain=KEY" + no,
		"gs://bucket?grpc=true&access_id=KEY",
		"azblob://c?sas=KEY", "azblob://c?domain=KEY@127.0.0.1:1" + no,
		"azblob://c?domain=127.0.0.1:1/KEY?sig=KEY" + no,
		"azblob://c?storage_account=KEY&domain=127.0.0.1:1&protocol=http" + no,
		"azblob://c?protocol=KEY", "azblob://KEY@c",
		"azblob://c/KEY", "azblob://AccountName=a;AccountKey=KEY",
		"azblob://c?domain=127.0.0.1:KEY" + no,
		"file:///nowhere?secret_key_path=KEY&base_url=x",
		"file:///?base_url=%zzKEY&secret_key_path=/dev/null",
		"file://KEY/x", "file:KEY", "file://u:KEY@/x", "file:///nowhere/KEY",
		"file:///nowhere?dir_file_mode=KEY", "mem://b?KEY=1",
		"gocloud+s3://bucket?endpoint=https://KEY@127.0.0.1:1&region=x", "gocloud+s3://bucket?KEY",
		"gocloud+s3://bucket?KEY=1",
		"gocloud+s3://bucket?region=x&anonymous=KEY", "gocloud+mem://?KEY=KEY",
		"gocloud+file:///nowhere?metadata=KEY",
		"gocloud+file:///nowhere?base_url=KEY&secret_key_path=KEY", "gocloud+azblob://c?KEY=1",
		"gocloud+azblob://c?domain=KEY@127.0.0.1:1",
		"gocloud+gs://b?access_id=KEY&private_key_path=/KEY", "gocloud+gs://b?anonymous=KEY",
		"s33://KEY", "azblobs://c?x=KEY",
	} {
		t.Run(raw, func(t *testing.T) {
			raw := strings.ReplaceAll(raw, "KEY", key)
			check := func(what string, err error) {
				if err == nil {
					return
				}
				object, _ := json.Marshal(err)
				for _, text := range []string{err.Error(), fmt.Sprintf("%+v",
					err), string(object)} {
					if strings.Contains(strings.ToLower(text), strings.ToLower(key[:12])) {
						t.Errorf("%s shows the secret: %s", what, text)
					}
				}
			}
			_, err := files.Describe(raw)
			check("Describe", err)
			// an SDK may wait for a network that isn't there
			ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
			defer cancel()
			b, err := files.Open(ctx, raw)
			check("Open", err)
			if err != nil {
				return
			}
			defer b.Close()
			check("Check", files.Check(ctx, b))
			_, err = b.Stat(ctx, "name", nil)
			check("Stat", err)
			_, err = files.ReadAll(ctx, b, "name", nil)
			check("Get", err)
			_, err = files.PutString(ctx, b, "name", "x", nil)
			check("Put", err)
			check("Delete", b.Delete(ctx, "name", nil))
			for _, err := range b.List(ctx, "", nil) {
				check("List", err)
			}
		})
	}
}
