package driver_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestCompleteSignedUploadFits: the parts are compared with what was declared, and the
// error names those that are missing, at most eight.
func TestCompleteSignedUploadFits(t *testing.T) {
	content := strings.Repeat("0123", 12)
	for what, c := range map[string]struct {
		sent  []int
		extra []driver.UploadedPart
		words []string
		not   string
	}{
		"one missing": {
			sent:  []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12},
			words: []string{"part 11 is missing"},
			not:   "more",
		},
		"eight missing": {
			sent:  []int{9, 10, 11, 12},
			words: []string{"part 1 is missing, part 2", "part 8 is missing"},
			not:   "more",
		},
		"nine missing": {
			sent:  []int{10, 11, 12},
			words: []string{"part 1 is missing, part 2", "part 8 is missing, and 1 more"},
			not:   "part 9",
		},
		"another size": {
			sent:  []int{1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
			extra: []driver.UploadedPart{{Number: 2, Size: 5}},
			words: []string{"part 2 has 5 bytes, not 4"},
			not:   "missing",
		},
		"part 13": {
			sent:  []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
			extra: []driver.UploadedPart{{Number: 13, Size: 4}},
			words: []string{"part 13, of an upload of 12 parts"},
		},
		"part 0": {
			sent:  []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
			extra: []driver.UploadedPart{{Number: 0, Size: 4}},
			words: []string{"part 0, of an upload of 12 parts"},
		},
	} {
		p := newPartTaker()
		b := driver.New(p)
		u := beginSigned(t, b, "a", content, driver.SignedUploadOptions{})
		receive(t, b, u, content, c.sent...)
		p.extra = c.extra
		info, err := driver.CompleteSignedUpload(t.Context(), b, u)
		if !errors.Is(err, files.ErrCorrupt) || info.Name != "" ||
			!uploadFailed(err, files.OpUpload, "a") || p.took("CompleteUpload") > 0 {
			t.Errorf("%s: %+v, %v, want ErrCorrupt", what, info, err)
			continue
		}
		for _, w := range c.words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want %q", what, err, w)
			}
		}
		if c.not != "" && strings.Contains(err.Error(), c.not) {
			t.Errorf("%s: %v, don't want %q", what, err, c.not)
		}
	}
}

// TestCompleteSignedUploadErrors: whatever a step returns, the caller gets the Info only
// of the file that the upload has become.
func TestCompleteSignedUploadErrors(t *testing.T) {
	const round = "ListParts CompleteUpload FindUpload"
	gone, boom := driver.ErrUploadGone, errors.New("boom")
	for what, c := range map[string]struct {
		errs  map[string][]error
		made  bool // the upload has become the file
		size  int64
		want  error
		steps string
	}{
		"plain": {steps: "ListParts CompleteUpload"},
		"the listing fails": {
			errs:  map[string][]error{"ListParts": {boom}},
			want:  boom,
			steps: "ListParts",
		},
		"completed before": {
			errs:  map[string][]error{"ListParts": {gone}},
			made:  true,
			steps: "ListParts FindUpload",
		},
		"aborted before": {
			errs:  map[string][]error{"ListParts": {gone}},
			want:  files.ErrNotExist,
			steps: "ListParts FindUpload",
		},
		"of another size": {
			errs:  map[string][]error{"ListParts": {gone}},
			made:  true,
			size:  1,
			want:  files.ErrNotExist,
			steps: "ListParts FindUpload",
		},
		"not found": {
			errs:  map[string][]error{"ListParts": {gone}, "FindUpload": {boom}},
			made:  true,
			want:  boom,
			steps: "ListParts FindUpload",
		},
		"a part was replaced": {
			errs:  map[string][]error{"CompleteUpload": {gone, gone}},
			steps: round + " " + round + " ListParts CompleteUpload",
		},
		"parts are replaced": {
			errs:  map[string][]error{"CompleteUpload": {gone, gone, gone, gone}},
			want:  files.ErrNotExist,
			steps: round + " " + round + " " + round,
		},
		"completed meanwhile": {
			errs:  map[string][]error{"CompleteUpload": {gone}},
			made:  true,
			steps: round,
		},
		"not found meanwhile": {
			errs:  map[string][]error{"CompleteUpload": {gone}, "FindUpload": {boom}},
			want:  boom,
			steps: round,
		},
		"by itself": {
			errs:  map[string][]error{"CompleteUpload": {files.ErrExist}},
			made:  true,
			steps: round,
		},
		"by itself, with a version": {
			errs:  map[string][]error{"CompleteUpload": {files.ErrPrecondition}},
			made:  true,
			steps: round,
		},
		"exists": {
			errs:  map[string][]error{"CompleteUpload": {files.ErrExist}},
			want:  files.ErrExist,
			steps: round,
		},
		"another version": {
			errs:  map[string][]error{"CompleteUpload": {files.ErrPrecondition}},
			want:  files.ErrPrecondition,
			steps: round,
		},
		"uncertain": {
			errs:  map[string][]error{"CompleteUpload": {files.ErrUncertain}},
			made:  true,
			want:  files.ErrUncertain,
			steps: "ListParts CompleteUpload",
		},
	} {
		p := newPartTaker()
		b := driver.New(p)
		u := sent(t, b, "a", driver.SignedUploadOptions{})
		if c.made {
			if _, err := files.PutString(t.Context(), b, "a", "0123456789", nil); err != nil {
				t.Fatal(err)
			}
			p.made["a"] = u.ID
		}
		p.steps, p.errs, p.foundSize = nil, c.errs, c.size
		info, err := driver.CompleteSignedUpload(t.Context(), b, u)
		if got := strings.Join(p.steps, " "); got != c.steps {
			t.Errorf("%s: the steps are %s, want %s", what, got, c.steps)
		}
		if c.want != nil {
			if !errors.Is(err, c.want) || info.Name != "" || info.Version != "" ||
				!uploadFailed(err, files.OpUpload, "a") {
				t.Errorf("%s: %+v, %v, want %v", what, info, err, c.want)
			}
			continue
		}
		if err != nil || info.Name != "a" || info.Size != 10 || info.Version != "1" {
			t.Errorf("%s: CompleteSignedUpload = %+v, %v, want version 1 of a", what, info, err)
		}
	}
}

