package suite

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// checkHarness returns an error if a harness is wrong. It opens nothing.
func checkHarness(h *Harness, cases []Case) error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("the harness is wrong: "+format, args...)
	}
	switch {
	case h.New == nil && h.Store == nil:
		return wrong("New and Store are nil; set one of them")
	case h.New != nil && h.Store != nil:
		return wrong("New, a store for each bucket, and Store, one for all, are both set; " +
			"set one of them")
	case h.Apart != nil && h.Store == nil:
		return wrong("Apart is set without Store; New makes a store for each bucket already")
	}
	if len(h.Known)+len(h.ServerFaults)+len(h.ServerRaces)+len(h.Unclaimed) == 0 {
		return nil
	}
	ids, features := map[string]bool{}, map[string]bool{}
	for _, c := range cases {
		ids[c.ID()] = true
	}
	for name := range abilities(cases) {
		features[name] = true
	}
	var errs []error
	for _, l := range []struct {
		field, what string
		is          map[string]bool
		named       map[string]string
	}{
		{"Known", "case", ids, h.Known},
		{"ServerFaults", "case", ids, h.ServerFaults},
		{"ServerRaces", "case", ids, h.ServerRaces},
		{"Unclaimed", "feature with cases", features, h.Unclaimed},
	} {
		for name, why := range l.named {
			switch {
			case !l.is[name]:
				errs = append(errs,
					wrong("%s: there is no %s %s", l.field, l.what, name))
			case strings.TrimSpace(why) == "":
				errs = append(errs, wrong("%s gives no reason for %s", l.field, name))
			}
		}
	}
	for id := range h.ServerRaces {
		if _, twice := h.ServerFaults[id]; twice {
			errs = append(errs, wrong("%s is in both ServerFaults and ServerRaces", id))
		}
	}
	for id := range h.ServerFaults {
		if _, twice := h.Known[id]; twice {
			errs = append(errs, wrong("%s is in both Known and ServerFaults", id))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// abilities returns the abilities that cases need, by name.
func abilities(cases []Case) map[string]*Ability {
	all := map[string]*Ability{}
	for _, c := range cases {
		for _, a := range c.Needs {
			all[a.Name] = a
		}
	}
	return all
}
