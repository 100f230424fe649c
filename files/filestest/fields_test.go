package filestest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

var personalities = []filestest.Personality{
	filestest.Clouds, filestest.Strong, filestest.S3, filestest.GCS, filestest.Azure,
	filestest.MinIO, filestest.Disk,
}

var optionTypes = []reflect.Type{
	reflect.TypeFor[files.PutOptions](),
	reflect.TypeFor[files.GetOptions](),
	reflect.TypeFor[files.StatOptions](),
	reflect.TypeFor[files.ListOptions](),
	reflect.TypeFor[files.DeleteOptions](),
	reflect.TypeFor[files.CopyOptions](),
	reflect.TypeFor[files.SignOptions](),
}

// probe makes calls that show whether a field acts, on a fake with "a" and "d/b". It
// returns nil if the field acts, and the error of a call that is refused.
type probe func(t *testing.T, b *filestest.Bucket) error

var errDropped = errors.New("the field was taken and dropped")

// acted is nil if ok, and errDropped unless err says more.
func acted(ok bool, err error) error {
	if err == nil && !ok {
		return errDropped
	}
	return err
}

// refusedWith is nil if err is of the kind, which shows that the field acts.
func refusedWith(kind, err error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return acted(false, err)
}

var probes = map[string]probe{
	"PutOptions.ContentType":        attribute(files.Attributes{ContentType: "image/x"}),
	"PutOptions.CacheControl":       attribute(files.Attributes{CacheControl: "no-store"}),
	"PutOptions.ContentDisposition": attribute(files.Attributes{ContentDisposition: "inline"}),
	"PutOptions.ContentEncoding":    attribute(files.Attributes{ContentEncoding: "gzip"}),
	"PutOptions.ContentLanguage":    attribute(files.Attributes{ContentLanguage: "de"}),
	"PutOptions.Metadata": attribute(files.Attributes{
		Metadata: map[string]string{"k": "v"},
	}),
	"PutOptions.If": func(t *testing.T, b *filestest.Bucket) error {
		return refusedWith(files.ErrExist, putWith(t, b, files.PutOptions{If: files.IfAbsent()}))
	},
	"PutOptions.Size": func(t *testing.T, b *filestest.Bucket) error {
		size := int64(7)
		return refusedWith(files.ErrCorrupt, putWith(t, b, files.PutOptions{Size: &size}))
	},
	"PutOptions.Digest": func(t *testing.T, b *filestest.Bucket) error {
		wrong := files.Digest{MD5: strings.Repeat("0", 32)}
		return refusedWith(files.ErrCorrupt, putWith(t, b, files.PutOptions{Digest: wrong}))
	},
	"PutOptions.Native": func(t *testing.T, b *filestest.Bucket) error {
		return acted(false, putWith(t, b, files.PutOptions{
			Native: []files.NativeOption{native{}},
		}))
	},
	"GetOptions.Range": reads("ex", files.GetOptions{Range: files.Bytes(1, 2)}),
	"GetOptions.IfNotVersion": func(t *testing.T, b *filestest.Bucket) error {
		info, err := b.Stat(t.Context(), "a", nil)
		if err != nil {
			return err
		}
		return refusedWith(files.ErrNotModified, getWith(t, b, "a", files.GetOptions{
			IfNotVersion: info.Version,
		}))
	},
	"GetOptions.IfVersion": func(t *testing.T, b *filestest.Bucket) error {
		return refusedWith(files.ErrPrecondition, getWith(t, b, "a", files.GetOptions{
			IfVersion: "other",
		}))
	},
	"GetOptions.ReadTimeout": func(t *testing.T, b *filestest.Bucket) error {
		defer b.On(files.OpGet, "a").StallAfter(1, time.Hour).Stop()
		_, err := read(t, b, files.GetOptions{ReadTimeout: time.Minute})
		return refusedWith(os.ErrDeadlineExceeded, err)
	},
	// In memory these never make a difference, as the contract allows: nothing is
	// damaged or grows, and nothing is faster by several connections.
	"GetOptions.SkipVerify":       reads("text", files.GetOptions{SkipVerify: true}),
	"GetOptions.Growing":          reads("text", files.GetOptions{Growing: true}),
	"GetOptions.Connections":      reads("text", files.GetOptions{Connections: 2}),
	"GetOptions.ConnectionsAfter": reads("text", files.GetOptions{ConnectionsAfter: 1}),
	"GetOptions.Key": func(t *testing.T, b *filestest.Bucket) error {
		return acted(false, getWith(t, b, "", files.GetOptions{Key: "a"}))
	},
	"StatOptions.Key": func(t *testing.T, b *filestest.Bucket) error {
		_, err := b.Stat(t.Context(), "", &files.StatOptions{Key: "a"})
		return acted(false, err)
	},
	"ListOptions.Shallow":    lists("a d/", files.ListOptions{Shallow: true}),
	"ListOptions.Prefix":     lists("d/b", files.ListOptions{Prefix: "d"}),
	"ListOptions.StartAfter": lists("d/b", files.ListOptions{StartAfter: "a"}),
	"ListOptions.Limit":      lists("a", files.ListOptions{Limit: 1}),
	"ListOptions.PageSize": func(t *testing.T, b *filestest.Bucket) error {
		before := b.Usage().AllRequests()
		err := lists("a d/b", files.ListOptions{PageSize: 1})(t, b)
		made := b.Usage().AllRequests() - before
		return acted(made != 1, err) // none, if it is no service
	},
	// It makes long listings faster, and changes no result.
	"ListOptions.Parallel": lists("a d/b", files.ListOptions{Parallel: 4}),
	// Nothing costs extra here, so nothing has to be left out.
	"ListOptions.NamesOnly": lists("a d/b", files.ListOptions{NamesOnly: true}),
	"ListOptions.Foreign":   lists("none", files.ListOptions{Foreign: true}),
	"DeleteOptions.IfVersion": func(t *testing.T, b *filestest.Bucket) error {
		return refusedWith(files.ErrPrecondition, b.Delete(t.Context(), "a",
			&files.DeleteOptions{IfVersion: "other"}))
	},
	"DeleteOptions.Key": func(t *testing.T, b *filestest.Bucket) error {
		return acted(false, b.Delete(t.Context(), "", &files.DeleteOptions{Key: "a"}))
	},
	"CopyOptions.Attributes": func(t *testing.T, b *filestest.Bucket) error {
		err := copyWith(t, b, files.CopyOptions{
			Attributes: &files.Attributes{ContentType: "image/x"},
		})
		info, serr := b.Stat(t.Context(), "copy", nil)
		return acted(info.ContentType == "image/x", errors.Join(err, serr))
	},
	"CopyOptions.If": func(t *testing.T, b *filestest.Bucket) error {
		_, err := files.Copy(t.Context(), b, "a", b, "d/b", &files.CopyOptions{
			If: files.IfAbsent(),
		})
		return refusedWith(files.ErrExist, err)
	},
	"CopyOptions.IfSource": func(t *testing.T, b *filestest.Bucket) error {
		return refusedWith(files.ErrPrecondition, copyWith(t, b, files.CopyOptions{
			IfSource: "other",
		}))
	},
	"CopyOptions.FullInfo": func(t *testing.T, b *filestest.Bucket) error {
		info, err := files.Copy(t.Context(), b, "copy", b, "a", &files.CopyOptions{FullInfo: true})
		want, serr := b.Stat(t.Context(), "copy", nil)
		same := info.Size == want.Size && info.Version == want.Version &&
			info.ContentType == want.ContentType && info.ModTime.Equal(want.ModTime)
		return acted(same, errors.Join(err, serr))
	},
	"CopyOptions.MayLoseConcurrentPut": func(t *testing.T, b *filestest.Bucket) error {
		_, without := files.Move(t.Context(), b, "moved", b, "d/b", nil)
		if (without == nil) != b.Features().DeleteIfVersion {
			return fmt.Errorf("a move without it: %v", without)
		}
		_, err := files.Move(t.Context(), b, "moved", b, "a", &files.CopyOptions{
			MayLoseConcurrentPut: true,
		})
		return err
	},
	"CopyOptions.Native": func(t *testing.T, b *filestest.Bucket) error {
		return acted(false, copyWith(t, b, files.CopyOptions{
			Native: []files.NativeOption{native{}},
		}))
	},
	"SignOptions.Method": func(t *testing.T, b *filestest.Bucket) error {
		s, err := files.SignURL(t.Context(), b, "a", &files.SignOptions{
			Method: http.MethodDelete,
		})
		return acted(s.Method == http.MethodDelete, err)
	},
	"SignOptions.Expiry": func(t *testing.T, b *filestest.Bucket) error {
		s, err := files.SignURL(t.Context(), b, "a", &files.SignOptions{Expiry: time.Hour})
		return acted(s.Expires.Equal(time.Now().Add(time.Hour)), err)
	},
	"SignOptions.ContentType": func(t *testing.T, b *filestest.Bucket) error {
		s, err := files.SignURL(t.Context(), b, "a", &files.SignOptions{
			Method:      http.MethodPut,
			ContentType: "image/x",
		})
		return acted(http.Header(s.Header).Get("Content-Type") == "image/x", err)
	},
	"SignOptions.ResponseType": func(t *testing.T, b *filestest.Bucket) error {
		r, err := getSigned(t, b, files.SignOptions{ResponseType: "image/x"})
		return acted(err != nil || r.Header.Get("Content-Type") == "image/x", err)
	},
	"SignOptions.ResponseDisposition": func(t *testing.T, b *filestest.Bucket) error {
		r, err := getSigned(t, b, files.SignOptions{ResponseDisposition: "attachment"})
		return acted(err != nil || r.Header.Get("Content-Disposition") == "attachment", err)
	},
	"SignOptions.Size":     refusesPut("longer", files.SignOptions{Size: 3}),
	"SignOptions.MaxSize":  refusesPut("longer", files.SignOptions{MaxSize: 3}),
	"SignOptions.IfAbsent": refusesPut("new", files.SignOptions{IfAbsent: true}),
}