// TestCompleteSignedUploadConditions: the condition is decided by the backend when the
// file is stored.
func TestCompleteSignedUploadConditions(t *testing.T) {
	p := newPartTaker()
	b := driver.New(p)
	v, err := files.PutString(t.Context(), b, "a", "old", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		cond files.Condition
		want error
	}{
		{files.IfAbsent(), files.ErrExist},
		{files.IfVersion("17"), files.ErrPrecondition},
		{files.IfVersion(v.Version), nil},
		{files.Condition{}, nil},
	} {
		u := sent(t, b, "a", driver.SignedUploadOptions{If: c.cond})
		version, _ := c.cond.Version()
		if u.IfAbsent != c.cond.Absent() || u.IfVersion != version {
			t.Errorf("%d: the upload is %+v", i, u)
		}
		if _, err := driver.CompleteSignedUpload(t.Context(), b, u); !errors.Is(err, c.want) {
			t.Errorf("%d: %v, want %v", i, err, c.want)
		}
		if got := p.last.If; got != c.cond {
			t.Errorf("%d: the condition is %+v, want %+v", i, got, c.cond)
		}
	}
}

// TestCompleteSignedUploadAgain: a wrapper repeats a step with the same parts, whatever
// the backend has done with its list.
func TestCompleteSignedUploadAgain(t *testing.T) {
	p := newPartTaker()
	p.scrambles = true
	again := files.Wrap(driver.New(p), files.Hooks{
		Uploads: true,
		Around: func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
			err := next(ctx)
			if errors.Is(err, files.ErrUnavailable) {
				err = next(ctx)
			}
			return err
		},
	})
	u := sent(t, again, "a", driver.SignedUploadOptions{})
	p.errs["CompleteUpload"] = []error{files.ErrUnavailable}
	info, err := driver.CompleteSignedUpload(t.Context(), again, u)
	got, rerr := files.ReadAll(t.Context(), again, "a", nil)
	if err != nil || rerr != nil || string(got) != "0123456789" || info.Size != 10 {
		t.Errorf("%+v, %v; the file is %q, %v", info, err, got, rerr)
	}
	p.errs["ListParts"] = []error{driver.ErrUploadGone}
	p.steps = nil
	if _, err := driver.SignedParts(t.Context(), again, u); !errors.Is(err, files.ErrNotExist) ||
		fmt.Sprint(p.steps) != "[ListParts]" {
		t.Errorf("an upload that is gone: %v, after %v, want no retry", err, p.steps)
	}
}
