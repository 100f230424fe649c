package cases

import (
	"strconv"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putUpdateCases = []suite.Case{
	{
		Rule:  "P9",
		Name:  "update",
		Why:   "of many concurrent Updates of one file none may be lost",
		Needs: feature.Needs(feature.Versions, feature.IfVersion, feature.IfAbsent),
		Run:   updateCounts,
	},
	{
		Rule: "P9",
		Name: "update-keeps",
		Why:  "an Update of the content must keep type and metadata",
		Needs: feature.Needs(feature.Versions, feature.IfVersion, feature.IfAbsent,
			feature.Attributes),
		Run: updateKeeps,
	},
}

func updateCounts(t suite.T, h *suite.H) {
	const workers, each = 6, 6
	check.Parallel(workers, func(w int) {
		for range each {
			_, err := files.Update(t.Context(), h.Bucket, "d/counter",
				func(old []byte) ([]byte, error) {
					n, _ := strconv.Atoi(string(old))
					return []byte(strconv.Itoa(n + 1)), nil
				}, &files.UpdateOptions{Attempts: 1000})
			if err != nil {
				t.Errorf("Update: %v, want no error", err)
			}
		}
	})
	check.WantContent(t, h, "d/counter", []byte(strconv.Itoa(workers*each)))
}

func updateKeeps(t suite.T, h *suite.H) {
	before := richly(t, h, "a", []byte("old"), "one")
	if _, err := files.Update(t.Context(), h.Bucket, "a", func(old []byte) ([]byte, error) {
		return append(old, " new"...), nil
	}, nil); err != nil {
		t.Fatalf("Update: %v, want no error", err)
	}
	check.WantContent(t, h, "a", []byte("old new"))
	check.Same(t, "attributes after Update", check.Stat(t, h, "a").Attributes, before.Attributes)
	_, err := files.Update(t.Context(), h.Bucket, "a", func([]byte) ([]byte, error) {
		return nil, check.ErrReader
	}, nil)
	check.WantErr(t, "Update whose function fails", err, check.ErrReader)
	check.WantContent(t, h, "a", []byte("old new"))
}
