package crypt_test

import (
	"context"
	"errors"
	"fmt"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/crypt"
)

// Encrypt with a new key, and still read files that an old key has encrypted.
func ExampleNew() {
	// A program gets the secrets from a secret store.
	old := crypt.Key{ID: "2025", Secret: []byte("an example of 32 bytes, not safe")}
	now := crypt.Key{ID: "2026", Secret: []byte("another example: draw it instead")}
	ctx, store := context.Background(), mem.New(nil)

	b, err := crypt.New(store, &crypt.Options{Keys: []crypt.Key{old}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := files.PutString(ctx, b, "notes/day14.txt", "Rain again.", nil); err != nil {
		fmt.Println(err)
		return
	}

	b, err = crypt.New(store, &crypt.Options{Keys: []crypt.Key{now, old}})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := files.ReadString(ctx, b, "notes/day14.txt", nil)
	fmt.Println(text, err)

	// A copy onto itself encrypts the file with the new key.
	for e, err := range b.List(ctx, "", nil) {
		if err == nil {
			_, err = files.Copy(ctx, b, e.Name, b, e.Name, nil)
		}
		fmt.Println(e.Name, e.Size, err)
	}
	without, _ := crypt.New(store, &crypt.Options{Keys: []crypt.Key{old}})
	_, err = files.ReadString(ctx, without, "notes/day14.txt", nil)
	var missing *crypt.KeyError
	fmt.Println(errors.Is(err, files.ErrPermission), errors.As(err, &missing), missing.ID)
	// Output:
	// Rain again. <nil>
	// notes/day14.txt 11 <nil>
	// true true 2026
}
