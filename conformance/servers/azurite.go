package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// The lock file pins Azurite and its dependencies. It names no registry, so npm uses the
// one that is configured. It was made by: npm install --package-lock-only
// --omit-lockfile-registry-resolved=true
var (
	//go:embed azurite/package.json
	npmPackage []byte
	//go:embed azurite/package-lock.json
	npmLock []byte
	//go:embed azurite/settings.js
	npmSettings []byte
)

// azurite is Microsoft's emulator of Azure Blob Storage. It is started so that it keeps
// everything in memory.
var azurite = &server{
	name:    "azurite",
	version: azuriteVersion,
	service: "azure",
	licence: "MIT",
	purpose: "Azure Blob: conditions, blocks, SAS",
	needs:   "Node.js 20 or later with npm",
	stamp: func() []string {
		files := []string{string(npmPackage), string(npmLock), string(npmSettings)}
		return append(files, runtime.GOOS, runtime.GOARCH)
	},
	build: buildAzurite,
	start: startAzurite,
}

func azuriteVersion() string {
	var p struct{ Dependencies map[string]string }
	if err := json.Unmarshal(npmPackage, &p); err != nil {
		panic(err)
	}
	return p.Dependencies["azurite"]
}

func buildAzurite(ctx context.Context, dir string, log io.Writer) error {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("it needs %s: %w", program, err)
		}
	}
	for name, text := range map[string][]byte{
		"package.json":      npmPackage,
		"package-lock.json": npmLock,
		"settings.js":       npmSettings,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return err
		}
	}
	cmd := command(ctx, "npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund",
		"--loglevel=error")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	if err := spawn(cmd); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("npm ci: %w", err)
	}
	return nil
}

func startAzurite(ctx context.Context, dir string, i *instance) error {
	node, err := exec.LookPath("node")
	if err != nil {
		return err
	}
	key := make([]byte, 64)
	rand.Read(key) // never fails
	account, accountKey := "cloudfiles"+secret(4), base64.StdEncoding.EncodeToString(key)
	p, addr, err := startOnPort(ctx, func(addr string) *process {
		host, port, _ := net.SplitHostPort(addr)
		p := i.process("azurite", node,
			"--require", filepath.Join(dir, "settings.js"),
			filepath.Join(dir, "node_modules", "azurite", "dist", "src", "blob", "main.js"),
			"--blobHost", host, "--blobPort", port,
			"--inMemoryPersistence", "--disableTelemetry", "--silent")
		p.env = []string{"AZURITE_ACCOUNTS=" + account + ":" + accountKey}
		return p
	}, func(ctx context.Context, addr string) error {
		return azureContainer(ctx, addr, account, accountKey, i.ready.Bucket)
	})
	if err != nil {
		return err
	}
	i.main = append(i.main, p)
	i.ready.AccessKey, i.ready.SecretKey = account, accountKey
	i.ready.Endpoint = "http://" + addr
	i.ready.URL = azureURL(addr, i.ready.Bucket)
	i.ready.Env = map[string]string{
		"AZURE_STORAGE_ACCOUNT":           account,
		"AZURE_STORAGE_KEY":               accountKey,
		"AZURE_STORAGE_CONNECTION_STRING": "",
		"AZURE_STORAGE_SAS_TOKEN":         "",
		"AZURE_STORAGE_DOMAIN":            "",
		"AZURE_STORAGE_PROTOCOL":          "",
	}
	i.makeBucket = func(ctx context.Context, name string) (string, error) {
		return azureURL(addr, name), azureContainer(ctx, addr, account, accountKey, name)
	}
	return nil
}

// azureURL returns a container's URL in the Go CDK's form. For a server on this machine
// the driver puts the account into the path by itself.
func azureURL(addr, name string) string {
	q := url.Values{"domain": {addr}, "protocol": {"http"}}
	return (&url.URL{Scheme: "azblob", Host: name, RawQuery: q.Encode()}).String()
}

// azureContainer makes a container. It is not an error if the container exists already.
func azureContainer(ctx context.Context, addr, account, key, name string) error {
	keys, err := container.NewSharedKeyCredential(account, key)
	if err != nil {
		return err
	}
	once := &container.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: client,
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}}
	c, err := container.NewClientWithSharedKeyCredential((&url.URL{
		Scheme: "http",
		Host:   addr,
		Path:   account + "/" + name,
	}).String(), keys, once)
	if err != nil {
		return err
	}
	_, err = c.Create(ctx, nil)
	if bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
		return nil
	}
	return err
}
