package cases

import (
	"slices"

	"cloudfiles.dev/conformance/internal/suite"
)

// All returns the table, in the order of the contract.
func All() []suite.Case {
	return slices.Concat(nameCases, nameTwinCases, nameRandomCases, versionCases, putAtomicCases,
		putOverCases, putFailureCases, putContentCases, putSourceCases, attributeCases,
		conditionCases, versionEmptyCases, digestCases,
		getCases, rangeCases, damageCases, readerCases, readerEndCases, lengthCases,
		statCases, listCases, listPageCases, listCostCases, listEntryCases, helperCases,
		listConcurrentCases, deleteCases, copyCases, moveCases,
		errorCases, errorNilCases, nativeCases, modelCases, modelFindCases, concurrencyCases,
		nestedCases,
		processCases, cancelCases, cancelPanicCases, closeCases, signCases, urlCases)
}
