package all

const fake = "files/filestest "

// kindsOfFakes are those of fakes in applications' tests.
var kindsOfFakes = []kind{
	{"a condition that is taken and dropped", []string{
		fake + "TestEveryFieldActs", fake + "TestEveryOptionActs", "files/signing TestFormRefused",
	}},
	{"limits that only production has", []string{
		"drivers/all TestFakesLimits", "drivers/all TestPersonalitiesClaim",
		fake + "TestLimitOfExpiry", fake + "TestTreesThatCantBe",
	}},
	{"accepted, then hidden", []string{
		"drivers/all TestMinIOBeside", fake + "TestTreesThatCantBe",
	}},
	{"two grains of time; a clock nobody waits for", []string{
		fake + "TestTimesAlike", fake + "TestClockEndsNoWait",
	}},
	{"drift, both ways", []string{
		"drivers/all TestPersonalitiesDiffer", "drivers/all TestPersonalitiesHabits",
		"drivers/all TestPersonalitiesClaim", fake + "TestDifferencesHaveSources",
	}},
	{"a checker that checks nothing", []string{
		fake + "TestLeaksAreReported", fake + "TestUnspentRulesFail",
		fake + "TestWithinHoldsTheBudget",
		fake + "TestGolden", fake + "TestTreesThatCantBe", fake + "TestAroundChanges",
		fake + "TestEndings", fake + "TestBudgetOfRequests",
	}},
	{"errors that no driver gives", []string{
		"drivers/all TestFakesGiveWhatDriversGive", fake + "TestErrorsThatNoDriverGives",
		fake + "TestInjectedErrors",
	}},
	{"a fault that never fires", []string{fake + "TestUnspentRulesFail"}},
	{"which try was the third?", []string{fake + "TestLastWord", fake + "TestNthAndTimes"}},
	{"somebody else eats the fault", []string{fake + "TestFirstRuleWins"}},
	{"a lock held while waiting or calling out", []string{
		fake + "TestInABubble", fake + "TestDelayEndsWithTheContext",
		fake + "TestRuleFunctionsMayUseTheBucket",
	}},
	{"success whose answer is lost", []string{
		fake + "TestLostAnswerOfEachWrite", fake + "TestRepeatAfterLostAnswer",
	}},
	{"only the first point of failure is tested", []string{
		fake + "TestSweep", fake + "TestSweepAround", fake + "TestEndings",
		"examples/photos TestRenameLosesNothing",
	}},
	{"chance", []string{
		fake + "TestRateIsDeterministic", fake + "TestChanceByName", fake + "TestNthAndTimes",
	}},
	{"the leak is blamed on another test", []string{fake + "TestParallelTestsAreApart"}},
	{"order of cleaning up", []string{
		fake + "TestLeaksAreReported", fake + "TestAfterItsContext", fake + "TestEndings",
	}},
	{"the fake's own leftovers", []string{fake + "TestNothingIsLeft"}},
	{"after the end, and off the goroutine", []string{
		fake + "TestAfterTheEnd", fake + "TestEndings", fake + "TestPanicInATest",
	}},
	{"bubbles", []string{
		fake + "TestInABubble", fake + "TestForgottenInABubble", fake + "TestSignedURLs",
		fake + "TestLostWriterEndsInABubble",
	}},
	{"a recording too near, too big, too dark", []string{
		fake + "TestRecordIsACopy", fake + "TestRecordIsBounded", fake + "TestManyCalls",
		fake + "TestFailuresAreShort", fake + "TestContentIsSizeAndDigest",
	}},
	{"which bucket was that?", []string{
		fake + "TestURLFindsTheFake", fake + "TestAfterTheEnd", fake + "TestOnlyFakes",
	}},
	{"the fixture satisfies the assertion", []string{
		fake + "TestChanges", fake + "TestAroundChanges", fake + "TestAroundUncertain",
	}},
	{"order that nobody promised", []string{
		fake + "TestWantCalls", fake + "TestWantOrder", fake + "TestParallelCode",
	}},
	{"budgets that flicker", []string{
		fake + "TestWithinHoldsTheBudget", fake + "TestParallelCode",
	}},
	{"one call is not one request", []string{
		"drivers/s3 TestFakeRequests", "drivers/gcs TestFakeRequests",
		"drivers/azure TestFakeRequests", fake + "TestPagesAndBatches", fake + "TestPriceLists",
	}},
	{"golden files and -update", []string{fake + "TestGolden", fake + "TestUpdateFlag"}},
	{"trees that the format can't hold", []string{
		fake + "TestTxtar", fake + "TestTxtarOrAnError", fake + "TestTreesThatCantBe",
	}},
	{"snapshots", []string{fake + "TestSnapshot", fake + "TestRestoreOverAWriter"}},
	{"signed URLs that open to anything", []string{
		fake + "TestSignedURLs", fake + "TestCORSIsOff", "files/signing TestFormRefused",
	}},
	{"instruments that change what they measure", []string{
		fake + "TestInstrumentsHideNothing", fake + "TestEveryAbility", fake + "TestAbilities",
	}},

	// What people praise, and what ours should read like.
	{"one line to set up, words of the domain", []string{
		fake + "TestOfAnApplication", "examples/photos TestUpload", fake + "TestPartsOfATree",
	}},
	{"benchmarks and fuzz targets have it too", []string{fake + "FuzzFake"}},
}
