package azure

import (
	"net/http"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
)

// TestDeleteManyWithoutBatches: if the service has no batches, names are deleted one by
// one, and only one batch is tried.
func TestDeleteManyWithoutBatches(t *testing.T) {
	for code, status := range map[string]int{
		"NotImplemented": 501, "UnsupportedHttpVerb": 405, "UnsupportedQueryParameter": 400,
		"InvalidQueryParameterValue":                             400,
		"FeatureNotYetSupportedForHierarchicalNamespaceAccounts": 409,
		"AuthorizationFailure":                                   403,
	} {
		var batches, single atomic.Int64
		b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				batches.Add(1)
				refuses(w, status, code)
				return
			}
			single.Add(1)
			azures(w)
			w.WriteHeader(202)
		})
		lacks := status != 403
		for round := range int64(2) {
			res, err := files.DeleteMany(t.Context(), b, func(yield func(string) bool) {
				_ = yield("a") && yield("b") && yield("c")
			})
			switch {
			case lacks != (err == nil && res.Deleted == 3):
				t.Errorf("%s: DeleteMany = %+v, %v, and batches are unsupported: %v",
					code, res, err, lacks)
			case lacks && (batches.Load() != 1 || single.Load() != 3*(round+1)):
				t.Errorf("%s: %d batches, %d single requests", code, batches.Load(), single.Load())
			}
		}
	}
}
