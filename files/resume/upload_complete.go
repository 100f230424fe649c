package resume

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// find looks for the file of an upload that another process has completed, and compares
// the source with it.
func (u *upload) find(ctx context.Context) (info files.Info, found bool, err error) {
	err, _ = u.step(ctx, func(ctx context.Context, to *driver.Uploader) (err error) {
		info, found, err = to.FindUpload(ctx, u.up)
		return err
	})
	if err != nil || !found {
		return files.Info{}, false, err
	}
	stored := info.Digest.CRC32C
	if _, err := u.transfer(ctx, false); err != nil {
		return files.Info{}, false, err
	}
	if stored != "" && stored != u.up.Digest.CRC32C || info.Size != u.size {
		return files.Info{}, false, driver.Errorf(files.ErrCorrupt,
			"the source was changed since it was stored")
	}
	info = u.fullInfo(ctx, info)
	u.event(UploadEvent{Kind: UploadFound, Bytes: u.size})
	return info, true, nil
}

// fullInfo returns the Info with the fields that the service didn't return.
func (u *upload) fullInfo(ctx context.Context, info files.Info) files.Info {
	u.step(context.WithoutCancel(ctx), func(_ context.Context, to *driver.Uploader) error {
		info = to.Info(u.up, info)
		return nil
	})
	info.Name = u.name
	return info
}

// complete is step 4.
func (u *upload) complete(ctx context.Context) (info files.Info, gone bool, err error) {
	parts := make([]driver.UploadedPart, u.up.Parts())
	for i := range parts {
		parts[i] = u.there[i+1]
	}
	done := false
	err, gone = u.step(ctx, func(ctx context.Context, to *driver.Uploader) error {
		got, err := to.CompleteUpload(ctx, u.up, parts)
		if err == nil {
			info, done = to.Info(u.up, got), true
			info.Name = u.name
		}
		return err
	})
	if err == nil && done && !gone {
		return info, false, nil
	}
	// Another process, or an earlier attempt, may have been first.
	if kind := files.KindOf(err); gone || kind == files.ErrExist || kind == files.ErrPrecondition {
		if info, found, ferr := u.find(ctx); found || ferr != nil && gone {
			return info, false, ferr
		}
	}
	return files.Info{}, gone, err
}
