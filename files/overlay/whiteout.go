package overlay

import (
	"context"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// WhiteoutKey is the metadata key of a whiteout. Its value is "1".
const WhiteoutKey = "cloudfiles-whiteout"

// WhiteoutContent is the content of a whiteout.
const WhiteoutContent = "A file of a lower member is deleted here: cloudfiles.dev/files/overlay\n"

// isWhiteout reports whether a file of the first member is a whiteout.
func isWhiteout(info files.Info) bool {
	return info.Size == int64(len(WhiteoutContent)) && info.Metadata[WhiteoutKey] == "1"
}

// masks reports whether the member's file is a whiteout.
func (r *router) masks(i int, info files.Info) bool {
	return r.whiteouts && i == 0 && isWhiteout(info)
}

// putWhiteout puts a whiteout, which masks the name.
func (r *router) putWhiteout(ctx context.Context, name string, c files.Condition) error {
	size := int64(len(WhiteoutContent))
	_, err := r.members[0].Put(ctx, name, strings.NewReader(WhiteoutContent), &files.PutOptions{
		Attributes: files.Attributes{
			ContentType: "text/plain; charset=utf-8",
			Metadata:    map[string]string{WhiteoutKey: "1"},
		},
		If:   c,
		Size: &size,
	})
	return err
}

// checkAttributes refuses the metadata key of whiteouts.
func (r *router) checkAttributes(a *files.Attributes) error {
	if !r.whiteouts || a == nil {
		return nil
	}
	for k := range a.Metadata {
		if strings.EqualFold(k, WhiteoutKey) {
			return driver.Errorf(files.ErrUnsupported,
				"the metadata key %s is reserved for deleted files of an overlay", WhiteoutKey)
		}
	}
	return nil
}
