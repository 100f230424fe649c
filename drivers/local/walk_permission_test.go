package local

import (
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// oddDir returns no types, as some file systems, and may refuse a folder.
type oddDir struct {
	fsys.Dir
	refuse string
}

func (d *oddDir) OpenDir(path string) (fsys.Dir, error) {
	if path == d.refuse {
		return nil, syscall.EACCES
	}
	sub, err := d.Dir.OpenDir(path)
	if err != nil {
		return nil, err
	}
	return &oddDir{sub, "no/such"}, nil
}

func (d *oddDir) ReadDir(buf []byte, each func([]byte, fsys.Type)) (bool, error) {
	return d.Dir.ReadDir(buf, func(name []byte, _ fsys.Type) { each(name, fsys.Unknown) })
}

// A folder that can't be read doesn't look empty: its error comes after everything
// else is listed.
func TestWalkPermission(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/b", "")
	write(t, dir, "secret/c", "")
	write(t, dir, "z", "")
	const secret = "files: list secret: permission denied: the folder can't be read"
	for _, c := range []struct {
		req  driver.ListRequest
		want []string
	}{
		{driver.ListRequest{}, []string{"a/b", "z", secret}},
		{driver.ListRequest{Shallow: true}, []string{"a/", "z", secret}},
		{driver.ListRequest{Foreign: true}, []string{"a/b", "z", secret}},
		{driver.ListRequest{Limit: 2}, []string{"a/b", "z and " + secret}},
		{driver.ListRequest{Limit: 1}, []string{"a/b"}},
		{driver.ListRequest{StartAfter: "a/b"}, []string{"z", secret}},
		{driver.ListRequest{StartAfter: "secret/x"}, []string{"z", secret}},
		{driver.ListRequest{StartAfter: "sf"}, []string{"z"}},
		{driver.ListRequest{Prefix: "a"}, []string{"a/b"}},
		{driver.ListRequest{Prefix: "secret/"}, []string{secret}},
	} {
		var got []string
		top := &oddDir{openRoot(t, dir), "no/such"}
		for e, err := range testWalker(linuxRules).list(t.Context(), &refusing{top}, c.req) {
			switch {
			case err == nil:
				got = append(got, e.Name)
			case e.Name == "":
				got = append(got, err.Error())
			default:
				got = append(got, e.Name+" and "+err.Error())
			}
			if len(got) == c.req.Limit {
				break
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %q, want %q", c.req, got, c.want)
		}
	}
}

// refusing is a root whose folder secret can't be opened.
type refusing struct{ *oddDir }

func (d *refusing) OpenDir(path string) (fsys.Dir, error) {
	if path == "secret" {
		return nil, syscall.EACCES
	}
	sub, err := d.Dir.OpenDir(path)
	return &oddDir{sub, "secret"}, err
}
