package conformance_test

import (
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/rerun"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

func TestWrapperIdentity(t *testing.T) {
	longtest.Only(t, "the suite over every kind of bucket, without a wrapper")
	conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
		return b
	}, &conformance.WrapperOptions{Owns: true})
}

func TestWrapperEmptyHooks(t *testing.T) {
	longtest.Only(t, "TestWrapperStack has these hooks too")
	conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
		return files.Wrap(b, files.Hooks{})
	}, nil)
}

func TestWrapperRetry(t *testing.T) {
	longtest.Only(t, "the suite once more, over every kind of bucket")
	conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
		return retry.Wrap(b, &retry.Policy{Delay: time.Millisecond, MaxDelay: time.Millisecond})
	}, nil)
}

func TestWrapperSub(t *testing.T) {
	conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
		s, err := files.Sub(b, "tenants/äöü 1")
		if err != nil {
			panic(err)
		}
		return s
	}, &conformance.WrapperOptions{Only: rerun.Light(t)})
}

func TestWrapperReadOnly(t *testing.T) {
	conformance.RunWrapper(t, files.ReadOnly,
		&conformance.WrapperOptions{Features: readOnlyFeatures, Only: rerun.Light(t)})
}

func readOnlyFeatures(f files.Features) files.Features {
	f.ReadOnly, f.SignPut, f.SignDelete, f.SignContentType = true, false, false, false
	f.IfAbsent, f.IfVersion, f.DeleteIfVersion, f.ServerCopy = false, false, false, false
	return f
}

// TestWrapperStack has three wrappers, one of which reads contents.
func TestWrapperStack(t *testing.T) {
	conformance.RunWrapper(t, stack, &conformance.WrapperOptions{
		Features: func(f files.Features) files.Features {
			f.ServerCopy, f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = false, false,
				false, false, false
			return f
		},
	})
}

// TestWrapperModest: Wrap refuses what a hook removes from the features.
func TestWrapperModest(t *testing.T) {
	longtest.Only(t, "the suite once more, over every kind of bucket")
	conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
		return files.Wrap(b, files.Hooks{Features: modestFeatures})
	}, &conformance.WrapperOptions{Features: modestFeatures})
}
