package all

// kindsOfTransfers are the kinds of defects that tools for moving files and trees had,
// with the tests that show that this library doesn't have them.
var kindsOfTransfers = []kind{
	{"two listings in different orders", []string{
		"files/transfer TestSecondPlanIsEmpty", "files/transfer TestListingOrder",
		"drivers/all TestTransfer",
	}},
	{"a broken listing taken as its end", []string{"files/transfer TestBrokenListing"}},
	{"one bad entry decides all deletions", []string{
		"files/transfer TestBrokenListing", "files/transfer TestSourceVanishes",
		"files/transfer TestUnreadableFolder", "drivers/local TestListUnreadable",
	}},
	{"same size, older time", []string{
		"files/transfer TestPlan", "files/transfer TestFromFS",
	}},
	{"what a store's time means", []string{
		"files/transfer TestSecondPlanIsEmpty", "files/transfer TestCopyKeepsAttributes",
		"files/transfer TestClockSkew", "files/transfer TestOnlyTheTimeChanged",
		"drivers/all TestTransfer",
	}},
	{"different precision, odd years", []string{
		"files/transfer TestDistantYears", "files/transfer TestUnlikeResolutions",
	}},
	{"digests that can't be compared", []string{
		"files/transfer TestNotCompared", "examples/files TestCommands",
	}},
	{"a side path that forgets an option", []string{"files/transfer TestDryRun"}},
	{"filters and deletion", []string{"files/transfer TestFilteredDeletions"}},
	{"what a pattern means", []string{"files/transfer TestFilters"}},
	{"an empty or unmet list", []string{
		"files/transfer TestEmptyFilter", "files/transfer TestNoFiles",
		"files TestEmptyLists", "drivers/s3 TestEmptyTags",
		"examples/files TestMissing", "examples/files TestEmptyPlace",
	}},
	{"rm takes more than was named", []string{
		"files/transfer TestDirIsNoPrefix", "examples/files TestCommands",
		"examples/files TestNamesAreNoPatterns",
	}},
	{"keys that a disk can't hold", []string{"files/transfer TestForeignKeys"}},
	{"a file becomes a folder", []string{"files/transfer TestFileBecomesFolder"}},
	{"a target that folds case or form", []string{
		"files/transfer TestCaseAndForm", "drivers/local TestTransfersWhereCaseFolds",
	}},
	{"temporary names of a transfer", []string{"files/transfer TestLongNames"}},
	{"loops and special files", []string{
		"files/transfer TestSpecialFiles", "drivers/local TestSpecialFilesAreIgnored",
	}},
	{"the same place, or overlapping ones", []string{
		"files/transfer TestOverlap", "drivers/all TestTransfer",
	}},
	{"move deletes what it didn't copy", []string{
		"files/transfer TestMove", "files/transfer TestMoveKeeps", "files/transfer TestLargeMoved",
	}},
	{"cleaning up after a failed copy", []string{
		"files/transfer TestFailedCopies", "files/transfer TestFailedCopyInside",
		"files/transfer TestFailedLargeCopies",
	}},
	{"limit and guard", []string{"files/transfer TestDeletionGuards"}},
	{"very many deletions", []string{
		"files/transfer TestMemoryOfDeletions", "files/transfer TestRemoveInBulk",
	}},

	// Large files.
	{"a range that is ignored", []string{
		"drivers/all TestWithoutRanges", "drivers/all TestWholeInPlaceOfRest",
		"files/driver TestBefore", "files/driver TestConnectionsFail",
	}},
	{"the place of a part", []string{
		"files TestDownloadAt", "files/driver TestManyConnections", "files/driver TestParts",
		"drivers/all TestUnequalParts",
	}},
	{"part numbers run out", []string{
		"files/driver TestPartPlan", "files/driver TestPartsGrow", "files/driver TestPutAtTheLimit",
		"files/resume TestUploadInterruptedOften",
	}},
	{"cancelling an upload", []string{
		"drivers/all TestUploadCancelled", "files/resume TestUploadCancelled",
		"drivers/s3 TestNoUploadLeft", "drivers/gcs TestNoUploadLeft",
		"examples/files TestInterruptedUpload", "examples/files TestInterruptedLargeUpload",
		"drivers/azure TestBlocksStayHidden", "examples/files TestInterruptedTwice",
		"drivers/s3 TestAbortRefused", "drivers/s3 TestAbortAgain",
		"drivers/gcs TestParallelAbortRefused",
	}},
	{"the response to the completion is lost", []string{
		"drivers/s3 TestLostResponses", "drivers/gcs TestLostResponses",
		"drivers/azure TestLostResponses", "drivers/s3 TestPartsLost",
		"drivers/s3 TestRefusedAndDone", "files/resume TestUploadEachStep",
		"drivers/all TestUploadResumed",
	}},
	{"attributes that depend on the size", []string{
		"drivers/all TestAttributesAtPartSize", "drivers/all TestUploadResumed",
		"files/resume TestUpload", "files/transfer TestCopyKeepsAttributes",
		"files/transfer TestLargeAttributes",
	}},
	{"the place of unfinished pieces", []string{
		"conformance TestSoundUploads", "files/resume TestUploadKilled",
		"drivers/all TestUploadStale", "files/transfer TestLargeStale",
		"drivers/s3 TestUploadsOfKey",
	}},

	// Resuming.
	{"token and source", []string{
		"files/resume TestUploadChangedSource", "files/resume TestUploadChangedMeanwhile",
		"files/resume TestUploadToken", "files/resume TestUploadSourceVersionLies",
		"files/resume TestUploadBeginAnew", "files/transfer TestLargeChanged",
		"files/transfer TestLargeVanished",
	}},
	{"killed in the middle", []string{
		"examples/files TestKilled", "files TestDownloadKilled",
		"files/resume TestDownloadKilled", "files/resume TestUploadKilled",
		"files/transfer TestLargeKilled", "files/transfer TestLargeKilledOften",
		"drivers/all TestTransferKilled",
		"files/transfer TestLeftovers",
	}},
	{"resumed again, two at a time", []string{
		"files/resume TestDownloadKilled", "files/resume TestUploadKilled",
		"files/resume TestUploadInterruptedOften", "files/resume TestUploadTwo",
		"files/resume TestDownloadTwo", "files/transfer TestTwoAtOnce",
		"files/transfer TestLargeTwoAtOnce", "files/transfer TestLargeCancelled",
		"files/transfer TestLargeTwoProcesses", "files/transfer TestLargeKilled",
		"files/transfer TestKillsLoseATenth",
		"drivers/all TestTransferKilled",
	}},

	// Progress and the command.
	{"numbers that are wrong", []string{
		"files/transfer TestProgress", "files/transfer TestLargeResumed",
		"files/transfer TestProgressOfLargeFiles",
	}},
	{"exit codes, and failures of the whole run", []string{
		"files/transfer TestErrorsThatEndTheRun", "drivers/local TestFullDiskEndsTransfers",
		"files/transfer TestSourceFolderVanishes", "examples/files TestCommands",
		"examples/files TestMissing",
	}},
	{"secrets in texts", []string{
		"drivers/all TestNoSecretOfATransfer", "drivers/all TestNoSecretOfAURL",
		"examples/files TestInterrupt",
	}},

	// Faults on the way.
	{"a twentieth of the requests fails", []string{"drivers/s3 TestTransferFaults"}},
	{"a source that changes or vanishes", []string{
		"files/transfer TestSourceKeepsChanging", "files/transfer TestSourceVanishes",
		"files/transfer TestChangedWhileRead",
	}},
	{"a copy inside a store that isn't one request", []string{"drivers/s3 TestTransferRequests"}},
}
