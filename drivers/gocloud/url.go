package gocloud

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
)

func init() {
	files.DefaultMux().RegisterFallback(func(scheme string) (files.Scheme, bool) {
		return schemeOf(blob.DefaultURLMux(), scheme)
	})
}

// schemeOf registers Go CDK's scheme X as gocloud+X, and also as X if no driver of this
// module has registered that.
func schemeOf(mux *blob.URLMux, scheme string) (files.Scheme, bool) {
	theirs := strings.TrimPrefix(scheme, "gocloud+")
	if !mux.ValidBucketScheme(theirs) {
		return files.Scheme{}, false
	}
	return files.Scheme{
		Name:     scheme,
		Package:  "cloudfiles.dev/drivers/gocloud",
		Example:  scheme + "://bucket",
		AnyParam: true,
		Open: func(ctx context.Context, u *url.URL) (files.Bucket, error) {
			return openURL(ctx, mux, theirs, u)
		},
	}, true
}

// openURL opens a URL with Go CDK. The parameters prefix and key are not in it any more:
// files.Open applies them itself.
func openURL(ctx context.Context, mux *blob.URLMux, scheme string,
	u *url.URL) (files.Bucket, error) {
	theirs := *u
	theirs.Scheme = scheme
	b, err := mux.OpenBucketURL(ctx, &theirs)
	if err != nil {
		return nil, OpenError(ctx, u, err)
	}
	return New(b, &Options{Own: true}), nil
}

// OpenError makes an error of this module of the error of a Go CDK opener for the URL.
// It is for drivers that use such an opener. The Go CDK quotes the whole URL in its
// errors, with its secrets, so OpenError keeps only the parameter's name and the
// operating system's text.
func OpenError(ctx context.Context, u *url.URL, err error) error {
	if ctx.Err() != nil {
		both := errors.Join(driver.ContextError(ctx), err)
		return driver.WithCause(nil, both, ctx.Err().Error())
	}
	for name := range u.Query() {
		if strings.Contains(err.Error(),
			`query parameter "`+name+`"`) || strings.Contains(err.Error(),
			`query parameter '`+name+`'`) ||
			strings.Contains(err.Error(),
				`invalid value for "`+name+`"`) || strings.Contains(err.Error(),
			"invalid "+name+" ") {
			if u.Query().Get(name) == "" || strings.Trim(strings.ToLower(name),
				letters) != "" || len(name) > 32 {
				// it may be a secret
				return driver.WithCause(files.ErrInvalid, err,
					"Go CDK doesn't support a parameter, or its value")
			}
			return driver.WithCause(files.ErrInvalid, err,
				"Go CDK doesn't support the parameter \""+name+"\", or its value")
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && u.Query().Get("secret_key_path") == "":
		return driver.WithCause(files.ErrNoBucket, err,
			"the folder does not exist; create_dir=1 makes it")
	case errors.Is(err, fs.ErrNotExist):
		return driver.WithCause(files.ErrInvalid, err,
			"the folder, or a file that a parameter names, does not exist")
	case errors.Is(err, fs.ErrPermission):
		return driver.WithCause(files.ErrPermission, err, "")
	case strings.HasSuffix(err.Error(), "is not a directory"):
		return driver.WithCause(files.ErrNoBucket, err, "not a directory")
	}
	return driver.WithCause(files.ErrInvalid, err,
		"Go CDK can't open the URL"+hints[strings.TrimPrefix(u.Scheme, "gocloud+")])
}

// letters are the characters of parameters' names. Secret keys have digits; among the Go
// CDK's parameters only one has.
const letters = "abcdefghijklmnopqrstuvwxyz_-."

// hints say what is most often missing. They replace the SDK's text, which may quote the
// configuration that it read.
var hints = map[string]string{
	"s3": ": is the bucket's name given, and is the AWS configuration well-formed?",
	"gs": ": is the bucket's name given, and are there Application Default Credentials, or " +
		"anonymous=true?",
	"azblob": ": is the container's name given, and AZURE_STORAGE_ACCOUNT with its key, or a " +
		"connection string?",
}
