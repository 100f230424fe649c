package cases

// Rule has the fields of conformance.Rule.
type Rule struct{ ID, Group, Title string }

// Rules returns the rules that have cases, in the order of the contract.
func Rules() []Rule {
	var all []Rule
	for _, g := range ruleTitles {
		for _, r := range g.rules {
			all = append(all, Rule{ID: r[0], Group: g.group, Title: r[1]})
		}
	}
	return all
}

var ruleTitles = []struct {
	group string
	rules [][2]string
}{
	{"Names", [][2]string{
		{"N1", "illegal names are refused, before any I/O"},
		{"N2", "different names are different files"},
		{"N3", "`a` and `a/b` may both exist"},
		{"N4", "every legal name comes back"},
		{"N5", "no name reaches outside the bucket"},
	}},
	{"Versions and times", [][2]string{
		{"V1", "different content has different versions"},
		{"V2", "times are UTC, and of one resolution"},
	}},
	{"Put", [][2]string{
		{"P1", "all or nothing, content and metadata together"},
		{"P2", "a failed Put changes nothing"},
		{"P3", "Put returns the Info of what it wrote"},
		{"P4", "durable when Put returns"},
		{"P5", "replaces content and all attributes"},
		{"P6", "content types"},
		{"P7", "metadata and headers"},
		{"P8", "IfAbsent: one of many succeeds"},
		{"P9", "IfVersion: no update is lost"},
		{"P10", "a given size or digest is checked"},
		{"P11", "any size, in bounded memory"},
		{"P12", "reads the content only until it returns"},
	}},
	{"Get", [][2]string{
		{"G1", "a missing file is an error of Get"},
		{"G2", "content and Info from one request"},
		{"G3", "ranges"},
		{"G4", "one version from first byte to last"},
		{"G5", "broken connections are resumed"},
		{"G6", "damage is found"},
		{"G7", "streaming, and read timeouts"},
		{"G8", "Get only if the file has changed"},
		{"G9", "the context governs the body"},
		{"G10", "reads at any place"},
	}},
	{"Stat", [][2]string{
		{"S1", "Stat returns what Get returns"},
	}},
	{"List", [][2]string{
		{"L1", "everything below, once, in order"},
		{"L2", "shallow listings"},
		{"L3", "prefix, StartAfter, limit, page size"},
		{"L4", "exact while files change"},
		{"L5", "entries have what Stat returns"},
		{"L6", "no empty directories"},
		{"L7", "only files; raw keys on request"},
		{"L8", "bounded memory, linear cost"},
		{"L9", "errors come last; the loop may call the bucket"},
	}},
	{"Delete", [][2]string{
		{"D1", "idempotent, and only that file"},
		{"D2", "deletes only a given version"},
		{"D3", "many names in few requests"},
	}},
	{"Copy", [][2]string{
		{"C1", "Copy of content and attributes; Move"},
	}},
	{"Errors", [][2]string{
		{"E1", "errors name operation and file, and no secret"},
		{"E2", "the same errors everywhere"},
		{"E3", "a missing bucket does not look empty"},
	}},
	{"Concurrency, cancellation, closing", [][2]string{
		{"X1", "concurrent use, linearizable names"},
		{"X2", "cancelled promptly, nothing leaks"},
		{"X3", "Close"},
	}},
	{"Signed URLs", [][2]string{
		{"W1", "bound to method, name, expiry and options"},
	}},
	{"URLs", [][2]string{
		{"U1", "wrong URLs are explained"},
		{"U2", "`prefix=` and `key=`"},
		{"U3", "opening makes no request"},
	}},
}
