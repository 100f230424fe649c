package hostile

// Page is a page of a listing, as a way changes it.
type Page struct {
	// Prefix is the listing's prefix, and Shallow reports whether it has the delimiter
	// "/".
	Prefix  string
	Shallow bool
	// Entries are in the service's order. Entries whose names end in "/" and that have no
	// version are directories.
	Entries []PageEntry
	// More reports that there are further pages, and Token leads to the next one. A page
	// that has More and no token is one of the things that can be wrong.
	More  bool
	Token string
}

// PageEntry is a file, or a directory of a shallow listing.
type PageEntry struct {
	Name    string
	Size    int64
	Version string // as the service writes it in listings
	Time    string // as the service writes it in listings
}

func (e *PageEntry) dir() bool { return e.Version == "" }
