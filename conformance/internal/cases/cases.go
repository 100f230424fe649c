package cases

import (
	"cmp"
	"slices"
	"sync"

	"cloudfiles.dev/conformance/internal/suite"
)

// All returns the table of cases, in the order of the contract. A new case goes into
// the table of its file, and the table of a new file into All.
func All() []suite.Case {
	all := slices.Concat(
		namesIllegalCases, namesBesideCases, namesLegalCases, namesContainedCases,
		namesConfusableCases, versionsCases, versionsTimesCases, putAtomicCases, putInfoCases,
		putDurableCases, putReplacesCases, putFailureCases, putTypesCases, putSizesCases,
		putSourceCases, putAttributesCases, putIfAbsentCases, putIfVersionCases,
		putIfVersionEmptyCases, putDigestsCases, getCases, getOneVersionCases, getRangesCases,
		getAtCases,
		getResumedCases, getDamageCases, getStreamCases, getStreamEndCases, getContextCases,
		getLengthsCases, putLengthsCases, getIfChangedCases, statCases, listCases,
		listShallowCases, listOptionsCases, listCostCases, listEntriesCases, listEmptyCases,
		listRawKeyCases, listLoopCases, listPagesCases, putWriterCases, putUpdateCases,
		listConcurrentCases, deleteManyCases, deleteCases, deleteIfVersionCases, copyCases,
		putLargeCases, putConditionsSizesCases, getLargeCases, getHugeCases, copyLargeCases,
		putEmptyCases, copyEmptyCases, listWideCases, listRawKeyManyCases,
		copyAttributesCases, copyOntoItselfCases, copyConditionsCases, copyBetweenCases,
		moveCases, errorsCases, errorsKindsCases, errorsVanishedCases, errorsNilCases,
		errorsNativeCases, concurrencyRandomCases, concurrencyCases, concurrencyNestedCases,
		processCases, cancelCases, cancelPanicsCases, closeCases, signCases, signOptionsCases,
		signPartsCases, urlsCases,
		namesBeforeIOCases, versionsNearCases, versionsTimesNowCases, putEveryWayCases,
		putSourceLaterCases, getEveryWayCases, statAfterEachCases, deleteManyEachCases,
		copyEveryWayCases, cancelPartsCases, uploadCases, uploadConditionCases,
		uploadProcessCases)
	slices.SortStableFunc(all, func(a, b suite.Case) int {
		return cmp.Compare(ruleOrder()[a.Rule], ruleOrder()[b.Rule])
	})
	return all
}

// ruleOrder returns the position of each rule in the contract.
var ruleOrder = sync.OnceValue(func() map[string]int {
	order := map[string]int{}
	for i, r := range Rules() {
		order[r.ID] = i
	}
	return order
})
