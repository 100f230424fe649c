//go:build unix

package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// soakEnv sets the number of rounds of each soak.
const soakEnv = "CLOUDFILES_SOAK"

// 4 processes do random operations on a few names, while the test removes, truncates
// and chmods random entries of the control folder, and kills the processes at random
// moments. The results are linearizable (X1), nothing acknowledged is lost (P4), no
// call outlives its context (X2), and each handle works when the others are gone.
//
// CLOUDFILES_SOAK=200 makes 200 rounds of half a second, in which a call may outlive
// its context by 100 ms (X2). If other tests run at the same time, as in CI, it may by
// two seconds, because a busy disk delays a single call for longer than a timer or a
// write to another file shows.
func TestSoak(t *testing.T) { soak(t, t.TempDir(), soakRounds(t, longtest.N(t, 2, 4))) }

// mayOutlive returns by how much a call may outlive its context.
func mayOutlive() time.Duration {
	if os.Getenv(soakEnv) == "" || os.Getenv("CI") != "" {
		return 2 * time.Second
	}
	return 100 * time.Millisecond
}

func soakRounds(t *testing.T, rounds int) int {
	t.Helper()
	text, ok := os.LookupEnv(soakEnv)
	if !ok {
		if testing.Short() {
			return 1
		}
		return rounds
	}
	rounds, err := strconv.Atoi(text)
	if err != nil || rounds < 1 {
		t.Fatalf("%s=%s is not a number of rounds", soakEnv, text)
	}
	return rounds
}

func soak(t *testing.T, dir string, rounds int) {
	t.Helper()
	forEveryone(t, dir)
	s := &soaking{
		t:    t,
		dir:  dir,
		seed: uint64(time.Now().UnixNano()),
		did:  map[string]int{},
	}
	for round := range rounds {
		if err := s.round(round); err != nil {
			t.Fatalf("round %d of seed %d: %v", round, s.seed, err)
		}
	}
	t.Logf("%d rounds: %v", rounds, s.did)
	if most := rounds*len(soakNames)/10 + 1; s.did["undecided"] > most {
		t.Errorf("%d histories are undecided, want at most %d", s.did["undecided"], most)
	}
	if s.did["killed"] == 0 || s.did["removed"]+s.did["truncated"]+s.did["chmod"] == 0 {
		t.Errorf("the test did too little: %v", s.did)
	}
}

// forEveryone makes the folder and its parents usable by the user of the processes.
func forEveryone(t *testing.T, dir string) {
	t.Helper()
	for up := filepath.Dir(dir); len(up) > len(os.TempDir()); up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(dir+probeExt, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, dir + probeExt} {
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
}

// soaking is a soak of one folder.
type soaking struct {
	t    *testing.T
	dir  string
	seed uint64
	next int // the number of the next process

	mu      sync.Mutex
	did     map[string]int
	history []soakOp
	begun   map[[2]int]soakOp // by process and number: operations without an end
	said    []string          // failures
}

// soakProcess is one of the processes.
type soakProcess struct {
	cmd    *exec.Cmd
	in     io.Closer
	killed bool
	stderr bytes.Buffer
	read   chan struct{}
}

const (
	soakTime  = 400 * time.Millisecond // of a round
	soakKills = 3                      // in a round, at most
)

// round runs the processes and sabotage, and checks the results.
func (s *soaking) round(n int) error {
	rng := rand.New(rand.NewPCG(s.seed, uint64(n)))
	s.history, s.begun, s.said = nil, map[[2]int]soakOp{}, nil
	if err := s.readNames(-1); err != nil { // what the previous round left
		return fmt.Errorf("at the beginning: %w", err)
	}
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	done := make(chan map[string]int)
	go func() { done <- sabotage(ctx, s.dir, rand.New(rand.NewPCG(s.seed, uint64(n)<<32))) }()
	var all [4]*soakProcess
	var err error
	for i := range all {
		if all[i], err = s.start(); err != nil {
			return err
		}
	}
	ended := time.After(soakTime)
	for kills := 1 + rng.IntN(soakKills); kills > 0; kills-- {
		time.Sleep(time.Duration(rng.Int64N(int64(soakTime) / soakKills)))
		i := rng.IntN(len(all))
		all[i].kill()
		s.count("killed", 1)
		if all[i], err = s.start(); err != nil {
			return err
		}
	}
	<-ended
	stop()
	for what, n := range <-done {
		s.count(what, n)
	}
	for _, p := range all {
		if err := p.end(); err != nil {
			return err
		}
	}
	for _, o := range s.begun {
		s.history = append(s.history, o)
	}
	if len(s.said) > 0 {
		return fmt.Errorf("%s", strings.Join(s.said, "\n"))
	}
	if err := s.readNames(-2); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	s.count("operations", len(s.history))
	undecided, err := checkSoak(s.history)
	s.count("undecided", undecided)
	return err
}

func (s *soaking) start() (*soakProcess, error) {
	s.next++
	task := childTask{
		Job:    "soak",
		Dir:    s.dir,
		Seed:   uint64(s.next),
		N:      s.next * 1_000_000,
		NoSync: true,
	}
	p := &soakProcess{cmd: child(s.t.Context(), task), read: make(chan struct{})}
	p.cmd.Stderr = &p.stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.in = in
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.read)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			s.took(lines.Bytes())
		}
	}()
	return p, nil
}

