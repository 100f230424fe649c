//go:build unix

package local

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

func init() { childJobs["load"] = loadChild }

// report is a line that a child of TestKillAtRandom writes before an operation and
// again after it was acknowledged. The lines in the pipe are in the order of the
// events.
type report struct {
	ID   int    // of the operation
	Done bool   // acknowledged
	Op   string // put, copy, delete
	Name string
	Src  string    // of a copy
	File proofFile // of a put
}

const (
	loadWorkers = 8
	loadNames   = 20
)

// loadName returns the i-th name of the load. Some names are beside or below each
// other, or have another name on disk.
func loadName(i int) string {
	odd := []string{
		"a", "a/b", "a/b/c", "x.attrs", "x", long, long + "/" + long, "deep/er/and/deeper",
	}
	if i < len(odd) {
		return odd[i]
	}
	return fmt.Sprintf("d%d/f%02d", i%3, i)
}

// loadChild works until it is killed.
func loadChild(task childTask) error {
	b, err := openOver(task.Dir, &Options{NoSync: task.NoSync}, fsys.OS())
	if err != nil {
		return err
	}
	var ids atomic.Int64
	var group sync.WaitGroup
	failures := make(chan error, loadWorkers)
	for w := range loadWorkers {
		group.Go(func() {
			rng := rand.New(rand.NewPCG(task.Seed, uint64(w)))
			for {
				if err := loadStep(b, rng, int(ids.Add(1)), task.N); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	return <-failures
}

// loadStep does one operation and writes its two reports.
func loadStep(b files.Bucket, rng *rand.Rand, id, firstSeq int) error {
	ctx := context.Background()
	name := loadName(rng.IntN(loadNames))
	r := report{ID: id, Op: "put", Name: name}
	s := stepPut(name, firstSeq+id, rng.IntN(3))
	switch k := rng.IntN(10); {
	case k == 0: // more than is written at a time
		s = s.sized(300<<10 + rng.IntN(1000))
	case k < 3:
		s = stepDelete(name)
	case k < 5:
		r.Src = loadName(rng.IntN(loadNames))
		if r.Src != name {
			s = stepCopy(r.Src, name)
		}
	}
	r.Op, r.File = s.op, s.file
	if r.Op != "copy" {
		r.Src = ""
	}
	if err := r.write(); err != nil {
		return err
	}
	err := s.do(ctx, b)
	if s.op == "copy" && files.KindOf(err) == files.ErrNotExist {
		r.Op = "none" // there was nothing to copy
		err = nil
	}
	if err != nil {
		return fmt.Errorf("%v: %w", s, err)
	}
	r.Done = true
	return r.write()
}

// write writes the line at once, so that the lines of several goroutines don't mix.
func (r report) write() error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(line, '\n'))
	return err
}
