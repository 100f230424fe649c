package connect

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Endpoint parses the address of a service: a scheme (http or https, in any case), a
// host, an optional port and an optional path. setting names where the address was
// given. Endpoint removes the slashes at the end of the path.
//
// Errors: files.ErrInvalid, which says what to write and doesn't show the address.
func Endpoint(setting, address string) (*url.URL, error) {
	fail := func(words string) (*url.URL, error) {
		return nil, driver.Errorf(files.ErrInvalid, "%s %s", setting, words)
	}
	u, err := url.Parse(strings.TrimSpace(address))
	scheme, _, schemed := strings.Cut(address, "://")
	switch {
	case !schemed, err == nil && u.Scheme == "":
		return fail("has no scheme; write http:// or https:// before the host")
	case !strings.EqualFold(strings.TrimSpace(scheme), "http") &&
		!strings.EqualFold(strings.TrimSpace(scheme), "https"):
		return fail("has another scheme than http and https; write http:// or https:// before " +
			"the host")
	case err != nil:
		return fail("isn't a URL; write http://host:port or https://host, and an IPv6 address in " +
			"brackets, as in http://[::1]:9000")
	case u.Hostname() == "":
		return fail("has no host; write http://host:port or https://host")
	case u.User != nil:
		return fail("has a user name or a password, which are not sent; remove them")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fail("has a query or a fragment; write only the host, and a path if needed")
	case strings.Count(u.Host, ":") > 1 && !strings.HasPrefix(u.Host, "["):
		return fail("has an IPv6 address without brackets; write it as in http://[::1]:9000")
	case !portOK(u.Port()):
		return fail("has an invalid port; write a number from 1 to 65535")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	u.Host = strings.TrimSuffix(strings.ToLower(u.Host), ":")
	return u, nil
}

func portOK(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// IsAlone reports whether the host, without a port, can have no names below it, because
// it is an address, localhost, or a name without a dot, such as a container's.
func IsAlone(host string) bool {
	host = strings.TrimSuffix(host, ".")
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost")
}
