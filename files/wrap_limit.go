package files

import "iter"

// listLimited lists with a limit above a bucket of whose entries some may be left out:
// the caller counts those that count, and wanted tells how many are still to come. What
// the bucket below couldn't read comes behind the last entry (L9), which it does only
// where that listing ends there by its own limit. So as many are asked for as are
// wanted, and where some were left out, parts of growing size behind them; of a part
// that isn't used up, what was used is listed once more.
//
// A bucket without an order has no place to go on from, and is listed without a limit.
func listLimited(
	o ListOptions, ordered bool, wanted func() int64,
	list func(ListOptions) iter.Seq2[Entry, error],
) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		o := o
		if !ordered {
			o.Limit = 0
		}
		var unread error
		for {
			part, used := o, 0
			for e, err := range list(part) {
				switch {
				case err != nil && used == part.Limit && part.Limit > 0:
					unread = firstOf(unread, err)
					continue // and the listing ends
				case err != nil:
					yield(Entry{}, firstOf(unread, err))
					return
				case part.Limit > 0 && used == part.Limit:
					return // more than was asked for
				}
				used++
				o.StartAfter = e.Name + e.Key // one of both is empty
				if !yield(e, nil) {
					return
				}
				if wanted() == 0 && used != part.Limit {
					break
				}
			}
			if wanted() == 0 && used < part.Limit {
				unread = firstOf(unread, unreadOf(part, used, list))
			}
			if wanted() == 0 || part.Limit == 0 || used < part.Limit {
				if unread != nil {
					yield(Entry{}, unread)
				}
				return
			}
			o.Limit = min(2*part.Limit, maxPart)
		}
	}
}

// maxPart is how many entries a part has at most.
const maxPart = 1 << 20

// unreadOf is what couldn't be read of the first entries of a listing.
func unreadOf(o ListOptions, n int, list func(ListOptions) iter.Seq2[Entry, error]) error {
	o.Limit, o.NamesOnly = n, true
	seen := 0
	for _, err := range list(o) {
		if err != nil {
			return err
		}
		if seen++; seen > n {
			break // more than was asked for
		}
	}
	return nil
}

// firstOf is the first error of two listings, one behind the other.
func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
