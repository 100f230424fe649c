package azure

import (
	"slices"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// PutOptions are Azure's own options of a Put or a Copy:
//
//	&files.PutOptions{Native: []files.NativeOption{azure.PutOptions{AccessTier: "Cool"}}}
type PutOptions struct {
	// AccessTier is where the blob is stored: "Hot", "Cool", "Cold", "Archive", or a
	// tier of premium accounts that the SDK supports; "" is the account's default. An
	// archived blob can't be read until it is rehydrated.
	AccessTier string
	// Tags are the blob's index tags, at most ten; keys have 1 to 128 characters,
	// values at most 256.
	Tags map[string]string
}

// NativeOption returns the type's name.
func (PutOptions) NativeOption() string { return "azure.PutOptions" }

func (o PutOptions) tier() *blob.AccessTier {
	if o.AccessTier == "" {
		return nil
	}
	t := blob.AccessTier(o.AccessTier)
	return &t
}

// CheckNative accepts a PutOptions.
func (b *backend) CheckNative(_ files.Op, option files.NativeOption) error {
	o, ok := option.(PutOptions)
	if !ok {
		return driver.UnknownNative(option)
	}
	if o.AccessTier != "" && !slices.Contains(blob.PossibleAccessTierValues(),
		blob.AccessTier(o.AccessTier)) {
		return driver.Errorf(files.ErrInvalid, "azure.PutOptions: there is no access tier %q",
			o.AccessTier)
	}
	if len(o.Tags) > 10 {
		return driver.Errorf(files.ErrInvalid, "azure.PutOptions: there are %d tags, more than 10",
			len(o.Tags))
	}
	for k, v := range o.Tags {
		if k == "" || len(k) > 128 || len(v) > 256 {
			return driver.Errorf(files.ErrInvalid,
				"azure.PutOptions: a tag's key has 1 to 128 characters and its value at most 256")
		}
	}
	return nil
}

// native returns the last PutOptions among the options.
func native(options []files.NativeOption) (o PutOptions) {
	for _, n := range options {
		if p, ok := n.(PutOptions); ok {
			o = p
		}
	}
	return o
}
