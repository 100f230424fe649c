package retry_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

func TestFromParams(t *testing.T) {
	params := func(query string) (*retry.Policy, error) {
		p := driver.NewParams(&url.URL{RawQuery: query})
		policy := retry.FromParams(p)
		return policy, p.Err()
	}
	p, err := params("")
	if err != nil || p.Attempts != 5 || p.Delay != 250*time.Millisecond ||
		p.MaxDelay != 20*time.Second || p.Budget.Left() != 100 {
		t.Errorf("FromParams without parameters = %+v, %v, want the defaults", p, err)
	}
	p, err = params("retry_attempts=1&retry_delay=1ms&retry_max_delay=1m&retry_budget=7")
	if err != nil || p.Attempts != 1 || p.Delay != time.Millisecond || p.MaxDelay != time.Minute ||
		p.Budget.Left() != 7 {
		t.Errorf("FromParams with all parameters = %+v, %v", p, err)
	}
	if p, err = params("retry_budget=0"); err != nil || p.Budget != nil {
		t.Errorf("FromParams with retry_budget=0 = %+v, %v, want no Budget", p, err)
	}
	for _, bad := range []string{
		"retry_attempts=0",
		"retry_attempts=101",
		"retry_attempts=x",
		"retry_attempts=",
		"retry_delay=1",
		"retry_delay=-1s",
		"retry_max_delay=0s",
		"retry_max_delay=soon",
		"retry_budget=-1",
		"retry_budget=1e3",
	} {
		_, err := params(bad)
		name, _, _ := strings.Cut(bad, "=")
		if !errors.Is(err, files.ErrInvalid) || !strings.Contains(err.Error(), `"`+name+`"`) {
			t.Errorf("FromParams with %s = %v, want ErrInvalid with the name", bad, err)
		}
		if !slices.ContainsFunc(retry.Params(), func(p files.Param) bool {
			return p.Name == name && p.Doc != ""
		}) {
			t.Errorf("%s is not documented", name)
		}
	}
}
