package mem

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func init() {
	driver.Register(files.Scheme{
		Name:    "mem",
		Package: "cloudfiles.dev/drivers/mem",
		Example: "mem://name",
		Params:  params,
		Open:    openURL,
	})
}

var params = []files.Param{
	{Name: "put_time", Values: "true", Doc: "a put's answer has the time, as not on every cloud"},
	{Name: "copy_info", Values: "true", Doc: "a copy's answer is whole, as not on every cloud"},
	{Name: "version_per_put", Values: "true", Doc: "every put makes a new version, as not on S3"},
	{Name: "given_digests", Values: "true", Doc: "all digests that a put was given come back"},
	{Name: "time_resolution", Values: "1s, 1ms, 1us or 1ns", Doc: "what times are cut to"},
	{
		Name:   "nomd5",
		Values: "true",
		Doc:    "changes nothing: MD5 is computed only if given; Go CDK has it",
	},
}

var resolutions = map[string]time.Duration{
	"":    time.Second,
	"1s":  time.Second,
	"1ms": time.Millisecond,
	"1us": time.Microsecond,
	"1ns": time.Nanosecond,
}

// openURL opens mem:// or mem://name; the name may have slashes.
func openURL(_ context.Context, u *url.URL) (files.Bucket, error) {
	switch {
	case u.Opaque != "":
		return nil, files.Errorf(files.ErrInvalid,
			"write mem:// for a new bucket or mem://name for a shared one")
	case u.User != nil:
		return nil, files.Errorf(files.ErrInvalid, "mem:// takes no user name and no password")
	}
	q := u.Query()
	opts := &Options{TimeResolution: resolutions[q.Get("time_resolution")]}
	if opts.TimeResolution == 0 {
		return nil, malformed("time_resolution")
	}
	stated := q.Has("time_resolution")
	for name, set := range map[string]*bool{
		"put_time":        &opts.PutTime,
		"copy_info":       &opts.CopyInfo,
		"version_per_put": &opts.VersionPerPut,
		"given_digests":   &opts.GivenDigests,
	} {
		if !q.Has(name) {
			continue
		}
		var err error
		if *set, err = strconv.ParseBool(q.Get(name)); err != nil {
			return nil, malformed(name)
		}
		stated = true
	}
	s := openStore(u.Host+strings.TrimRight(u.Path, "/"), opts)
	if stated && s.tells != opts.tells() {
		return nil, files.Errorf(files.ErrInvalid,
			"the bucket is open already, with other parameters")
	}
	return driver.New(s), nil
}

func malformed(name string) error {
	return files.Errorf(files.ErrInvalid, "parameter %q is malformed", name)
}
