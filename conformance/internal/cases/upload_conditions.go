package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var uploadConditionCases = []suite.Case{
	{
		Rule: "P8",
		Name: "upload-if-absent",
		Why: "whether there is a file is decided when an upload in parts is completed, not " +
			"when it began, which may be days before",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   uploadIfAbsent,
	},
	{
		Rule:  "P8",
		Name:  "upload-race",
		Why:   "of the uploads with IfAbsent that are completed at once one must succeed",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   uploadRace,
	},
	{
		Rule: "P9",
		Name: "upload-if-version",
		Why: "the version must be compared when an upload in parts is completed: otherwise a " +
			"file that was put meanwhile is lost",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   uploadIfVersion,
	},
}

func uploadIfAbsent(t suite.T, h *suite.H) {
	content, other := check.Content(1, 300), check.Content(2, 200)
	opts := &files.PutOptions{If: files.IfAbsent()}
	u := beginUpload(t, h, h, "f", content, opts)
	putParts(t, u, 1)
	check.Put(t, h, "f", other, nil)
	check.WantErr(t, "CompleteUpload with IfAbsent, of a file that was put since it began",
		completeAgain(t, u), files.ErrExist)
	check.WantContent(t, h, "f", other)
	found(t, "of an upload that was refused", u, false)
	check.Remove(t, h, "f")
	u = beginUpload(t, h, h, "f", content, opts)
	putParts(t, u, 1)
	if err := completeAgain(t, u); err != nil {
		t.Errorf("CompleteUpload with IfAbsent: %v, want no error", err)
	}
	check.WantContent(t, h, "f", content)
}

func uploadRace(t suite.T, h *suite.H) {
	const n = 4
	for range h.Rounds(5) {
		var us [n]*check.Upload
		for i := range us {
			us[i] = beginUpload(t, h, h, "f", check.Content(i, 300+i),
				&files.PutOptions{If: files.IfAbsent()})
			putParts(t, us[i], 1)
		}
		var errs [n]error
		check.Race(n, func(i int) { errs[i] = completeAgain(t, us[i]) })
		won := -1
		for i, err := range errs {
			switch {
			case err != nil:
				check.WantErr(t, "CompleteUpload with IfAbsent, during others", err, files.ErrExist)
			case won >= 0:
				t.Errorf("the uploads %d and %d with IfAbsent succeeded, want one", won, i)
			default:
				won = i
			}
			found(t, "after the race", us[i], err == nil)
		}
		if won < 0 {
			t.Fatalf("none of %d uploads with IfAbsent succeeded, want one", n)
		}
		check.WantContent(t, h, "f", check.Content(won, 300+won))
		check.Remove(t, h, "f")
	}
}

func uploadIfVersion(t suite.T, h *suite.H) {
	content, other := check.Content(1, 300), check.Content(2, 200)
	begin := func() *check.Upload {
		t.Helper()
		check.Put(t, h, "f", check.Content(3, 100), nil)
		u := beginUpload(t, h, h, "f", content,
			&files.PutOptions{If: files.IfVersion(check.Stat(t, h, "f").Version)})
		putParts(t, u, 1)
		return u
	}
	u := begin()
	check.Put(t, h, "f", other, nil)
	check.WantErr(t, "CompleteUpload with IfVersion, of a file that was replaced since it began",
		completeAgain(t, u), files.ErrPrecondition)
	check.WantContent(t, h, "f", other)
	found(t, "of an upload that was refused", u, false)
	u = begin()
	check.Remove(t, h, "f")
	check.WantErr(t, "CompleteUpload with IfVersion, of a file that was deleted since it began",
		completeAgain(t, u), files.ErrPrecondition)
	check.WantMissing(t, h, "f")
	u = begin()
	if err := completeAgain(t, u); err != nil {
		t.Errorf("CompleteUpload with IfVersion of the file's version: %v, want no error", err)
	}
	check.WantContent(t, h, "f", content)
}
