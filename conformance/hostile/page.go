package hostile

// Page is a page of a listing, as a way changes it.
type Page struct {
	// Prefix is what the listing was asked for, and Shallow whether it cuts at "/".
	Prefix  string
	Shallow bool
	// Entries are in the service's order. Those whose names end in "/" and have no
	// version are directories.
	Entries []PageEntry
	// More reports that there are further pages, and Token leads to the next. A page
	// without a token and with More is one of the things that can be wrong.
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
