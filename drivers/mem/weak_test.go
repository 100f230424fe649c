package mem_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestReturnsWhatCloudsReturn: by default the bucket returns no more than every cloud
// returns, and with each option what that adds.
func TestReturnsWhatCloudsReturn(t *testing.T) {
	now := time.Date(2024, 2, 29, 11, 0, 0, 123456789, time.UTC)
	clock := func() time.Time { return now }
	all := *strong
	all.Clock = clock
	for _, opts := range []*mem.Options{{Clock: clock}, &all} {
		strong := opts.PutTime
		b := mem.New(opts)
		const md5 = "5d41402abc4b2a76b9719d911017c592"
		o := &files.PutOptions{Digest: files.Digest{MD5: md5}}
		info, err := b.Put(t.Context(), "a", strings.NewReader("hello"), o)
		if err != nil || info.ModTime.IsZero() == strong || info.Version == "" || info.Size != 5 {
			t.Errorf("strong %v: Put = %v, %v", strong, info, err)
		}
		stat, err := b.Stat(t.Context(), "a", nil)
		want := now.Truncate(b.Features().TimeResolution)
		if err != nil || !stat.ModTime.Equal(want) || want.Nanosecond() > 0 != strong {
			t.Errorf("strong %v: the time is %v, want %v, %v", strong, stat.ModTime, want, err)
		}
		if (stat.Digest.MD5 == md5) != strong || stat.Digest.CRC32C == "" {
			t.Errorf("strong %v: digests %v", strong, stat.Digest)
		}
		info, err = files.Copy(t.Context(), b, "b", b, "a", nil)
		if err != nil || (info.Size == 5) != strong || (info.ContentType != "") != strong {
			t.Errorf("strong %v: Copy = %v, %v", strong, info, err)
		}
		info, err = files.Copy(t.Context(), b, "c", b, "a", &files.CopyOptions{FullInfo: true})
		if err != nil || info.Size != 5 || info.ContentType == "" || info.ModTime.IsZero() {
			t.Errorf("strong %v: Copy with FullInfo = %v, %v", strong, info, err)
		}
		attrs := &files.PutOptions{Attributes: files.Attributes{ContentType: "x/y"}}
		again, err := b.Put(t.Context(), "a", strings.NewReader("hello"), attrs)
		if err != nil || (again.Version != stat.Version) != strong {
			t.Errorf("strong %v: the same bytes have %q after %q, %v", strong, again.Version,
				stat.Version, err)
		}
		if f := b.Features(); f.VersionPerPut != strong {
			t.Errorf("strong %v: VersionPerPut is %v", strong, f.VersionPerPut)
		}
	}
}

// TestSameBytesSwap: as on S3, compare-and-swap loses an update if a file returns to
// bytes that it had before.
func TestSameBytesSwap(t *testing.T) {
	b := mem.New(nil)
	first := put(t, b, "a", "one")
	put(t, b, "a", "two")
	put(t, b, "a", "one")
	o := &files.PutOptions{If: files.IfVersion(first.Version)}
	if _, err := b.Put(t.Context(), "a", strings.NewReader("three"), o); err != nil {
		t.Errorf("Put = %v, want nil as on S3", err)
	}
}

// TestVersionsAreOfTheContent: different content has different versions, also if size
// and CRC-32C are the same (V1).
func TestVersionsAreOfTheContent(t *testing.T) {
	b := mem.New(nil)
	seen := map[files.Version]string{}
	for i := range 20_000 {
		content := fmt.Sprintf("%05d", i)
		info := put(t, b, "a", content)
		if other, ok := seen[info.Version]; ok {
			t.Fatalf("%q and %q have version %q", other, content, info.Version)
		}
		seen[info.Version] = content
	}
	one, two := oneCRC(t)
	x, y := put(t, b, "x", one), put(t, b, "y", two)
	if x.Digest.CRC32C != y.Digest.CRC32C {
		t.Errorf("the CRC-32Cs are %s and %s, want the same", x.Digest.CRC32C, y.Digest.CRC32C)
	}
	if x.Version == y.Version {
		t.Errorf("both have version %q", x.Version)
	}
	if over := put(t, b, "x", two); over.Version == x.Version {
		t.Errorf("put over each other, both have version %q", x.Version)
	}
}

// oneCRC finds two contents with the same size and the same CRC-32C.
func oneCRC(t *testing.T) (a, b string) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	table := crc32.MakeTable(crc32.Castagnoli)
	seen := map[uint32]uint64{}
	for range 1_000_000 { // some hundred pairs are expected
		n := r.Uint64()
		sum := crc32.Checksum(binary.BigEndian.AppendUint64(nil, n), table)
		if m, ok := seen[sum]; ok && m != n {
			text := func(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }
			return text(m), text(n)
		}
		seen[sum] = n
	}
	t.Fatal("no two contents have the same CRC-32C")
	return "", ""
}

// TestStrongURL: the parameters of a URL are the options, and apply to every handle of
// the bucket.
func TestStrongURL(t *testing.T) {
	const params = "?put_time=true&copy_info=true&version_per_put=true" +
		"&given_digests=true&time_resolution=1ns"
	name := "mem://strong-" + t.Name()
	b, err := files.Open(t.Context(), name+params)
	if err != nil {
		t.Fatal(err)
	}
	if f := b.Features(); !f.VersionPerPut || f.TimeResolution != 1 {
		t.Errorf("Features = %+v, want VersionPerPut and a resolution of 1 ns", f)
	}
	if info := put(t, b, "a", "x"); info.ModTime.IsZero() {
		t.Errorf("Put returns no time: %v", info)
	}
	for url, want := range map[string]error{
		name:                              nil,
		name + params:                     nil,
		name + "?put_time=true":           files.ErrInvalid,
		"mem://?put_time=perhaps":         files.ErrInvalid,
		"mem://?time_resolution=-1s":      files.ErrInvalid,
		"mem://?time_resolution=sometime": files.ErrInvalid,
	} {
		if b, err := files.Open(t.Context(), url); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", url, err, want)
		} else if err == nil && strings.HasPrefix(url, name) && !b.Features().VersionPerPut {
			t.Errorf("%s is another bucket", url)
		}
	}
}
