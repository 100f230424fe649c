package driver

import (
	"context"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/files"
)

// PostOptions say what a signed form allows: package signing documents them.
type PostOptions struct {
	// Expiry is how long the form works; 0 is 15 minutes.
	Expiry time.Duration
	// MaxSize is the largest content in bytes that the service accepts through the
	// form. It is required, and at least 1.
	MaxSize int64
	// MinSize is the smallest content in bytes; 0 also accepts empty files.
	MinSize int64
	// Below makes the name that of a directory. The form may store files anywhere below
	// it, under the browser's own name of the file or the name in the form's field
	// "key".
	Below bool
	// ContentType is the content type that the form must send:
	//
	//   - A type, such as "image/png", is in Fields.
	//   - One that ends in "/", such as "image/", allows any that begins with it. The
	//     browser then adds the field Content-Type.
	//   - If it is empty, the form can't send any, and the service stores its default.
	ContentType string
	// Attributes other than the content type are stored with the file, as they are
	// signed.
	Attributes files.Attributes
	// Redirect is the absolute URL that the service sends the browser to after success,
	// with 303. The service may add parameters to it.
	Redirect string
	// Status is the status after success without Redirect: 200, 201 or 204; 0 is 204.
	Status int
}

// PostForm is a form that its holder, usually a browser, may send once or more until it
// expires: a POST of multipart/form-data to URL. It has:
//
//   - all Fields, as they are
//   - Content-Type, if PostOptions leave it open, and no other field
//   - last, the content, as the field "file"
//
// The fields hold the signature.
type PostForm struct {
	URL     string
	Fields  map[string]string
	Expires time.Time
}

// String hides the signature.
func (p PostForm) String() string { return "POST " + files.RedactURL(p.URL) }

// FormFileName is the text in the form's field "key" that the service replaces by the
// browser's own name of the file.
const FormFileName = "${filename}"

// PostSigner is a Backend that signs forms (W1). The options have been checked and
// filled in, except for limits of the service.
type PostSigner interface {
	// SignPost returns the signed form. It makes no request itself. With o.Below, name
	// is the directory, without a slash at its end.
	SignPost(ctx context.Context, name string, o PostOptions) (PostForm, error)
}

// BucketPostSigner is a wrapper that lets the bucket below it sign forms. fn is called
// with that bucket and its name for the file, while the wrapper does whatever it does
// around the signing of a PUT. A wrapper that a form would bypass returns
// errors.ErrUnsupported.
type BucketPostSigner interface {
	WithSignPost(ctx context.Context, name string,
		fn func(ctx context.Context, b files.Bucket, name string) error) error
}

// BucketPostRouter is a bucket that joins several others. A form through it is signed by
// one of them.
type BucketPostRouter interface {
	files.Bucket
	// RoutePost returns the bucket that signs the form, under the same name, or why no
	// bucket can. With o.Below, name is of a file in the directory, and every name below
	// the directory must be that bucket's.
	RoutePost(name string, o PostOptions) (files.Bucket, error)
}

var errNoPost = Errorf(files.ErrUnsupported, "the bucket can't sign forms")

// belowName stands for the name of a file in the directory that a form is for.
const belowName = "f"

// SignPost implements the function SignPost of package signing, which documents it.
func SignPost(ctx context.Context, b files.Bucket, name string, o PostOptions) (PostForm, error) {
	var form PostForm
	err := checkPost(name, &o)
	if err == nil {
		in := name
		if o.Below {
			in += "/" + belowName
		}
		form, err = signPost(ctx, b, in, o)
	}
	if err != nil {
		return PostForm{}, NewError(files.OpSignPut, name, err)
	}
	return form, nil
}

