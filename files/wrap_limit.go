package files

import "iter"

// listLimited lists with a limit above a bucket some of whose entries may be left out.
// The caller counts the entries that it keeps, and wanted returns how many are still to
// come.
//
// The error for what the bucket below couldn't read comes after the last entry (L9). A
// listing returns it only if it ends there by its own limit. So listLimited requests as
// many entries as are wanted, and, if some were left out, parts of growing size after
// them. If a part isn't used up, what was used of it is listed once more.
//
// A bucket without an order can't continue from a name, and is listed without a limit.
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
					return // more than was requested
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

// unreadOf returns the error for what couldn't be read among the first n entries of a
// listing.
func unreadOf(o ListOptions, n int, list func(ListOptions) iter.Seq2[Entry, error]) error {
	o.Limit, o.NamesOnly = n, true
	seen := 0
	for _, err := range list(o) {
		if err != nil {
			return err
		}
		if seen++; seen > n {
			break // more than was requested
		}
	}
	return nil
}

// firstOf returns the first error of two listings that follow each other.
func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
