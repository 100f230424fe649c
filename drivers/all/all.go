// Package all registers every scheme, and the URL parameters of layers. Import it in a
// program that opens any URL:
//
//	import _ "cloudfiles.dev/drivers/all"
//
// It links the SDKs of AWS, Google and Azure, some 640 packages. A program that opens
// only certain schemes needs to import only their drivers.
package all

import (
	_ "cloudfiles.dev/drivers/azure" // azblob://
	_ "cloudfiles.dev/drivers/gcs"   // gs://
	_ "cloudfiles.dev/drivers/gocloud"
	_ "cloudfiles.dev/drivers/local"           // file://
	_ "cloudfiles.dev/drivers/local/localhttp" // and its parameter base_url
	_ "cloudfiles.dev/drivers/mem"             // mem://
	_ "cloudfiles.dev/drivers/s3"              // s3://

	_ "cloudfiles.dev/files/cache"   // cache=
	_ "cloudfiles.dev/files/timeout" // timeout=, on schemes without that parameter

	_ "gocloud.dev/blob/azureblob" // gocloud+azblob://
	_ "gocloud.dev/blob/fileblob"  // gocloud+file://
	_ "gocloud.dev/blob/memblob"   // gocloud+mem://
	_ "gocloud.dev/blob/s3blob"    // gocloud+s3://
)
