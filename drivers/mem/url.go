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
	{Name: "put_time", Values: "true|false", Doc: "Put returns the time, unlike some clouds"},
	{
		Name:   "copy_info",
		Values: "true|false",
		Doc:    "Copy returns the whole Info, unlike some clouds",
	},
	{
		Name:   "version_per_put",
		Values: "true|false",
		Doc:    "every Put makes a new version, unlike S3",
	},
	{Name: "given_digests", Values: "true|false", Doc: "every digest that is given to Put is kept"},
	{
		Name:   "time_resolution",
		Values: "1s|1ms|1us|1ns",
		Doc:    "the unit to which times are truncated",
	},
	{
		Name:   "nomd5",
		Values: "true|false",
		Doc: "accepted as by the Go CDK, without an effect: an MD5 is computed only if one " +
			"is given",
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
		return nil, driver.Errorf(files.ErrInvalid,
			"write mem:// for a new bucket or mem://name for a shared one")
	case u.User != nil:
		return nil, driver.Errorf(files.ErrInvalid, "mem:// takes no user name and no password")
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
	s := openBackend(u.Host+strings.TrimRight(u.Path, "/"), opts)
	if stated && s.fidelity != opts.fidelity() {
		return nil, driver.Errorf(files.ErrInvalid,
			"the bucket is open already, with other parameters")
	}
	return driver.New(s), nil
}

func malformed(name string) error {
	return driver.Errorf(files.ErrInvalid, "parameter %q is malformed", name)
}
