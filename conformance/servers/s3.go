package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const region = "us-east-1"

// client uses no proxy, because all servers are on this machine.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// send sends the request and returns the status and at most 4 KiB of the body.
func send(req *http.Request) (status int, body string, err error) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	return resp.StatusCode, string(text), err
}

// s3Request sends a signed request.
func (i *instance) s3Request(ctx context.Context, method, endpoint, path string,
	content []byte) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, endpoint+path, bytes.NewReader(content))
	if err != nil {
		return 0, "", err
	}
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:])
	req.Header.Set("X-Amz-Content-Sha256", hash)
	keys := aws.Credentials{AccessKeyID: i.ready.AccessKey, SecretAccessKey: i.ready.SecretKey}
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hash, "s3", region, time.Now()); err != nil {
		return 0, "", err
	}
	return send(req)
}

// s3Bucket makes a bucket. It is not an error if the user has that bucket already.
func (i *instance) s3Bucket(ctx context.Context, endpoint, name string) error {
	status, body, err := i.s3Request(ctx, http.MethodPut, endpoint, "/"+url.PathEscape(name), nil)
	if err == nil && status != http.StatusOK && status != http.StatusConflict {
		err = fmt.Errorf("HTTP status %d: %s", status, body)
	}
	return err
}

// s3Ready fills in the Ready of an S3 server.
func (i *instance) s3Ready(addr string) {
	endpoint := "http://" + addr
	i.ready.Endpoint, i.ready.Region = endpoint, region
	i.makeBucket = func(ctx context.Context, name string) (string, error) {
		return s3URL(endpoint, name), i.s3Bucket(ctx, endpoint, name)
	}
	i.ready.URL = s3URL(endpoint, i.ready.Bucket)
	i.ready.Env = map[string]string{
		"AWS_ACCESS_KEY_ID":     i.ready.AccessKey,
		"AWS_SECRET_ACCESS_KEY": i.ready.SecretKey,
		"AWS_SESSION_TOKEN":     "",
		"AWS_PROFILE":           "",
		// Otherwise the SDK may look for more credentials in the network.
		"AWS_EC2_METADATA_DISABLED": "true",
	}
}

func s3URL(endpoint, bucket string) string {
	q := url.Values{"endpoint": {endpoint}, "use_path_style": {"true"}, "region": {region}}
	return (&url.URL{Scheme: "s3", Host: bucket, RawQuery: q.Encode()}).String()
}
