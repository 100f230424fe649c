package all

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// kind is a kind of defect that other libraries had, with the tests that show that this
// one doesn't have it.
type kind struct {
	what  string
	tests []string // a folder and a test
}

// kindsOfReading are those of random access, large downloads and their resuming.
var kindsOfReading = []kind{
	{"EOF at the wrong place, or for ever", []string{
		"files TestOpenAtEdges", "files TestOpenAtIsAReader", "files TestCloseEndsReads",
	}},
	{"Seek that refuses, pays or loses its place", []string{
		"files TestOpenAtIsAReader", "files TestFSFileBadArguments",
	}},
	{"hidden reads of ServeContent", []string{
		"files/fileshttp TestFileServerFS", "files/fileshttp TestLastByte",
	}},
	{"ReadAt that shares one body or one position", []string{
		"files TestFetchesTogether", "files TestFSFileReadAtConcurrently",
	}},
	{"Close while a read or a read-ahead runs", []string{
		"files TestCloseEndsReads", "files TestBufferIsTheCallers",
		"files/driver TestConnectionsEnd",
	}},
	{"handles that nobody closes", []string{
		"files/driver TestForgottenFiles", "files/driver TestForgottenBody",
	}},
	{"empty and inverted ranges on the wire", []string{
		"files TestReadRanges", "drivers/gcs TestRangeEdges",
	}},
	{"order, overlap, duplicates, rounding", []string{"files TestReadRanges"}},
	{"merging without limit", []string{
		"files TestReadRangesRequests", "files TestReadRangesMemory",
	}},
	{"a range that isn't honoured", []string{
		"drivers/all TestWithoutRanges", "files/driver TestBefore",
		"files/driver TestConnectionsFail",
	}},
	{"a body too long or short, a retry at the wrong place", []string{
		"files/driver TestResume", "files/driver TestConnectionsFail",
	}},
	{"Content-Encoding and ranges", []string{
		"drivers/s3 TestAsStored", "drivers/gcs TestStoredAsItIs", "drivers/azure TestAsStored",
	}},
	{"checksums that belong to a part", []string{
		"drivers/s3 TestSumsOfParts", "drivers/s3 TestSumsOfOtherBytes",
		"files/driver TestDownloadAtChecks", "drivers/all TestUnequalParts",
	}},
	{"size of one version, bytes of another", []string{
		"files TestOpenAtOneVersion", "files TestDownloadAtFails",
		"files/driver TestConnectionsFail",
	}},
	{"a cache key that is too short", []string{
		"files/internal/blockcache TestBucketsAndVersionsShareNoBlocks",
		"files TestOpenAtOneVersion",
	}},
	{"the pin itself", []string{"files TestOpenAtOneVersion"}},
	{"one request per small Read", []string{"files TestOpenAtRequests", "files TestZip"}},
	{"sequential taken as exactly the next byte", []string{"files TestOpenAtRequests"}},
	{"one probe ends the stream; a mode for life", []string{
		"files TestOpenAtRequests", "files/driver TestConnectionsFail",
	}},
	{"random readers pay for read-ahead", []string{
		"files TestRandomReads", "files/driver TestRandomReadsTime",
		"files/driver TestOneConnection",
	}},
	{"the wrong block is thrown out", []string{"files/internal/blockcache TestScan"}},
	{"a bound that isn't one", []string{
		"files/internal/blockcache TestBound", "files TestOpenAtMemory",
		"files/driver TestConnectionsAhead",
	}},
	{"one read larger than the bound", []string{"files/driver TestReadLargerThanMemory"}},
	{"edges: block, last block, tiny file", []string{"files TestOpenAtEdges"}},
	{"the first caller's context rules", []string{"files TestSharedFetch"}},
	{"a failed fetch leaves a mark", []string{
		"files TestCloseEndsReads", "files/driver TestConnectionsFail",
	}},
	{"a buffer given back while a request fills it", []string{
		"files/driver TestBuffersAreNotMixed",
	}},
	{"a paused reader keeps the budget", []string{"files/driver TestPausedReader"}},
	{"slots held by the wrong parts", []string{
		"files/driver TestManyConnections", "files/driver TestConnectionsFail",
		"files/driver TestReadAheadOfBackend",
	}},
	{"bodies opened early, read late; left behind", []string{
		"files TestIdleStream", "files/driver TestPausedReader",
		"files/driver TestConnectionsStall", "files/driver TestConnectionsEnd",
	}},

	// Downloads and their resuming.
	{"temporary names", []string{"files/resume TestDownload"}},
	{"the range is ignored", []string{
		"drivers/all TestWithoutRanges", "files/driver TestConnectionsFail",
	}},
	{"where a part belongs", []string{
		"files TestDownloadAt", "files/driver TestManyConnections",
		"drivers/all TestUnequalParts",
	}},
	{"cancelling a download", []string{
		"files TestDownloadAtFails", "files/driver TestConnectionsEnd",
		"files/resume TestDownloadErrors", "examples/files TestInterruptedDownload",
	}},
	{"a source that changed", []string{"files/resume TestDownloadChanged"}},
	{"killed half-way", []string{
		"files/resume TestDownloadKilled", "files/resume TestDownloadDamaged",
	}},
	{"the second resume, two at once", []string{
		"files/resume TestDownloadResumes", "files/resume TestDownloadTwo",
	}},
	{"a foreign partial file", []string{"files/resume TestDownloadForeign"}},
}

// TestKindsHaveTests: the tests of each kind exist.
func TestKindsHaveTests(t *testing.T) {
	there := map[string]map[string]bool{}
	for _, k := range slices.Concat(kindsOfReading, kindsOfTransfers, kindsOfFakes,
		kindsOfLayers) {
		if len(k.tests) == 0 {
			t.Errorf("%s: no test", k.what)
		}
		for _, test := range k.tests {
			dir, name, _ := strings.Cut(test, " ")
			if there[dir] == nil {
				there[dir] = testsOf(t, root+"/"+dir)
			}
			if !there[dir][name] {
				t.Errorf("%s: there is no %s in %s", k.what, name, dir)
			}
		}
	}
}

// testsOf returns the names of the tests in a folder.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), dir+"/"+e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				tests[fn.Name.Name] = true
			}
		}
	}
	return tests
}
