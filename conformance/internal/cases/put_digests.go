package cases

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var putDigestsCases = []suite.Case{
	{
		Rule:    "P10",
		Name:    "size",
		Why:     "content of another length than was declared must be refused",
		Needs:   feature.Needs(feature.Atomic),
		Largest: 1 << 20,
		Run:     wrongSize,
	},
	{
		Rule: "P10",
		Name: "size-invalid",
		Why:  "a negative size must be ErrInvalid",
		Run:  negativeSize,
	},
	{
		Rule: "P10",
		Name: "digest-good",
		Why:  "a right digest must be accepted, in every notation",
		Run:  goodDigest,
	},
	{
		Rule:  "P10",
		Name:  "digest-wrong",
		Why:   "content that doesn't match its digest must not replace the file",
		Needs: feature.Needs(feature.Atomic),
		Run:   wrongDigest,
	},
	{
		Rule: "P10",
		Name: "digest-malformed",
		Why:  "a malformed digest must be refused: it would never match, or never be checked",
		Run:  malformedDigest,
	},
	{
		Rule: "P10",
		Name: "digest-told",
		Why: "a digest that was given must be returned by Stat, so that copies can be " +
			"checked",
		Needs: feature.Needs(feature.Digests, feature.Attributes),
		Run:   digestTold,
	},
}

// allDigests returns all digests of the content.
func allDigests(c []byte) files.Digest {
	h := driver.NewHasher(files.Digest{
		MD5:       "x",
		SHA256:    "x",
		CRC32:     "x",
		CRC64NVME: "x",
	})
	h.Write(c)
	return h.Sum()
}

// single returns each digest of d alone, by its name.
func single(d files.Digest) map[string]files.Digest {
	return map[string]files.Digest{
		"CRC-32C":     {CRC32C: d.CRC32C},
		"MD5":         {MD5: d.MD5},
		"SHA-256":     {SHA256: d.SHA256},
		"CRC-32":      {CRC32: d.CRC32},
		"CRC-64/NVME": {CRC64NVME: d.CRC64NVME},
	}
}

func wrongSize(t suite.T, h *suite.H) {
	for _, n := range []int{0, 1, 512, 5000, 1 << 20} {
		for _, size := range []int{n - 1, n + 1, n * 2, 0} {
			if size < 0 || size == n {
				continue
			}
			brokenPut(t, h, fmt.Sprintf("%d bytes with the declared size %d", n, size),
				files.ErrCorrupt, func(name string) error {
					return corruptPut(t, h, name, check.Content(1, n),
						&files.PutOptions{Size: new(int64(size))})
				})
		}
	}
}

// corruptPut puts the content as a stream and from memory, which a driver may handle
// differently, and returns the first error that isn't ErrCorrupt.
func corruptPut(t suite.T, h *suite.H, name string, c []byte, opts *files.PutOptions) (err error) {
	for _, r := range []io.Reader{
		check.Stream(c), bytes.NewReader(c), strings.NewReader(string(c)),
	} {
		if _, err = h.Put(t.Context(), name, r, opts); files.KindOf(err) != files.ErrCorrupt {
			return err
		}
	}
	return err
}

func negativeSize(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 10), nil)
	_, err := h.Put(t.Context(), "a", check.Stream(nil), &files.PutOptions{Size: new(int64(-1))})
	check.WantErr(t, "Put with the size -1", err, files.ErrInvalid)
	check.WantContent(t, h, "a", check.Content(1, 10))
}

func goodDigest(t suite.T, h *suite.H) {
	for _, n := range []int{0, 1, 5000, 300_000} {
		c := check.Content(n, n)
		all := allDigests(c)
		for what, d := range single(all) {
			if _, err := h.Put(t.Context(), "a", check.Stream(c),
				&files.PutOptions{Digest: d}); err != nil {
				t.Errorf("Put of %d bytes with their %s: %v, want no error", n, what, err)
			}
		}
		upper := files.Digest{
			CRC32C: strings.ToUpper(all.CRC32C),
			MD5:    strings.ToUpper(all.MD5),
			SHA256: strings.ToUpper(all.SHA256),
		}
		for what, d := range map[string]files.Digest{
			"all digests":         all,
			"digests in capitals": upper,
		} {
			if _, err := h.Put(t.Context(), "a", check.Stream(c), &files.PutOptions{
				Digest: d,
				Size:   new(int64(n)),
			}); err != nil {
				t.Errorf("Put of %d bytes with %s: %v, want no error", n, what, err)
			}
		}
		check.WantContent(t, h, "a", c)
	}
}

func wrongDigest(t suite.T, h *suite.H) {
	c := check.Content(1, 5000)
	wrong := single(allDigests(check.Content(2, 5000)))
	right := allDigests(c)
	mixed := right
	mixed.SHA256 = allDigests(nil).SHA256
	wrong["SHA-256 beside right others"] = mixed
	for what, d := range wrong {
		brokenPut(t, h, "with a wrong "+what, files.ErrCorrupt, func(name string) error {
			return corruptPut(t, h, name, c, &files.PutOptions{Digest: d})
		})
	}
	for what, d := range single(right) {
		brokenPut(t, h, "empty, with the "+what+" of something", files.ErrCorrupt,
			func(name string) error {
				return corruptPut(t, h, name, nil, &files.PutOptions{Digest: d})
			})
	}
}

func malformedDigest(t suite.T, h *suite.H) {
	old := check.Content(1, 10)
	check.Put(t, h, "a", old, nil)
	for _, d := range []files.Digest{
		{MD5: "abc"},
		{MD5: strings.Repeat("g", 32)},
		{SHA256: strings.Repeat("a", 63)},
		{CRC32C: "0x123456"},
		{CRC32: " 1234567"},
		{CRC64NVME: "1"},
		{MD5: "1B2M2Y8AsgTpgAmY7PhCfg=="},
	} {
		_, err := h.Put(t.Context(), "a", check.Stream([]byte("new")), &files.PutOptions{Digest: d})
		check.WantErr(t, fmt.Sprintf("Put with the digest %+v", d), err, files.ErrInvalid)
	}
	check.WantContent(t, h, "a", old)
}

func digestTold(t suite.T, h *suite.H) {
	for _, n := range []int{0, 100, 200_000} {
		c := check.Content(n, n)
		all := allDigests(c)
		d := files.Digest{MD5: strings.ToUpper(all.MD5), SHA256: all.SHA256}
		info := check.Put(t, h, "a", c, &files.PutOptions{Digest: d})
		if info.Digest.IsZero() {
			t.Errorf("Put's Info has no digest, but the bucket claims Digests")
		}
		for what, got := range map[string]files.Digest{
			"Put's":  info.Digest,
			"Stat's": check.Stat(t, h, "a").Digest,
		} {
			if which := got.Conflict(all); which != "" {
				t.Errorf("%s %s is not that of the content", what, which)
			}
			if got.MD5 != "" {
				check.Same(t, what+" MD5", got.MD5, all.MD5)
			}
		}
		if check.Stat(t, h, "a").Digest.IsZero() {
			t.Errorf("Stat's Info has no digest, but the bucket claims Digests")
		}
	}
}
