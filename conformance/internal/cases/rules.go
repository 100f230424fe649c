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
		{"N3", "`a` beside `a/b`"},
		{"N4", "every legal name comes back"},
		{"N5", "no name reaches outside"},
	}},
	{"Versions and times", [][2]string{
		{"V1", "other content is another version"},
		{"V2", "times are UTC, of one resolution"},
	}},
	{"Put", [][2]string{
		{"P1", "all or nothing, content and metadata together"},
		{"P2", "what fails changes nothing"},
		{"P3", "the answer tells what was written"},
		{"P4", "durable"},
		{"P5", "replaces everything"},
		{"P6", "content types"},
		{"P7", "metadata and headers"},
		{"P8", "put if absent: one winner"},
		{"P9", "put if of that version: no lost update"},
		{"P10", "size and digest given are checked"},
		{"P11", "any size, in bounded memory"},
		{"P12", "reads the content, and no more"},
	}},
	{"Get", [][2]string{
		{"G1", "missing is an error at the call"},
		{"G2", "content and Info in one"},
		{"G3", "ranges"},
		{"G4", "one version from first byte to last"},
		{"G5", "broken connections are resumed"},
		{"G6", "damage is found"},
		{"G7", "the stream, read timeouts"},
		{"G8", "get if changed"},
		{"G9", "the context governs the body"},
		{"G10", "reads at any place"},
	}},
	{"Stat", [][2]string{
		{"S1", "tells what Get tells"},
	}},
	{"List", [][2]string{
		{"L1", "everything below, once, in order"},
		{"L2", "shallow"},
		{"L3", "prefix, start, limit, page size"},
		{"L4", "exact beside changes"},
		{"L5", "entries are Stat's"},
		{"L6", "no empty directories"},
		{"L7", "nothing but files; raw keys on request"},
		{"L8", "bounded and linear"},
		{"L9", "the loop is free"},
	}},
	{"Delete", [][2]string{
		{"D1", "idempotent, and only that file"},
		{"D2", "delete if of that version"},
		{"D3", "many at once"},
	}},
	{"Copy", [][2]string{
		{"C1", "whole, with its attributes; move"},
	}},
	{"Errors", [][2]string{
		{"E1", "what happened to what, and no secret"},
		{"E2", "the same everywhere"},
		{"E3", "a missing bucket is no empty one"},
	}},
	{"Concurrency, cancellation, closing", [][2]string{
		{"X1", "concurrent use, linearizable names"},
		{"X2", "cancelled promptly, nothing leaks"},
		{"X3", "Close"},
	}},
	{"Signed URLs", [][2]string{
		{"W1", "bound to method, name, expiry, options"},
	}},
	{"URLs", [][2]string{
		{"U1", "wrong URLs are explained"},
		{"U2", "`prefix=` and `key=`"},
		{"U3", "opening is cheap"},
	}},
}
