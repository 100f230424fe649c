package all

// kindsOfLayers are the kinds of defects that layers around a bucket, leases, logs and
// signed forms had elsewhere, with the tests that show that this library doesn't have
// them.
var kindsOfLayers = []kind{
	// Any wrapper.
	{"W1 size or rewinding of the content lost by counting it", []string{
		"files/compress TestRewind", "files/crypt TestFreshKeys", "files/limit TestKnownSize",
		"files/mirror TestWritesReachBothMembers", "files/mount TestPutArrives",
		"files/overlay TestRaces",
		"drivers/all TestLayersKeepSize",
	}},
	{"W2 a condition or a new option dropped on the way", []string{
		"files TestOptionsAreClassed", "files/cache TestGetOptionsAreKnown",
		"files/compress TestRaces", "files/crypt TestRaces", "files/mirror TestRaces",
		"files/mount TestPutArrives", "files/overlay TestRaces",
		"drivers/all TestLayersRace",
		"drivers/all TestLayersPassOptions",
	}},
	{"W3 outer size and hash passed to the bucket below", []string{
		"files/compress TestWrongDeclarations",
		"drivers/all TestLayersCheckPlain",
	}},
	{"W4 server-side copy between views with other keys", []string{
		"files/compress TestCopyBetweenViews", "files/crypt TestCopyBetweenViews",
		"files/mount TestOtherView",
		"drivers/all TestStacks",
	}},
	{"W5 retry of a retry; retry without timeout", []string{
		"files/observe TestRetriesDontMultiply", "files/timeout TestWithRetry",
		"files/retry TestOutermostBounds",
		"drivers/all TestRetriesOverDrivers",
	}},

	// observe.
	{"O1 measured at open only, or at Close only", []string{
		"files/observe TestTimes", "files/observe/otelfiles TestSpan",
		"files/observe/promfiles TestMetrics",
	}},
	{"O2 answers counted as failures", []string{
		"files/observe TestOutcomes", "files/observe/otelfiles TestFailures",
		"files/observe/promfiles TestMetrics",
		"files/observe/promfiles TestAnswersAreNoFailures",
	}},
	{"O3 names and secrets in telemetry", []string{
		"files/observe/promfiles TestNamesMakeNoSeries", "files/observe/otelfiles TestFailures",
		"files/observe TestLog", "drivers/all TestNoSecretOfAURL",
		"drivers/all TestLayersHideSignedURLs",
		"drivers/all TestLayersHideWhatTheySign",
	}},

	// limit, timeout, hedge.
	{"L1 slot held by an open body, wanted again by the same work", []string{
		"files/limit TestOneSlot", "files/limit TestLendingInOrder",
	}},
	{"L2 limiter's corner values", []string{
		"files/limit TestLargeRead", "files/limit TestBytes", "files/limit TestMoreThanTheBurst",
		"files/limit TestCancelledWaits",
		"files/limit TestLargestLimits",
		"files/limit TestSmallestRates",
	}},
	{"T1 timeout counts the consumer, or resets for ever", []string{
		"files/timeout TestCallerIsSlow", "files/timeout TestSilentServer",
		"files/timeout TestResumed",
		"files/driver TestResume",
	}},
	{"H1 winner's context cancelled with the losers'", []string{
		"files/hedge TestHedge", "files/hedge TestLoserIsClosed", "files/timeout TestOpenedInTime",
		"files/hedge TestOverHTTP2",
		"files TestAroundDefersCancel",
	}},

	// cache.
	{"C1 unfinished fill read as whole", []string{
		"files/cache TestBrokenFill", "files/cache TestClosedEarly", "files/cache TestKilled",
	}},
	{"C2 one reader's fate decides the others'", []string{
		"files/cache TestFirstCancels", "files/cache TestHeldOrigin",
		"files/cache TestRangesEvictNothing",
	}},
	{"C3 fill begun before a write, stored after it", []string{
		"files/cache TestHeldGet", "files/cache TestWritesThrough",
	}},
	{"C4 Info and bytes of two versions; range cut by an old length", []string{
		"files/cache TestInfoFitsContent",
	}},
	{"C5 two buckets share a cache", []string{
		"files/cache TestIsolation", "files/cache TestCryptKeys",
	}},
	{"C6 trouble in the folder fails reads, wipes, or grows", []string{
		"files/cache TestFailingStore", "files/cache TestStoreKeepsBounds",
		"files/cache TestEntryThatCannotBeDeleted",
		"drivers/local TestCacheOverFaults",
		"drivers/local TestCacheOnFullDisk",
	}},

	// crypt.
	{"K1 truncation at one odd length; error not sticky", []string{
		"files/crypt TestCutAtEveryLength", "files/crypt TestFailedBodyStaysFailed",
	}},
	{"K2 content not bound to its name", []string{"files/crypt TestBoundToItsName"}},
	{"K3 plain size guessed", []string{
		"files/crypt TestSizes", "files/crypt TestSizesBothWays", "files/compress TestList",
	}},
	{"K4 nonce or file key used twice", []string{"files/crypt TestFreshKeys"}},
	{"K5 rotation loses old files", []string{"files/crypt TestRotation"}},
	{"K6 encrypted names", []string{
		"files/crypt TestMaxName", "files/crypt TestNamesBelow", "files/crypt TestListNames",
		"drivers/local TestEncryptedNamesWhereCaseFolds",
	}},

	// compress.
	{"Z1 a cut between frames is valid zstd", []string{
		"files/compress TestDamageIsCorrupt", "files/compress TestFailedBodyStaysFailed",
	}},
	{"Z2 the service decodes by itself", []string{
		"files/compress TestServiceDecodes", "drivers/s3 TestAsStored",
		"drivers/gcs TestStoredAsItIs", "drivers/azure TestAsStored",
		"drivers/azure TestAsksForIdentity",
	}},
	{"Z3 frames that others refuse, or that blow up", []string{
		"files/compress TestOthersReadIt", "files/compress TestHugeFrames",
	}},

	// mount, overlay, mirror.
	{"M1 write or delete that reads don't see", []string{
		"files/overlay TestDeletedFileIsMasked", "files/overlay TestWithoutWhiteouts",
		"files/overlay TestCopyUp",
	}},
	{"M2 the wrong member is asked; trouble taken for absence", []string{
		"files/overlay TestOutage", "files/overlay TestVersions", "files/mount TestOutage",
		"files/mount TestReadOnlyMember",
	}},
	{"M3 a mirror that retries can't repair", []string{
		"files/mirror TestSecondFails", "files/mirror TestFirstFails",
		"files/mirror TestFirstDecidesConditions", "files/mirror TestRepair",
	}},
	{"M4 merged listing", []string{
		"files/overlay TestListing", "files/mount TestListing", "files/overlay TestNewRefuses",
	}},

	// lease, log, Watch.
	{"E1 clocks compared across machines", []string{
		"files/lease TestExclusion", "files/lease TestTakeoverAfterRecordedDuration",
		"files/lease TestRecord",
	}},
	{"E2 own write taken for another's", []string{
		"files/lease TestLostResponses", "files/lease TestOwnWriteAfterOutage",
		"files/lease TestGivenUp", "drivers/all TestLease",
	}},
	{"E3 break or release hits the next holder", []string{
		"files/lease TestReleaseAfterEnd", "files/lease TestTakeoverAfterRecordedDuration",
		"files/lease TestExclusion",
	}},
	{"E4 the old holder goes on", []string{
		"files/lease TestTokenRises", "files/lease TestStoppedHolderIsReplaced",
		"files/lease TestExclusion",
	}},
	{"E5 Watch marks too early, or can't see", []string{
		"files/watch TestFailedComesAgain", "files/watch TestBrokenBody",
		"files/watch TestChanges", "files/watch TestBackAgain", "files/watch TestBackAgainOnDisk",
		"drivers/all TestWatch",
		"drivers/all TestWatchUnderFaults",
	}},
	{"E6 log: doubled, off by one, lost by compaction", []string{
		"files/eventlog TestLostResponses", "files/eventlog TestPositions",
		"files/eventlog TestCompactedMeanwhile", "files/eventlog TestAppendsUnderFaults",
		"drivers/all TestEventlog",
		"files/eventlog TestLostForGood", "files/eventlog TestMissingIsNotGone",
		"files/eventlog TestReadFails",
	}},

	// Signing.
	{"S1 a form's policy not enforced", []string{
		"files/signing TestFormRefused", "files/signing TestFormBelow", "drivers/s3 TestPostForm",
		"files/signing TestLargestSizeOfAPut",
		"drivers/all TestLayersSign",
	}},
	{"S2 forms by temporary credentials", []string{
		"drivers/s3 TestFormFields", "drivers/s3 TestPortableForm", "drivers/gcs TestSignPost",
		"drivers/s3 TestFormWithSessionToken", "drivers/s3 TestTokenIsSigned",
	}},
	{"S3 multipart from a browser", []string{
		"files/signing TestUpload", "files/signing TestUploadBound",
		"files/signing TestUploadCondition", "files/signing TestUploadThroughWrappers",
		"conformance TestSoundSignedParts", "drivers/s3 TestSignedPart",
	}},

	// Against our own hooks.
	{"a Content and Body pair makes every whole Get ErrCorrupt", []string{
		"conformance TestWrapperTransform", "drivers/all TestLayersCheckPlain",
	}},
	{"a declared size is checked below Content; Put's Info is the stored one", []string{
		"drivers/all TestLayersCheckPlain", "files TestWrapContentAndBody",
	}},
	{"two calls of next at once; a deferred cancel kills the body", []string{
		"files TestAroundHedges", "files TestAroundDefersCancel",
	}},
	{"bodies that are closed half-read leave goroutines", []string{
		"files/compress TestHalfReadBodies", "drivers/all TestLayersCloseBodies",
	}},
	{"Entry only keeps or drops: plain sizes in List", []string{
		"files/crypt TestSizes", "files/compress TestList", "files TestTransformEntryFails",
	}},
	{"metadata that layers add", []string{"files/compress TestBadOptions"}},
	{"a layer over itself", []string{"drivers/all TestLayersOverThemselves"}},
	{"an upload that continues, through a layer of several buckets", []string{
		"files/resume TestUploadToMembers", "files/resume TestUploadToMirrorRepeated",
		"files/mount TestUploads",
	}},
}
