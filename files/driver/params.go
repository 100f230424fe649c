package driver

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

// Params reads the query parameters of a bucket's URL. Err returns the error of the
// first malformed one. Every parameter that a Scheme documents should be read through
// Params, once.
type Params struct {
	values url.Values
	err    error
}

// NewParams returns the parameters of the URL.
func NewParams(u *url.URL) *Params { return &Params{values: u.Query()} }

// Err returns an error that is files.ErrInvalid and names the first malformed
// parameter, or nil.
func (p *Params) Err() error { return p.err }

func (p *Params) fail(name, want string) {
	if p.err == nil {
		p.err = Errorf(files.ErrInvalid, "parameter %q is malformed; want %s", name, want)
	}
}

// String returns a parameter's text, or def if the parameter isn't given.
func (p *Params) String(name, def string) string {
	if !p.values.Has(name) {
		return def
	}
	return p.values.Get(name)
}

// Bool returns a parameter that is 1, true, 0 or false (also t, f, in any case), or def.
func (p *Params) Bool(name string, def bool) bool {
	if !p.values.Has(name) {
		return def
	}
	v, err := strconv.ParseBool(p.values.Get(name))
	if err != nil {
		p.fail(name, "true or false")
	}
	return v
}

// Int returns a parameter that is a whole number from lo to hi, or def.
func (p *Params) Int(name string, def, lo, hi int64) int64 {
	if !p.values.Has(name) {
		return def
	}
	v, err := strconv.ParseInt(p.values.Get(name), 10, 64)
	if err != nil || v < lo || v > hi {
		p.fail(name,
			"a whole number from "+strconv.FormatInt(lo, 10)+" to "+strconv.FormatInt(hi, 10))
	}
	return v
}

// Mode returns a parameter that is a file mode in octal, or def.
func (p *Params) Mode(name string, def uint32) uint32 {
	if !p.values.Has(name) {
		return def
	}
	v, err := strconv.ParseUint(p.values.Get(name), 0, 32)
	if err != nil || v > 0o777 {
		p.fail(name, "a mode in octal, such as 0755")
	}
	return uint32(v)
}

// Duration returns a parameter that is a positive time.Duration, such as 30s, or def.
func (p *Params) Duration(name string, def time.Duration) time.Duration {
	if !p.values.Has(name) {
		return def
	}
	v, err := time.ParseDuration(p.values.Get(name))
	if err != nil || v <= 0 {
		p.fail(name, "a duration, such as 30s")
	}
	return v
}

// Enum returns a parameter that is one of the values, of which the first is the default.
func (p *Params) Enum(name string, values ...string) string {
	if !p.values.Has(name) {
		return values[0]
	}
	got := p.values.Get(name)
	for _, v := range values {
		if v == got {
			return v
		}
	}
	p.fail(name, strings.Join(values, " or "))
	return values[0]
}
