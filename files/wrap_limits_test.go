package files_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestSizesExactly: a wrapper with smaller largest sizes takes content of exactly those
// sizes, with and without a declared size, as a stream and from memory.
func TestSizesExactly(t *testing.T) {
	for _, c := range []struct {
		below, outer       int64 // MaxSize
		unknown            int64 // the wrapper's MaxUnknownSize
		declared, streamed int64 // what is taken at most
	}{
		{0, 5, 0, 5, 5},
		{0, 1, 0, 1, 1},
		{0, 5, 3, 5, 3},
		{5, 5, 0, 5, 5},
		{4, 5, 0, 4, 4},
		{6, 5, 0, 5, 5},
		{6, 0, 0, 6, 6},
		{0, 0, 3, 9, 3},
	} {
		store := mem.New(nil)
		b := claimsLess(claimsLess(store, func(f *files.Features) { f.MaxSize = c.below }),
			func(f *files.Features) { f.MaxSize, f.MaxUnknownSize = c.outer, c.unknown })
		for n := range int64(10) {
			text := strings.Repeat("x", int(n))
			for what, put := range map[string]struct {
				content io.Reader
				size    *int64
				most    int64
			}{
				"declared":  {strings.NewReader(text), &n, c.declared},
				"in memory": {strings.NewReader(text), nil, c.streamed},
				"a stream":  {io.MultiReader(strings.NewReader(text)), nil, c.streamed},
			} {
				store.Delete(ctx, "a", nil)
				_, err := b.Put(ctx, "a", put.content, &files.PutOptions{Size: put.size})
				if n <= put.most && err != nil ||
					n > put.most && !errors.Is(err, files.ErrTooLarge) {
					t.Errorf("%+v: %d bytes, %s: %v", c, n, what, err)
				}
				if ok, _ := files.Exists(ctx, store, "a"); ok != (err == nil) {
					t.Errorf("%+v: %d bytes, %s: %v, and it is stored: %v", c, n, what, err, ok)
				}
			}
		}
	}
}

// TestLongestNames: a wrapper takes names of exactly the length that it claims, and of
// 1024 bytes if it claims none or an impossible one. If it makes names longer, it claims
// what is left of the length below, and at least one byte.
func TestLongestNames(t *testing.T) {
	for claimed, want := range map[int]int{
		-1: 1024, 0: 1024, 1: 1, 2: 2, 1023: 1023, 1024: 1024, 1025: 1024,
	} {
		b := claimsLess(mem.New(nil), func(f *files.Features) { f.MaxName = claimed })
		if got := b.Features().MaxName; got != want {
			t.Errorf("MaxName %d is claimed as %d, want %d", claimed, got, want)
		}
		put(t, b, strings.Repeat("n", want), "text")
		_, err := files.PutString(ctx, b, strings.Repeat("n", want+1), "text", nil)
		is(t, err, files.ErrInvalidName)
	}
	for extra, want := range map[int]int{0: 1024, 1: 1023, 1022: 2, 1023: 1, 1024: 1, 2000: 1} {
		b := files.Wrap(mem.New(nil), files.Hooks{Names: &files.NameMap{Extra: extra}})
		if got := b.Features().MaxName; got != want {
			t.Errorf("names that become %d bytes longer may have %d, want %d", extra, got, want)
		}
	}
	for dir, ok := range map[int]bool{1022: true, 1023: false} { // "dir/x" has two bytes more
		_, err := files.Sub(mem.New(nil), strings.Repeat("d", dir))
		if (err == nil) != ok {
			t.Errorf("Sub of a directory of %d bytes: %v", dir, err)
		}
	}
}

// TestSigningClaims: a wrapper that can't sign for a method has none of the options of
// that method, and keeps those of others.
func TestSigningClaims(t *testing.T) {
	signer := claimsLess(signing{mem.New(nil)}, func(f *files.Features) {
		f.SignHead, f.SignResponse = true, true
		f.SignContentType, f.SignSize, f.SignIfAbsent = true, true, true
	})
	for what, less := range map[string]func(*files.Features){
		"PUT":      func(f *files.Features) { f.SignPut = false },
		"GET":      func(f *files.Features) { f.SignGet = false },
		"IfAbsent": func(f *files.Features) { f.IfAbsent = false },
		"nothing":  func(*files.Features) {},
	} {
		f := claimsLess(signer, less).Features()
		for option, has := range map[string]bool{"GET": f.SignHead, "GET too": f.SignResponse} {
			if has != (what != "GET") {
				t.Errorf("without %s: the option of %s is %v", what, option, has)
			}
		}
		for option, has := range map[string]bool{"type": f.SignContentType, "size": f.SignSize} {
			if has != (what != "PUT") {
				t.Errorf("without %s: a PUT is bound to its %s: %v", what, option, has)
			}
		}
		if f.SignIfAbsent != (what != "PUT" && what != "IfAbsent") {
			t.Errorf("without %s: SignIfAbsent is %v", what, f.SignIfAbsent)
		}
	}
}
