package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// kinds are the reasons for which a survivor is no hole in the tests. An explanation
// follows.
var kinds = []string{
	"equivalent", // no input makes a difference
	"speed",      // only time, memory or the number of requests changes
	"text",       // only the words of an error or of a log change
	"platform",   // only where these tests don't run
	"defence",    // only if a service, a file system or a driver breaks its own promise
	"chance",     // only if two things happen at one moment, which no test can force
}

// readJudged reads the list of survivors that were judged: a line with the mutant's
// key, and below it, indented, the reason.
func readJudged(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	judged := map[string]string{}
	key := ""
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "\t"):
			reason := strings.TrimSpace(line)
			if key == "" {
				return nil, fmt.Errorf("%s:%d: a reason without a mutant", path, n)
			}
			if judged[key] == "" && !known(reason) {
				return nil, fmt.Errorf("%s:%d: a reason begins with one of %s and a colon",
					path, n, strings.Join(kinds, ", "))
			}
			judged[key] = strings.TrimSpace(judged[key] + " " + reason)
		default:
			if key != "" && judged[key] == "" {
				return nil, fmt.Errorf("%s:%d: the mutant above has no reason", path, n)
			}
			key = line
			if _, twice := judged[key]; twice {
				return nil, fmt.Errorf("%s:%d: this mutant is judged twice", path, n)
			}
			judged[key] = ""
		}
	}
	if key != "" && judged[key] == "" {
		return nil, fmt.Errorf("%s: the last mutant has no reason", path)
	}
	return judged, lines.Err()
}

func known(reason string) bool {
	for _, k := range kinds {
		if text, ok := strings.CutPrefix(reason, k+": "); ok && text != "" {
			return true
		}
	}
	return false
}
