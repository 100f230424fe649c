package driver_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// partTaker is a map backend that signs the parts of uploads, and receives them.
type partTaker struct {
	*mapdriver.Backend
	features func(f *files.Features)
	limits   driver.UploadLimits
	// The steps, by the name of the method: each of the errors is returned once, in
	// front of the step.
	errs  map[string][]error
	steps []string // that were made
	last  driver.Upload
	store string // for UploadStore; if empty, a store of its own
	// mistakes
	noID, noURL bool
	extra       []driver.UploadedPart // that ListParts returns too
	foundSize   int64                 // that FindUpload reports too much
	scrambles   bool                  // CompleteUpload changes the list

	expiry  time.Duration
	uploads map[string]map[int][]byte // by ID and number
	made    map[string]string         // which upload made which file
}

var (
	_ driver.PartReceiver = (*partTaker)(nil)
	_ driver.Backend      = (*partTaker)(nil)
)

func newPartTaker() *partTaker {
	return &partTaker{
		Backend: mapdriver.New(),
		limits:  driver.UploadLimits{MinPart: 4, MaxPart: 100 << 20, MaxParts: 10_000},
		errs:    map[string][]error{},
		uploads: map[string]map[int][]byte{},
		made:    map[string]string{},
	}
}

// step notes the step, and returns the next error that is planned for it.
func (p *partTaker) step(name string, u *driver.Upload) (err error) {
	p.steps = append(p.steps, name)
	if u != nil {
		p.last = *u
	}
	if errs := p.errs[name]; len(errs) > 0 {
		err, p.errs[name] = errs[0], errs[1:]
	}
	return err
}

// took returns how often a step was made.
func (p *partTaker) took(name string) (n int) {
	for _, s := range p.steps {
		if s == name {
			n++
		}
	}
	return n
}

func (p *partTaker) Features() files.Features {
	f := p.Backend.Features()
	f.SignPut = true
	if p.features != nil {
		p.features(&f)
	}
	return f
}

func (p *partTaker) UploadLimits() driver.UploadLimits { return p.limits }

func (p *partTaker) UploadStore() string {
	return cmp.Or(p.store, fmt.Sprintf("store %p", p.Backend))
}

func (p *partTaker) CanSignParts(u *driver.Upload) error { return p.step("CanSignParts", u) }

func (p *partTaker) BeginUpload(_ context.Context, u *driver.Upload) (string, error) {
	err := p.step("BeginUpload", u)
	if err != nil || p.noID {
		return "", err
	}
	id := fmt.Sprint("id-", len(p.uploads)+1)
	p.uploads[id] = map[int][]byte{}
	return id, nil
}

func (p *partTaker) SignPart(_ context.Context, u *driver.Upload, number int,
	expiry time.Duration) (files.SignedURL, error) {
	err := p.step("SignPart", u)
	p.expiry = expiry
	if p.noURL {
		return files.SignedURL{Method: "PUT"}, err
	}
	url := fmt.Sprintf("https://host/%s/%s/%d", u.Name, u.ID, number)
	return files.SignedURL{Method: "PUT", URL: url}, err
}

func (p *partTaker) ReceivePart(_ context.Context, u *driver.Upload, number int, size int64,
	content io.Reader) (string, error) {
	b, rerr := io.ReadAll(content)
	err := p.step("ReceivePart", u)
	switch {
	case err != nil:
		return "a tag beside the error", err
	case rerr != nil:
		return "", rerr
	case int64(len(b)) != size:
		return "", driver.Errorf(files.ErrCorrupt, "the part has another length")
	}
	p.uploads[u.ID][number] = b
	return fmt.Sprint("tag-", number), nil
}

func (p *partTaker) PutPart(context.Context, *driver.Upload, *driver.Part) (string, error) {
	return "", errors.New("no part is sent by the program")
}

func (p *partTaker) ListParts(_ context.Context, u *driver.Upload) ([]driver.UploadedPart, error) {
	err := p.step("ListParts", u)
	parts, ok := p.uploads[u.ID]
	if err == nil && !ok {
		err = driver.ErrUploadGone
	}
	if err != nil {
		return nil, err
	}
	var list []driver.UploadedPart
	for _, n := range slices.Sorted(maps.Keys(parts)) {
		list = append(list, driver.UploadedPart{Number: n, Size: int64(len(parts[n]))})
	}
	list = append(list, p.extra...)
	slices.SortStableFunc(list, func(a, b driver.UploadedPart) int { return a.Number - b.Number })
	return list, nil
}

func (p *partTaker) CompleteUpload(ctx context.Context, u *driver.Upload,
	list []driver.UploadedPart) (files.Info, error) {
	var content []byte
	for _, l := range list {
		content = append(content, p.uploads[u.ID][l.Number]...)
	}
	if p.scrambles {
		clear(list)
	}
	if err := p.step("CompleteUpload", u); err != nil {
		return files.Info{}, err
	}
	info, err := p.Put(ctx, u.PutRequest(ctx, bytes.NewReader(content)))
	if err == nil {
		p.made[u.Name] = u.ID
		delete(p.uploads, u.ID)
	}
	return files.Info{Entry: files.Entry{Version: info.Version, ModTime: info.ModTime}}, err
}

func (p *partTaker) FindUpload(ctx context.Context, u *driver.Upload) (files.Info, bool, error) {
	if err := p.step("FindUpload", u); err != nil {
		return files.Info{}, true, err
	}
	info, err := p.Stat(ctx, driver.Key{Name: u.Name})
	info.Size += p.foundSize
	return info, err == nil && p.made[u.Name] == u.ID, nil
}

func (p *partTaker) AbortUpload(_ context.Context, name, id string) error {
	err := p.step("AbortUpload", nil)
	p.last.Name, p.last.ID = name, id
	if err == nil {
		delete(p.uploads, id)
	}
	return err
}

func (p *partTaker) ListUploads(context.Context,
	string) iter.Seq2[driver.UnfinishedUpload, error] {
	return func(yield func(driver.UnfinishedUpload, error) bool) {
		for id := range p.uploads {
			if !yield(driver.UnfinishedUpload{Name: "a", ID: id}, nil) {
				return
			}
		}
	}
}

// beginSigned begins an upload of the content in parts of four bytes.
func beginSigned(t *testing.T, b files.Bucket, name, content string,
	o driver.SignedUploadOptions) *driver.SignedUpload {
	t.Helper()
	o.Size, o.PartSize = int64(len(content)), 4
	u, err := driver.BeginSignedUpload(t.Context(), b, name, o)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// receive stores parts of the content as if they came by signed requests.
func receive(t *testing.T, b files.Bucket, u *driver.SignedUpload, content string,
	numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		off, size := u.Part(n)
		tag, err := driver.ReceivePart(t.Context(), b, u.Name, u.ID, n, size,
			bytes.NewReader([]byte(content[off:off+size])))
		if err != nil || tag != fmt.Sprint("tag-", n) {
			t.Fatalf("part %d: %q, %v", n, tag, err)
		}
	}
}

// sent begins an upload of the content "0123456789" and sends it, in three parts.
func sent(t *testing.T, b files.Bucket, name string,
	o driver.SignedUploadOptions) *driver.SignedUpload {
	t.Helper()
	u := beginSigned(t, b, name, "0123456789", o)
	receive(t, b, u, "0123456789", 1, 2, 3)
	return u
}

// uploadFailed reports whether the error is one of an upload of the name.
func uploadFailed(err error, op files.Op, name string) bool {
	e, ok := errors.AsType[*files.Error](err)
	return ok && e.Op == op && e.Name == name
}