func getSigned(
	t *testing.T, b *filestest.Bucket, o files.SignOptions,
) (*http.Response, error) {
	s, err := files.SignURL(t.Context(), b, "a", &o)
	if err != nil {
		return nil, err
	}
	r, err := b.Client().Get(s.URL)
	if err == nil {
		err = r.Body.Close()
	}
	return r, err
}

// refusesPut is for a PUT to "a" that the options must not allow.
func refusesPut(content string, o files.SignOptions) probe {
	return func(t *testing.T, b *filestest.Bucket) error {
		o.Method = http.MethodPut
		s, err := files.SignURL(t.Context(), b, "a", &o)
		if err != nil {
			return err
		}
		status, _ := send(t, b.Client(), s, content, nil)
		text, err := read(t, b, files.GetOptions{})
		return acted(status >= 400 && text == "text", err)
	}
}

func attribute(a files.Attributes) probe {
	return func(t *testing.T, b *filestest.Bucket) error {
		if err := putWith(t, b, files.PutOptions{Attributes: a}); err != nil {
			return err
		}
		info, err := b.Stat(t.Context(), "a", nil)
		if a.ContentType == "" {
			info.ContentType = "" // Put finds one
		}
		return acted(fmt.Sprint(info.Attributes) == fmt.Sprint(a), err)
	}
}

