package files_test

import (
	"errors"
	"testing"

	"cloudfiles.dev/files"
)

// TestSignOptionsCheck: what a bucket doesn't claim is ErrUnsupported, and what makes no
// sense anywhere is ErrInvalid, and comes first (W1).
func TestSignOptionsCheck(t *testing.T) {
	all := files.Features{
		SignGet:         true,
		SignHead:        true,
		SignPut:         true,
		SignDelete:      true,
		SignContentType: true,
		SignResponse:    true,
		SignSize:        true,
		SignIfAbsent:    true,
	}
	without := func(change func(*files.Features)) files.Features {
		f := all
		change(&f)
		return f
	}
	type options = files.SignOptions
	for what, o := range map[string]options{
		"nothing":  {},
		"GET":      {Method: "GET", ResponseType: "a/b", ResponseDisposition: "inline"},
		"HEAD":     {Method: "HEAD"},
		"PUT":      {Method: "PUT", ContentType: "a/b", Size: 5, IfAbsent: true},
		"DELETE":   {Method: "DELETE", Expiry: 1},
		"no limit": {Method: "PUT", Size: 1 << 50},
	} {
		if err := o.Check(all); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	put := options{Method: "PUT"}
	for what, c := range map[string]struct {
		o    options
		f    files.Features
		want error
	}{
		"method":    {options{Method: "POST"}, all, files.ErrInvalid},
		"expiry":    {options{Expiry: -1}, all, files.ErrInvalid},
		"size":      {options{Method: "PUT", Size: -1}, all, files.ErrInvalid},
		"largest":   {options{Method: "PUT", MaxSize: -1}, all, files.ErrInvalid},
		"get type":  {options{ContentType: "a/b"}, all, files.ErrInvalid},
		"get size":  {options{Size: 5}, all, files.ErrInvalid},
		"get most":  {options{MaxSize: 5}, all, files.ErrInvalid},
		"get new":   {options{IfAbsent: true}, all, files.ErrInvalid},
		"delete":    {options{Method: "DELETE", Size: 5}, all, files.ErrInvalid},
		"put reply": {options{Method: "PUT", ResponseType: "a/b"}, all, files.ErrInvalid},
		"head":      {options{Method: "HEAD", ResponseDisposition: "x"}, all, files.ErrInvalid},
		"bad type":  {options{Method: "PUT", ContentType: "\n"}, all, files.ErrInvalid},
		"bad reply": {options{ResponseDisposition: "\n"}, all, files.ErrInvalid},
		"most":      {options{Method: "PUT", MaxSize: 5}, all, files.ErrUnsupported},
		"no GET": {options{}, without(func(f *files.Features) { f.SignGet = false }),
			files.ErrUnsupported},
		"no HEAD": {options{Method: "HEAD"},
			without(func(f *files.Features) { f.SignHead = false }), files.ErrUnsupported},
		"no PUT": {put, without(func(f *files.Features) { f.SignPut = false }),
			files.ErrUnsupported},
		"no DELETE": {options{Method: "DELETE"},
			without(func(f *files.Features) { f.SignDelete = false }), files.ErrUnsupported},
		"no type": {options{Method: "PUT", ContentType: "a/b"},
			without(func(f *files.Features) { f.SignContentType = false }), files.ErrUnsupported},
		"no reply type": {options{ResponseType: "a/b"},
			without(func(f *files.Features) { f.SignResponse = false }), files.ErrUnsupported},
		"no reply name": {options{ResponseDisposition: "inline"},
			without(func(f *files.Features) { f.SignResponse = false }), files.ErrUnsupported},
		"no size": {options{Method: "PUT", Size: 5},
			without(func(f *files.Features) { f.SignSize = false }), files.ErrUnsupported},
		"no new": {options{Method: "PUT", IfAbsent: true},
			without(func(f *files.Features) { f.SignIfAbsent = false }), files.ErrUnsupported},
		"large": {options{Method: "PUT", Size: 5},
			without(func(f *files.Features) { f.MaxSize = 4 }), files.ErrTooLarge},
		"read-only": {put, without(func(f *files.Features) { f.ReadOnly = true }),
			files.ErrPermission},
	} {
		if err := c.o.Check(c.f); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	at := options{Method: "PUT", Size: 5}
	if err := at.Check(without(func(f *files.Features) { f.MaxSize = 5 })); err != nil {
		t.Errorf("the largest size: %v", err)
	}
	get := options{Method: "GET"}
	if err := get.Check(without(func(f *files.Features) { f.ReadOnly = true })); err != nil {
		t.Errorf("GET of a read-only bucket: %v", err)
	}
}
