package cases

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putIfVersionCases = []suite.Case{
	{
		Rule:  "P9",
		Name:  "replaces-own",
		Why:   "a Put with IfVersion must replace the version that was read",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   versionReplaces,
	},
	{
		Rule:  "P9",
		Name:  "stale",
		Why:   "a Put with an old version must fail, and change nothing",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   versionStale,
	},
	{
		Rule:  "P9",
		Name:  "empty-version",
		Why:   "a condition on the empty version must be refused: the program did not set it",
		Needs: feature.Needs(feature.IfVersion),
		Run:   versionEmpty,
	},
	{
		Rule:  "P9",
		Name:  "race",
		Why:   "of many Puts with one version exactly one must succeed",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   func(t suite.T, h *suite.H) { versionRace(t, h, h.Bucket) },
	},
	{
		Rule:  "P9",
		Name:  "race-two-handles",
		Why:   "of many Puts with one version through two handles exactly one must succeed",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   func(t suite.T, h *suite.H) { versionRace(t, h, h.Second(t)) },
	},
	{
		Rule:  "P9",
		Name:  "counter",
		Why:   "a counter by compare-and-swap must lose no count",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   casCounter,
	},
	{
		Rule: "P9",
		Name: "at-commit",
		Why: "the version must be compared at the commit, not only at the beginning of " +
			"the upload",
		Needs:   feature.Needs(feature.Versions, feature.IfVersion),
		Largest: 3 << 20,
		Run:     versionAtCommit,
	},
	{
		Rule:  "P9",
		Name:  "aba",
		Why:   "a version must not match a file that was deleted and put again",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   versionABA,
	},
}

// ifVersion puts with IfVersion.
func ifVersion(t suite.T, b files.Bucket, name string, c []byte,
	v files.Version) (files.Info, error) {
	return b.Put(t.Context(), name, bytes.NewReader(c), &files.PutOptions{If: files.IfVersion(v)})
}

// current returns the version that the file has.
func current(t suite.T, h *suite.H, name string) files.Version {
	t.Helper()
	return check.Stat(t, h, name).Version
}

func versionReplaces(t suite.T, h *suite.H) {
	check.Put(t, h, "d/a", check.Content(0, 100), nil)
	for i := 1; i < 10; i++ {
		v := current(t, h, "d/a")
		if _, err := ifVersion(t, h, "d/a", check.Content(i, 100+i), v); err != nil {
			t.Fatalf("Put with the current version: %v, want no error", err)
		}
		check.WantContent(t, h, "d/a", check.Content(i, 100+i))
		_, err := ifVersion(t, h, "d/a", check.Content(99, 5), v)
		check.WantErr(t, "Put with the previous version", err, files.ErrPrecondition)
		check.WantContent(t, h, "d/a", check.Content(i, 100+i))
	}
	h.Clean(t, "conditional puts")
}

func versionStale(t suite.T, h *suite.H) {
	old := check.Put(t, h, "a", check.Content(1, 100), nil).Version
	if old == "" {
		old = current(t, h, "a")
	}
	check.Put(t, h, "a", check.Content(2, 100), nil)
	before := check.Stat(t, h, "a")
	for _, v := range []files.Version{old, "no-such-version", "0", "*"} {
		_, err := ifVersion(t, h, "a", check.Content(3, 100), v)
		check.WantErr(t, fmt.Sprintf("Put with the version %q", v), err, files.ErrPrecondition)
		check.Same(t, "Stat after the refused Put", check.Stat(t, h, "a"), before)
		for _, name := range []string{"missing", "missing/x"} {
			_, err = ifVersion(t, h, name, check.Content(3, 100), v)
			check.WantErr(t, "Put with a version where no file exists", err, files.ErrPrecondition)
			check.WantMissing(t, h, name)
		}
	}
	check.Remove(t, h, "a")
	_, err := ifVersion(t, h, "a", check.Content(3, 100), before.Version)
	check.WantErr(t, "Put with the version of a deleted file", err, files.ErrPrecondition)
	check.WantOnly(t, h)
}

func versionEmpty(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 100), nil)
	for _, name := range []string{"a", "missing"} {
		_, err := ifVersion(t, h, name, check.Content(2, 100), "")
		check.WantErr(t, `Put with IfVersion("")`, err, files.ErrPrecondition)
	}
	check.WantOnly(t, h, "a")
	check.WantContent(t, h, "a", check.Content(1, 100))
}

func versionRace(t suite.T, h *suite.H, other files.Bucket) {
	const n = 64
	check.Put(t, h, "d/a", check.Content(1000, 10), nil)
	for round := range h.Rounds(5) {
		v := current(t, h, "d/a")
		size := 10 + round*20_000
		errs := make([]error, n)
		meet := meeting(n)
		check.Race(n, func(i int) {
			b := h.Bucket
			if i%2 == 1 {
				b = other
			}
			_, errs[i] = b.Put(t.Context(), "d/a", meet(check.Content(round*n+i, size)),
				&files.PutOptions{If: files.IfVersion(v)})
		})
		oneWinner(t, errs, files.ErrPrecondition, func(i int) {
			check.WantContent(t, h, "d/a", check.Content(round*n+i, size))
		})
	}
	h.Clean(t, "a race of updates")
}

func casCounter(t suite.T, h *suite.H) {
	const workers, each = 8, 8
	check.Put(t, h, "counter", []byte("0"), nil)
	check.Parallel(workers, func(w int) {
		for done := 0; done < each; {
			p, info, err := check.Read(t.Context(), h, "counter", nil)
			if errors.Is(err, files.ErrChanged) {
				continue
			}
			n, aerr := strconv.Atoi(string(p))
			if err != nil || aerr != nil {
				t.Errorf("the counter is %q: %v", p, err)
				return
			}
			_, err = ifVersion(t, h, "counter", []byte(strconv.Itoa(n+1)), info.Version)
			switch {
			case err == nil:
				done++
			case !errors.Is(err, files.ErrPrecondition):
				t.Errorf("Put of the counter: %v", err)
				return
			}
		}
	})
	check.WantContent(t, h, "counter", []byte(strconv.Itoa(workers*each)))
}

func versionAtCommit(t suite.T, h *suite.H) {
	for _, size := range uploadSizes {
		check.Put(t, h, "a", check.Content(1, 100), nil)
		v := current(t, h, "a")
		_, err := h.Put(t.Context(), "a", check.Hook(check.Content(2, size), size*9/10, func() {
			check.Put(t, h, "a", check.Content(3, 100), nil)
		}), &files.PutOptions{If: files.IfVersion(v)})
		check.WantErr(t, "Put with a version that was overtaken", err, files.ErrPrecondition)
		check.WantContent(t, h, "a", check.Content(3, 100))
		v = current(t, h, "a")
		_, err = h.Put(t.Context(), "a", check.Hook(check.Content(2, size), size*9/10, func() {
			check.Remove(t, h, "a")
		}), &files.PutOptions{If: files.IfVersion(v)})
		check.WantErr(t, "Put with the version of a file that is deleted during the upload", err,
			files.ErrPrecondition)
		check.WantMissing(t, h, "a")
	}
}

func versionABA(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 100), nil)
	v := current(t, h, "a")
	check.Remove(t, h, "a")
	check.Put(t, h, "a", check.Content(2, 100), nil)
	_, err := ifVersion(t, h, "a", check.Content(3, 100), v)
	check.WantErr(t, "Put with the version of the file before its deletion", err,
		files.ErrPrecondition)
	check.WantContent(t, h, "a", check.Content(2, 100))
}
