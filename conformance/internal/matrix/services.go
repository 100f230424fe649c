package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	_ "cloudfiles.dev/drivers/all" // every scheme of the chooser
	"cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/files"
)

// service is a column of the chooser.
type service struct {
	title string
	url   string
	store string // the profile of a store that speaks S3's protocol

	features files.Features
	profile  s3.Profile
}

// services are the columns of the chooser.
var services = []service{
	{title: "memory", url: "mem://"},
	{title: "local disk", url: "file://"},
	{title: "S3", url: "s3://bucket?region=us-east-1", store: "aws"},
	{title: "GCS", url: "gs://bucket"},
	{title: "Azure", url: "azblob://container"},
	{title: "MinIO", store: "minio"},
	{title: "Ceph", store: "ceph"},
	{title: "R2", store: "r2"},
	{title: "other S3", store: "unknown"},
}

// opened returns the services with the features that their buckets claim after Open,
// which makes no request.
func opened(ctx context.Context) ([]service, error) {
	scratch, err := os.MkdirTemp("", "cloudfiles-chooser-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	if err := credentials(scratch); err != nil {
		return nil, err
	}
	var out []service
	for _, s := range services {
		switch s.url {
		case "":
			s.url = "s3://bucket?region=us-east-1&endpoint=https://store.example&store=" + s.store
		case "file://":
			s.url += filepath.ToSlash(scratch)
		}
		b, err := files.Open(ctx, s.url)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.title, err)
		}
		s.features = b.Features()
		b.Close()
		if s.store != "" {
			var ok bool
			if s.profile, ok = s3.ProfileNamed(s.store); !ok {
				return nil, fmt.Errorf("%s: there is no profile %q", s.title, s.store)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// credentials sets the environment variables by which GCS and Azure find credentials, to
// made-up values. With credentials a bucket claims signing, too.
func credentials(dir string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	account, err := json.Marshal(map[string]string{
		"type":         "service_account",
		"client_email": "chooser@example.iam.gserviceaccount.com",
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"token_uri":    "https://oauth2.googleapis.com/token",
	})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "account.json")
	if err := os.WriteFile(file, account, 0o600); err != nil {
		return err
	}
	values := []string{file, "", "account", "a2V5"}
	for i, name := range credentialNames {
		if err := os.Setenv(name, values[i]); err != nil {
			return err
		}
	}
	return nil
}

var credentialNames = []string{
	"GOOGLE_APPLICATION_CREDENTIALS",
	"STORAGE_EMULATOR_HOST",
	"AZURE_STORAGE_ACCOUNT",
	"AZURE_STORAGE_KEY",
}