func (s *soaking) count(what string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.did[what] += n
}

// took adds a report. The last one of a killed process may be incomplete.
func (s *soaking) took(line []byte) {
	var o soakOp
	if json.Unmarshal(line, &o) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]int{o.Proc, o.ID}
	if o.Ret == 0 {
		s.begun[key] = o
		return
	}
	delete(s.begun, key)
	s.history = append(s.history, o)
	s.did[strings.TrimSpace(o.Kind+" "+o.Result)]++
	if o.Late > int64(mayOutlive())+2*o.Delay+o.Waited {
		s.said = append(s.said, fmt.Sprintf("%s outlived its context by %v "+
			"(the machine was late by %v, and its thread waited for %v): %s %s", o.Kind,
			time.Duration(o.Late), time.Duration(o.Delay), time.Duration(o.Waited), o.Result,
			o.Err))
	}
	if o.Result == "wrong" {
		s.said = append(s.said, fmt.Sprintf("%s %.20s: %s", o.Kind, o.Name, o.Err))
	}
}

func (p *soakProcess) kill() {
	p.killed = true
	p.cmd.Process.Kill()
	<-p.read
	p.cmd.Wait()
}

func (p *soakProcess) end() error {
	p.in.Close()
	late := time.AfterFunc(2*time.Minute, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	<-p.read
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("a process failed: %v: %s", err, p.stderr.String())
	}
	return nil
}

// readNames adds to the history what a new handle reads of all names, and checks that it
// lists nothing else.
func (s *soaking) readNames(proc int) error {
	ctx := s.t.Context()
	b, err := openOver(s.dir, noSync, fsys.OS())
	if err != nil {
		return err
	}
	defer b.Close()
	if _, err := seeAll(ctx, b); err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(0, 0))
	for i, name := range soakNames {
		o := soakOp{
			Proc: proc,
			ID:   i,
			Kind: "get",
			Name: name,
			Call: machineTime(),
		}
		_, err := o.do(ctx, b, rng, "")
		if o.classify(err); o.Result != "" && o.Result != "missing" {
			return fmt.Errorf("%.20s: %w", name, err)
		}
		o.Ret = machineTime()
		if proc == -1 && o.Seen != 0 { // for the round, it counts as written now
			o.Kind, o.Write = "put", o.Seen
			if o.Of != o.Seen {
				o.Kind = "was"
			}
		}
		s.history = append(s.history, o)
	}
	return nil
}
