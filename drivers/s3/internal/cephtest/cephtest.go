// Package cephtest lists the cases that Ceph's gateway of the tests (16.2) fails,
// though S3 passes them, and runs the suite below a directory of that store. It is
// apart from the driver's other tests, so that those end in time.
package cephtest

import "maps"

// Faults are the cases that the gateway always fails, with the reason.
var Faults = map[string]string{
	"P7/limit": "the gateway refuses a header whose name has 1,900 bytes; S3 counts names and " +
		"values together",
	"P7/keys":         "the gateway changes _ in metadata keys to -",
	"P8/sizes-large":  InParts,
	"C1/near-version": nearETags,
	"G8/near-version": nearETags,
	"P9/near-version": nearETags,
	"P9/sizes-large":  InParts,

	"P8/upload-if-absent":  InParts,
	"P8/upload-race":       InParts,
	"P9/upload-if-version": InParts,
	"X2/upload-abort":      goneUploads,
}

const goneUploads = "the gateway ends an upload that is gone with 500 InternalError; S3 says " +
	"404 NoSuchUpload"

const nearETags = "the gateway accepts an ETag with more characters at its end; S3 compares the " +
	"whole"

// InParts is the reason for the failures of conditional uploads in parts.
const InParts = "the gateway ignores the conditions of CompleteMultipartUpload " +
	"(ceph/ceph#64830), " +
	"so the driver refuses a conditional upload in parts with ErrUnsupported; S3 keeps them"

// FaultsOfSmallParts returns the Faults if the parts of an upload have 5 MiB, so that
// more cases upload in parts.
func FaultsOfSmallParts() map[string]string {
	all := maps.Clone(Faults)
	for _, id := range []string{
		"C1/large-attributes", "C1/large-conditions", "P8/large", "P8/sizes", "P9/large",
		"P9/large-update", "P9/sizes",
	} {
		all[id] = InParts
	}
	return all
}

const lostRace = "the gateway responds with 500 to a conditional put that loses a race, as in " +
	"P9/update"

// Races are the cases that the gateway fails in some runs.
var Races = map[string]string{
	"P9/update": "the gateway responds with 500 to a conditional put that loses a race, so its " +
		"outcome is uncertain; " +
		"S3 responds with 412 or 409 (TestRecordedResponses, TestLostResponses)",
	"C1/attributes-beside-put": lostRace,
	"C1/if-absent-race":        lostRace,
	"P8/race":                  lostRace,
	"P8/race-two-handles":      lostRace,
	"P9/counter":               lostRace,
	"P9/race":                  lostRace,
	"P9/race-two-handles":      lostRace,
	"X1/everything-at-once":    lostRace,
	"X1/linearizable":          lostRace,
}
