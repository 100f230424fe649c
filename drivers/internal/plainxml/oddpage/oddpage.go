// Package oddpage makes random pages of listings for tests. Most of them are malformed.
package oddpage

import (
	"math/rand/v2"
	"strings"
)

// Entries returns up to five entries, each one of the first two pieces, with up to three
// pieces put in at random, some of them in place of up to seven bytes.
func Entries(rng *rand.Rand, pieces []string) string {
	var all []string
	for range rng.IntN(6) {
		all = append(all, pieces[rng.IntN(2)])
	}
	page := strings.Join(all, "")
	for range rng.IntN(4) {
		from := rng.IntN(len(page) + 1)
		to := min(len(page), from+rng.IntN(8)*rng.IntN(2))
		page = page[:from] + pieces[rng.IntN(len(pieces))] + page[to:]
	}
	return page
}
