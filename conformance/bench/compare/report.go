package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// report writes RESULTS.md and its pictures.
type report struct {
	dir     string
	scale   scale
	rounds  int
	command string
	rows    []row
	early   bool // whether an error or a signal ended the run before its last work
}

const resultsName = "RESULTS.md"

func (r report) write() error {
	if err := os.MkdirAll(r.dir, 0o777); err != nil {
		return err
	}
	var b strings.Builder
	r.head(&b)
	r.slower(&b)
	for _, t := range r.tables() {
		if err := r.table(&b, t); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(r.dir, resultsName), []byte(b.String()), 0o666)
}

func (r report) head(b *strings.Builder) {
	fmt.Fprintf(b, "# Measured beside its peers\n\n")
	fmt.Fprintf(b, "Made by `go run -C conformance/bench ./compare%s` on %s; don't edit.\n\n",
		strings.TrimRight(" "+r.command, " "), time.Now().UTC().Format("2006-01-02"))
	if r.early {
		fmt.Fprintf(b, "**The run ended early**, so measurements are missing.\n\n")
	}
	fmt.Fprintf(b, "- Machine: %s, %d CPUs, %s/%s, %s. The server and the libraries share it.\n",
		cpuName(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	fmt.Fprintf(b, "- Each library (a \"peer\") has a process of its own. The libraries take "+
		"turns: each does one round of a measurement, and then the next one does. The first "+
		"round isn't counted. Speeds are the medians of %d rounds.\n", r.rounds)
	fmt.Fprintf(b, "- **Ratio** is this library's speed divided by the peer's: above 1 this "+
		"library is faster. The range is that of the rounds.\n")
	fmt.Fprintf(b, "- CPU is the processor time of the peer's process, for a GiB or for 1,000 "+
		"calls; memory is the peak of its resident memory; requests are those of one round.\n")
	fmt.Fprintf(b, "- The links of 20 and 80 ms are a TCP relay with 40 MB/s for each "+
		"connection, which runs on the same machine.\n")
	fmt.Fprintf(b, "- Versions: %s.\n\n", strings.Join(r.versions(), ", "))
}

// versions returns the versions of the peers and servers that were measured.
func (r report) versions() (all []string) {
	at := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			at[m.Path] = m.Version
		}
	}
	seen := map[string]bool{}
	for _, row := range r.rows {
		if m := row.peer.module; m != "" && !seen[m] {
			seen[m] = true
			all = append(all, strings.TrimSpace(m+" "+at[m]))
		}
		if !seen[row.server] {
			seen[row.server] = true
			all = append(all, strings.TrimSpace(row.server))
		}
	}
	return all
}

func cpuName() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line,
			":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}

// slower lists the works in which a peer is faster by more than 5%, which may be noise.
func (r report) slower(b *strings.Builder) {
	fmt.Fprintf(b, "## Where a peer is faster\n\n")
	none := true
	for _, t := range r.tables() {
		for _, name := range t.names {
			ours, others := t.split(name)
			best := row{}
			for _, o := range others {
				if o.err == "" && o.speed() > best.speed() {
					best = o
				}
			}
			if ours.err != "" || best.speed() == 0 || ours.speed() >= 0.95*best.speed() {
				continue
			}
			none = false
			fmt.Fprintf(b, "- %s, %s: %s, %.2f × our speed.\n", t.title(), name, best.peer.name,
				best.speed()/ours.speed())
		}
	}
	if none {
		fmt.Fprintf(b, "Nowhere by more than 5%%.\n")
	}
	fmt.Fprintf(b, "\n")
}

// table is a table of the report: the rows of a group on a link.
type table struct {
	service, link, group string
	names                []string
	rows                 []row
}

func (t table) title() string { return t.service + ", " + t.link + ", " + t.group }

// split returns this library's row of that name, and the peers'.
func (t table) split(name string) (ours row, others []row) {
	ours.err = "not measured"
	for _, row := range t.rows {
		switch {
		case row.work.name != name:
		case row.peer.module == "":
			ours = row
		default:
			others = append(others, row)
		}
	}
	return ours, others
}

func (r report) tables() (all []table) {
	index := map[string]int{}
	for _, row := range r.rows {
		t := table{
			service: row.work.service,
			link:    row.work.link,
			group:   row.work.group,
		}
		i, ok := index[t.title()]
		if !ok {
			i = len(all)
			index[t.title()] = i
			all = append(all, t)
		}
		all[i].rows = append(all[i].rows, row)
		if n := all[i].names; len(n) == 0 || n[len(n)-1] != row.work.name {
			all[i].names = append(n, row.work.name)
		}
	}
	return all
}

func (r report) table(b *strings.Builder, t table) error {
	fmt.Fprintf(b, "## %s\n\n", t.title())
	if len(t.names) >= 3 {
		picture := pictureName(t)
		if err := os.WriteFile(filepath.Join(r.dir, picture), []byte(plot(t)), 0o666); err != nil {
			return err
		}
		fmt.Fprintf(b, "![%s](%s)\n\n", t.title(), picture)
	}
	unit, cpu := "calls/s", "CPU s/1,000"
	if t.rows[0].work.bytes {
		unit, cpu = "MB/s", "CPU s/GiB"
	}
	fmt.Fprintf(b, "| | | %s | range | ratio | %s | MiB | requests |\n", unit, cpu)
	fmt.Fprintf(b, "|---|---|---|---|---|---|---|---|\n")
	for _, name := range t.names {
		ours, others := t.split(name)
		for _, row := range append([]row{ours}, others...) {
			b.WriteString(line(name, row, ours))
			name = ""
		}
	}
	fmt.Fprintf(b, "\n")
	return nil
}

func line(name string, r, ours row) string {
	if r.err != "" {
		text := strings.NewReplacer("|", "/", "\n", " ").Replace(r.err)
		return fmt.Sprintf("| %s | %s | %s ||||||\n", name, r.peer.name, text[:min(len(text), 120)])
	}
	scale := 1.0
	if r.work.bytes {
		scale = 1e6
	}
	low, high := r.rounds[0], r.rounds[0]
	for _, m := range r.rounds {
		if m.Amount/m.Seconds < low.Amount/low.Seconds {
			low = m
		}
		if m.Amount/m.Seconds > high.Amount/high.Seconds {
			high = m
		}
	}
	ratio, requests := "", ""
	if ours.err == "" {
		ratio = fmt.Sprintf("%.2f", ours.speed()/r.speed())
	}
	if r.requests > 0 {
		requests = fmt.Sprint(r.requests)
	}
	digits := 2
	if r.cpu() < 0.1 { // a listing's
		digits = 4
	}
	return fmt.Sprintf("| %s | %s | %.0f | %.0f to %.0f | %s | %.*f | %.0f | %s |\n",
		name, r.peer.name, r.speed()/scale, low.Amount/low.Seconds/scale,
		high.Amount/high.Seconds/scale, ratio, digits, r.cpu(), r.peak()/mib,
		cmp.Or(requests, "–"))
}

func pictureName(t table) string {
	keep := func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			return c
		}
		return '-'
	}
	name := strings.Map(keep, strings.ToLower(t.title()))
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	return "results-" + strings.Trim(name, "-") + ".svg"
}