func reads(want string, o files.GetOptions) probe {
	return func(t *testing.T, b *filestest.Bucket) error {
		got, err := read(t, b, o)
		return acted(got == want, err)
	}
}

func lists(want string, o files.ListOptions) probe {
	return func(t *testing.T, b *filestest.Bucket) error {
		var names []string
		for e, err := range b.List(t.Context(), "", &o) {
			if err != nil {
				return err
			}
			names = append(names, e.Name)
		}
		return acted(strings.Join(names, " ") == want, nil)
	}
}

func read(t *testing.T, b files.Bucket, o files.GetOptions) (string, error) {
	r, err := b.Get(t.Context(), "a", &o)
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	return string(text), err
}

func putWith(t *testing.T, b files.Bucket, o files.PutOptions) error {
	_, err := files.PutString(t.Context(), b, "a", "new", &o)
	return err
}

func getWith(t *testing.T, b files.Bucket, name string, o files.GetOptions) error {
	r, err := b.Get(t.Context(), name, &o)
	if err == nil {
		err = r.Close()
	}
	return err
}

func copyWith(t *testing.T, b files.Bucket, o files.CopyOptions) error {
	_, err := files.Copy(t.Context(), b, "copy", b, "a", &o)
	return err
}

// TestEveryFieldActs: every field of every options struct acts with each personality, or
// the call is ErrUnsupported and changes nothing. A new field fails here until it has a
// probe.
func TestEveryFieldActs(t *testing.T) {
	before := filestest.Tree{"a": "text", "d/b": "text"}
	walked := 0
	for _, typ := range optionTypes {
		for _, f := range reflect.VisibleFields(typ) {
			if f.Anonymous {
				continue // its fields are visited
			}
			name := typ.Name() + "." + f.Name
			p := probes[name]
			if p == nil {
				t.Errorf("%s has no probe", name)
				continue
			}
			walked++
			for _, as := range personalities {
				synctest.Test(t, func(t *testing.T) {
					b := filestest.New(t, filestest.As(as))
					b.FillTree(t, before)
					err := p(t, b)
					switch {
					case errors.Is(err, errors.ErrUnsupported):
						b.WantUnchanged(t)
						b.Want(t, before)
					case err != nil:
						t.Errorf("%s with the field %s: %v", as, name, err)
					}
				})
			}
		}
	}
	if walked != len(probes) {
		t.Errorf("%d fields were walked, and there are %d probes", walked, len(probes))
	}
}