// signPost goes down to the backend. With o.Below, name is of a file in the directory.
func signPost(ctx context.Context, b files.Bucket, name string,
	o PostOptions) (form PostForm, err error) {
	switch as := b.(type) {
	case nil:
		return PostForm{}, Errorf(files.ErrInvalid, "the bucket is nil")
	case *bucket:
		if err := as.enter(ctx, Key{Name: name}, nil); err != nil {
			return PostForm{}, err
		}
		defer as.release()
		signer, ok := as.backend.(PostSigner)
		if f := as.feat(); !ok || !f.SignPut || f.ReadOnly {
			return PostForm{}, errNoPost
		}
		if o.Below {
			dir, ok := strings.CutSuffix(name, "/"+belowName)
			if !ok { // a wrapper's names don't keep directories
				return PostForm{}, errNoPost
			}
			name = dir
		}
		if err := checkPostFeatures(*as.feat(), o); err != nil {
			return PostForm{}, err
		}
		return signer.SignPost(ctx, name, o)
	case BucketPostRouter:
		to, err := as.RoutePost(name, o)
		if err == nil {
			err = checkPostFeatures(b.Features(), o)
		}
		if err != nil {
			return PostForm{}, err
		}
		return signPost(ctx, to, name, o)
	case BucketPostSigner:
		var mu sync.Mutex // a hook may call twice at once
		done := false
		err := as.WithSignPost(ctx, name,
			func(ctx context.Context, below files.Bucket, name string) error {
				if err := checkPostFeatures(b.Features(), o); err != nil {
					return err
				}
				f, err := signPost(ctx, below, name, o)
				mu.Lock()
				defer mu.Unlock()
				if err == nil && !done {
					form, done = f, true
				}
				return err
			})
		mu.Lock()
		defer mu.Unlock()
		if err == nil && !done { // a hook succeeded without calling fn
			err = errNoPost
		}
		return form, err
	}
	return PostForm{}, errNoPost
}

// checkPost refuses what no service takes, and fills in the defaults.
func checkPost(name string, o *PostOptions) error {
	if err := files.CheckName(name); err != nil {
		return err
	}
	if o.Status == 0 {
		o.Status = 204
	}
	a := o.Attributes
	if a.ContentType != "" {
		return Errorf(files.ErrInvalid,
			"set the content type of a form in PostOptions.ContentType")
	}
	a.ContentType = strings.TrimSuffix(o.ContentType, "/")
	a, err := a.Normalize()
	if err != nil {
		return err
	}
	a.ContentType = ""
	o.Attributes = a
	switch {
	case o.Expiry < 0:
		return Errorf(files.ErrInvalid, "negative expiry %v", o.Expiry)
	case o.MaxSize < 1:
		return Errorf(files.ErrInvalid, "MaxSize is %d; a form needs a largest size of at "+
			"least 1 byte", o.MaxSize)
	case o.MinSize < 0 || o.MinSize > o.MaxSize:
		return Errorf(files.ErrInvalid, "MinSize is %d; it must be from 0 to MaxSize, %d",
			o.MinSize, o.MaxSize)
	case o.Status != 200 && o.Status != 201 && o.Status != 204:
		return Errorf(files.ErrInvalid, "status %d; want 200, 201 or 204", o.Status)
	case o.Redirect != "" && !strings.HasPrefix(o.Redirect, "https://") &&
		!strings.HasPrefix(o.Redirect, "http://"):
		return Errorf(files.ErrInvalid, "the redirect is not an absolute HTTP URL")
	case holdsFileName(name, o.ContentType, o.Redirect, a):
		return Errorf(files.ErrUnsupported,
			"%s in a form stands for the name of the file that the browser sends", FormFileName)
	case o.Expiry == 0:
		o.Expiry = DefaultExpiry
	}
	return nil
}

// checkPostFeatures refuses a form that would store what a Put through the bucket can't.
// A wrapper, or a bucket that joins several, may claim less than the one that signs the
// form.
func checkPostFeatures(f files.Features, o PostOptions) error {
	if f.MaxSize > 0 && o.MaxSize > f.MaxSize {
		return Errorf(files.ErrTooLarge, "MaxSize is %d; the bucket takes at most %d bytes",
			o.MaxSize, f.MaxSize)
	}
	return checkAttributes(&f, o.Attributes)
}

func holdsFileName(name, contentType, redirect string, a files.Attributes) bool {
	all := []string{
		name, contentType, redirect, a.CacheControl, a.ContentDisposition, a.ContentEncoding,
		a.ContentLanguage,
	}
	for k, v := range a.Metadata {
		all = append(all, k, v)
	}
	return strings.Contains(strings.Join(all, "\x00"), FormFileName)
}
