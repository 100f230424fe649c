package conformance_test

import (
	"bytes"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/files"
)

// localHarness makes buckets in temporary folders, each wrapped by wrap. prefix is what
// wrap puts before names.
func localHarness(opts local.Options, prefix string,
	wrap func(files.Bucket) files.Bucket) conformance.Harness {
	var dirs sync.Map // of each bucket
	open := func(t conformance.T, dir string) files.Bucket {
		b, err := local.Open(dir, &opts)
		if err != nil {
			t.Fatalf("opening the folder: %v", err)
		}
		t.Cleanup(func() { b.Close() }) // a wrapper may not own it
		seen := wrap(b)
		dirs.Store(seen, dir)
		return seen
	}
	dirOf := func(b files.Bucket) string {
		dir, _ := dirs.Load(b)
		return dir.(string)
	}
	path := func(b files.Bucket, name string) string {
		return filepath.Join(dirOf(b), filepath.FromSlash(prefix+name))
	}
	return conformance.Harness{
		New:    func(t conformance.T) files.Bucket { return open(t, memdir.New(t)) },
		Second: func(t conformance.T, b files.Bucket) files.Bucket { return open(t, dirOf(b)) },
		Root: func(t conformance.T, b files.Bucket, dir string) files.Bucket {
			inner, err := local.Open(path(b, dir), &opts)
			if err != nil {
				t.Fatalf("opening the folder in the folder: %v", err)
			}
			return inner
		},
		Process: func(t conformance.T, b files.Bucket) *exec.Cmd {
			return otherProcess(t, "local"+prefix, dirOf(b))
		},
		Damage: func(t conformance.T, b files.Bucket, name string) { damageFile(t, path(b, name)) },
		Vanish: func(t conformance.T, b files.Bucket) {
			if err := os.RemoveAll(dirOf(b)); err != nil {
				t.Fatalf("removing the folder: %v", err)
			}
		},
		Link: func(t conformance.T, b files.Bucket, name string) {
			outside := filepath.Join(memdir.New(t), "file")
			if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
				t.Fatalf("writing the link's target: %v", err)
			}
			if err := os.Symlink(outside, path(b, name)); err != nil {
				longtest.Lacks(t, "no symbolic links here: %v", err)
			}
		},
		Foreign: func(t conformance.T, b files.Bucket, key, content string) {
			at := filepath.Join(dirOf(b), filepath.FromSlash(key))
			if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
				t.Fatalf("making the folder of a foreign file: %v", err)
			}
			if err := os.WriteFile(at, []byte(content), 0o666); err != nil {
				longtest.Lacks(t, "no such file name here: %v", err)
			}
		},
		ForeignKeys: []string{"t\nab", "d/bell\a", "d/inv\xffalid", "new/\x7f"},
		Leftovers: func(t conformance.T, b files.Bucket) int {
			return localLeftovers(t, dirOf(b))
		},
		URL: func(t conformance.T) string {
			return (&url.URL{Scheme: "file", Path: filepath.ToSlash(memdir.New(t))}).String()
		},
		Limit: busyLimit, // a slow disk, synced for each file
		Secrets: func(b files.Bucket) []string {
			return []string{dirOf(b), filepath.Base(dirOf(b)), ".cloudfiles"}
		},
	}
}

// damageFile changes the byte in the middle, and keeps size and time.
func damageFile(t conformance.T, path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatalf("opening the file to damage it: %v", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatalf("Stat of the file to damage: %v", err)
	}
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, st.Size()/2); err != nil {
		t.Fatalf("reading the byte to damage: %v", err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b, st.Size()/2); err != nil {
		t.Fatalf("writing the damaged byte: %v", err)
	}
	if err := os.Chtimes(path, st.ModTime(), st.ModTime()); err != nil {
		t.Fatalf("restoring the time of the damaged file: %v", err)
	}
}

// localLeftovers counts the files in the sessions of the control folder, other than the
// marks of live sessions.
func localLeftovers(t conformance.T, dir string) (n int) {
	sessions, err := filepath.Glob(filepath.Join(dir, ".cloudfiles.attrs", "s-*", "*"))
	if err != nil {
		t.Fatalf("listing the control folder: %v", err)
	}
	for _, s := range sessions {
		if !strings.HasSuffix(s, "alive.attrs") {
			n++
		}
	}
	return n
}

// signing makes the bucket's own signed URLs, which Send passes to the handler.
func signing(t *testing.T, h *conformance.Harness) local.Options {
	base := &url.URL{Scheme: "https", Host: "files.example", Path: "/signed"}
	signer, err := localhttp.NewSigner(base, []byte("a secret of the test"))
	if err != nil {
		t.Fatal(err)
	}
	h.Send = func(t conformance.T, b files.Bucket, s files.SignedURL,
		content []byte) (int, []byte) {
		handler, err := localhttp.NewHandler(b, &localhttp.Options{
			Signer:    signer,
			MaxUpload: 1 << 20,
		})
		if err != nil {
			t.Fatalf("localhttp.NewHandler: %v", err)
		}
		r := httptest.NewRequest(s.Method, s.URL, bytes.NewReader(content))
		for k, v := range s.Header {
			r.Header[k] = v
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code, w.Body.Bytes()
	}
	return local.Options{NoSync: true, Signer: signer}
}

func bare(b files.Bucket) files.Bucket { return b }

// TestLocal has a signer, like a program that serves its folder. The buckets of
// TestLocalSub have none.
func TestLocal(t *testing.T) {
	var send conformance.Harness
	opts := signing(t, &send)
	opts.NoSync = false
	h := localHarness(opts, "", bare)
	h.Name, h.Send = "local", send.Send
	rerun.Part(t, h, "") // drivers/local runs the whole suite
}

func TestLocalSub(t *testing.T) {
	h := localHarness(local.Options{NoSync: true}, "tenants/äöü 1/", sub)
	rerun.Part(t, h, rerun.Names)
}
