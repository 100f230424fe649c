package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files"
)

var conditionCases = []Case{
	{
		Rule:  "P8",
		Name:  "creates-once",
		Why:   "IfAbsent is how a program takes a lock or a user name",
		Needs: needs(putIfAbsent),
		Run:   absentOnce,
	},
	{
		Rule:  "P8",
		Name:  "race",
		Why:   "two workers that both believe they hold the lock corrupt what it protects",
		Needs: needs(putIfAbsent),
		Run:   func(t T, h *H) { absentRace(t, h, h.Bucket) },
	},
	{
		Rule:  "P8",
		Name:  "race-two-handles",
		Why:   "the other worker is another process",
		Needs: needs(putIfAbsent),
		Run:   func(t T, h *H) { absentRace(t, h, h.Second(t)) },
	},
	{
		Rule: "P8",
		Name: "at-commit",
		Why: "a check at the start of the upload lets the slower writer overwrite the " +
			"faster one",
		Needs:   needs(putIfAbsent),
		Largest: 3 << 20,
		Run:     absentAtCommit,
	},
	{
		Rule:  "P8",
		Name:  "beside",
		Why:   "a file in the directory of the name isn't the file",
		Needs: needs(putIfAbsent),
		Run:   absentBeside,
	},
	{
		Rule:  "P8",
		Name:  "failed",
		Why:   "a create that failed must leave the name free",
		Needs: needs(putIfAbsent, atomicPuts),
		Run:   absentFailed,
	},
	{
		Rule:  "P9",
		Name:  "replaces-own",
		Why:   "read, change, write back: nobody else's change may be lost",
		Needs: needs(versions, putIfVersion),
		Run:   versionReplaces,
	},
	{
		Rule:  "P9",
		Name:  "stale",
		Why:   "a writer with an old version must be told, and change nothing",
		Needs: needs(versions, putIfVersion),
		Run:   versionStale,
	},
	{
		Rule:  "P9",
		Name:  "empty-version",
		Why:   "a version that a program forgot to fill in must not overwrite",
		Needs: needs(putIfVersion),
		Run:   versionEmpty,
	},
	{
		Rule:  "P9",
		Name:  "race",
		Why:   "of two that change the same version one must lose, and know",
		Needs: needs(versions, putIfVersion),
		Run:   func(t T, h *H) { versionRace(t, h, h.Bucket) },
	},
	{
		Rule:  "P9",
		Name:  "race-two-handles",
		Why:   "the other writer is another process",
		Needs: needs(versions, putIfVersion),
		Run:   func(t T, h *H) { versionRace(t, h, h.Second(t)) },
	},
	{
		Rule:  "P9",
		Name:  "counter",
		Why:   "a counter by compare-and-swap that loses counts is what lost updates look like",
		Needs: needs(versions, putIfVersion),
		Run:   casCounter,
	},
	{
		Rule:    "P9",
		Name:    "at-commit",
		Why:     "the version is compared when the file is replaced, not when the upload begins",
		Needs:   needs(versions, putIfVersion),
		Largest: 3 << 20,
		Run:     versionAtCommit,
	},
	{
		Rule:  "P9",
		Name:  "aba",
		Why:   "a file that was deleted and made again isn't the one that was read",
		Needs: needs(versions, putIfVersion),
		Run:   versionABA,
	},
}

// ifAbsent puts with IfAbsent.
func ifAbsent(t T, b files.Bucket, name string, c []byte) (files.Info, error) {
	return b.Put(t.Context(), name, stream(c), &files.PutOptions{If: files.IfAbsent()})
}

// ifVersion puts with IfVersion.
func ifVersion(t T, b files.Bucket, name string, c []byte, v files.Version) (files.Info, error) {
	return b.Put(t.Context(), name, bytes.NewReader(c), &files.PutOptions{If: files.IfVersion(v)})
}

func absentOnce(t T, h *H) {
	for _, name := range []string{"lock", "d/e/lock", "x.attrs"} {
		first := content(1, 1000)
		if _, err := ifAbsent(t, h, name, first); err != nil {
			t.Fatalf("Put with IfAbsent to a free name: %v", err)
		}
		before := stat(t, h, name)
		_, err := ifAbsent(t, h, name, content(2, 10))
		wantErr(t, "Put with IfAbsent to a name in use", err, files.ErrExist)
		wantContent(t, h, name, first)
		same(t, "Stat after the refused Put", stat(t, h, name), before)
		remove(t, h, name)
		if _, err := ifAbsent(t, h, name, content(3, 10)); err != nil {
			t.Fatalf("Put with IfAbsent after Delete: %v", err)
		}
		wantContent(t, h, name, content(3, 10))
		put(t, h, name, first, nil)
		wantContent(t, h, name, first)
	}
	h.Clean(t, "conditional puts")
}

// absentRace lets 64 writers create one name, half of them through the other handle.
func absentRace(t T, h *H, other files.Bucket) {
	const n = 64
	for round := range h.rounds(5) {
		name := fmt.Sprintf("d/lock%d", round)
		size := 10 + round*20_000
		errs := make([]error, n)
		meet := meeting(n)
		race(n, func(i int) {
			b := h.Bucket
			if i%2 == 1 {
				b = other
			}
			_, errs[i] = b.Put(t.Context(), name, meet(content(i, size)),
				&files.PutOptions{If: files.IfAbsent()})
		})
		oneWinner(t, errs, files.ErrExist, func(i int) {
			wantContent(t, h, name, content(i, size))
		})
	}
	h.Clean(t, "a race of creates")
}

// meeting makes readers of which each waits, before its last byte, until n have come so
// far: who decides before the end of the upload then lets all of them through. A driver
// may let one upload of a name run at a time, or refuse without reading: so the wait is
// short.
func meeting(n int64) func(c []byte) io.Reader {
	var came atomic.Int64
	all := make(chan struct{})
	return func(c []byte) io.Reader {
		return hook(c, len(c)-1, func() {
			if came.Add(1) == n {
				close(all)
			}
			timer := time.NewTimer(20 * time.Millisecond)
			defer timer.Stop()
			select {
			case <-all:
			case <-timer.C:
			}
		})
	}
}

// oneWinner fails where not exactly one of the racers succeeded and the others got the
// sentinel.
func oneWinner(t T, errs []error, lost error, check func(winner int)) {
	t.Helper()
	var winners []int
	for i, err := range errs {
		switch {
		case err == nil:
			winners = append(winners, i)
		case !errors.Is(err, lost):
			t.Errorf("racer %d: got %s, want %q", i, errText(err), lost)
		}
	}
	if len(winners) != 1 {
		t.Errorf("%d of %d racers succeeded, want exactly 1", len(winners), len(errs))
		return
	}
	check(winners[0])
}

func absentAtCommit(t T, h *H) {
	for _, size := range uploadSizes {
		name := fmt.Sprintf("a%d", size)
		fast := content(2, 100)
		_, err := h.Put(t.Context(), name, hook(content(1, size), size*9/10, func() {
			put(t, h, name, fast, nil)
		}), &files.PutOptions{If: files.IfAbsent()})
		wantErr(t, "Put with IfAbsent that was overtaken", err, files.ErrExist)
		wantContent(t, h, name, fast)
		// The other way round: the file goes while the upload is on its way.
		_, err = h.Put(t.Context(), name, hook(content(1, size), 1, func() {
			remove(t, h, name)
		}), &files.PutOptions{If: files.IfAbsent()})
		switch { // it may have been looked at before, too
		case err == nil:
			wantContent(t, h, name, content(1, size))
		case !errors.Is(err, files.ErrExist):
			t.Errorf("Put with IfAbsent while the file is deleted: %v, want no error or ErrExist",
				err)
		}
	}
}

func absentBeside(t T, h *H) {
	names := []string{"d.txt", "d-", "e/d"}
	if h.F.DirBesideFile {
		names = append(names, "d/x")
	}
	puts(t, h, names...)
	if _, err := ifAbsent(t, h, "d", []byte("d")); err != nil {
		t.Errorf("Put with IfAbsent beside others: %v", err)
	}
	if h.F.DirBesideFile {
		if _, err := ifAbsent(t, h, "d/y", []byte("y")); err != nil {
			t.Errorf("Put with IfAbsent below a file's name: %v", err)
		}
		_, err := ifAbsent(t, h, "d", []byte("again"))
		wantErr(t, "Put with IfAbsent to a name in use", err, files.ErrExist)
		_, err = ifAbsent(t, h, "d/x", []byte("again"))
		wantErr(t, "Put with IfAbsent to a name in use", err, files.ErrExist)
		wantContent(t, h, "d/x", []byte("d/x"))
	}
	wantContent(t, h, "d", []byte("d"))
}

func absentFailed(t T, h *H) {
	_, err := h.Put(t.Context(), "a", failing(content(1, 1000), false, errReader),
		&files.PutOptions{If: files.IfAbsent()})
	wantErr(t, "Put with IfAbsent of a failing reader", err, errReader)
	wantMissing(t, h, "a")
	if _, err := ifAbsent(t, h, "a", content(2, 100)); err != nil {
		t.Errorf("Put with IfAbsent after a failed one: %v", err)
	}
	wantContent(t, h, "a", content(2, 100))
}

// current returns the version that the file has.
func current(t T, h *H, name string) files.Version {
	t.Helper()
	return stat(t, h, name).Version
}

func versionReplaces(t T, h *H) {
	put(t, h, "d/a", content(0, 100), nil)
	for i := 1; i < 10; i++ {
		v := current(t, h, "d/a")
		if _, err := ifVersion(t, h, "d/a", content(i, 100+i), v); err != nil {
			t.Fatalf("Put with the version that is there: %v", err)
		}
		wantContent(t, h, "d/a", content(i, 100+i))
		_, err := ifVersion(t, h, "d/a", content(99, 5), v)
		wantErr(t, "Put with the version before", err, files.ErrPrecondition)
		wantContent(t, h, "d/a", content(i, 100+i))
	}
	h.Clean(t, "conditional puts")
}

func versionStale(t T, h *H) {
	old := put(t, h, "a", content(1, 100), nil).Version
	if old == "" {
		old = current(t, h, "a")
	}
	put(t, h, "a", content(2, 100), nil)
	before := stat(t, h, "a")
	for _, v := range []files.Version{old, "no-such-version", "0", "*"} {
		_, err := ifVersion(t, h, "a", content(3, 100), v)
		wantErr(t, fmt.Sprintf("Put with the version %q", v), err, files.ErrPrecondition)
		same(t, "Stat after the refused Put", stat(t, h, "a"), before)
		for _, name := range []string{"missing", "missing/x"} {
			_, err = ifVersion(t, h, name, content(3, 100), v)
			wantErr(t, "Put with a version where no file is", err, files.ErrPrecondition)
			wantMissing(t, h, name)
		}
	}
	remove(t, h, "a")
	_, err := ifVersion(t, h, "a", content(3, 100), before.Version)
	wantErr(t, "Put with the version of a deleted file", err, files.ErrPrecondition)
	wantOnly(t, h)
}

func versionEmpty(t T, h *H) {
	put(t, h, "a", content(1, 100), nil)
	for _, name := range []string{"a", "missing"} {
		_, err := ifVersion(t, h, name, content(2, 100), "")
		wantErr(t, `Put with IfVersion("")`, err, files.ErrPrecondition)
	}
	wantOnly(t, h, "a")
	wantContent(t, h, "a", content(1, 100))
}

func versionRace(t T, h *H, other files.Bucket) {
	const n = 64
	put(t, h, "d/a", content(1000, 10), nil)
	for round := range h.rounds(5) {
		v := current(t, h, "d/a")
		size := 10 + round*20_000
		errs := make([]error, n)
		meet := meeting(n)
		race(n, func(i int) {
			b := h.Bucket
			if i%2 == 1 {
				b = other
			}
			_, errs[i] = b.Put(t.Context(), "d/a", meet(content(round*n+i, size)),
				&files.PutOptions{If: files.IfVersion(v)})
		})
		oneWinner(t, errs, files.ErrPrecondition, func(i int) {
			wantContent(t, h, "d/a", content(round*n+i, size))
		})
	}
	h.Clean(t, "a race of updates")
}

func casCounter(t T, h *H) {
	const workers, each = 8, 8
	put(t, h, "counter", []byte("0"), nil)
	parallel(workers, func(w int) {
		for done := 0; done < each; {
			p, info, err := read(t.Context(), h, "counter", nil)
			if errors.Is(err, files.ErrChanged) {
				continue
			}
			n, aerr := strconv.Atoi(string(p))
			if err != nil || aerr != nil {
				t.Errorf("counter is %q: %v", p, err)
				return
			}
			_, err = ifVersion(t, h, "counter", []byte(strconv.Itoa(n+1)), info.Version)
			switch {
			case err == nil:
				done++
			case !errors.Is(err, files.ErrPrecondition):
				t.Errorf("Put of the counter: %v", err)
				return
			}
		}
	})
	wantContent(t, h, "counter", []byte(strconv.Itoa(workers*each)))
}

func versionAtCommit(t T, h *H) {
	for _, size := range uploadSizes {
		put(t, h, "a", content(1, 100), nil)
		v := current(t, h, "a")
		_, err := h.Put(t.Context(), "a", hook(content(2, size), size*9/10, func() {
			put(t, h, "a", content(3, 100), nil)
		}), &files.PutOptions{If: files.IfVersion(v)})
		wantErr(t, "Put with a version that was overtaken", err, files.ErrPrecondition)
		wantContent(t, h, "a", content(3, 100))
		v = current(t, h, "a")
		_, err = h.Put(t.Context(), "a", hook(content(2, size), size*9/10, func() {
			remove(t, h, "a")
		}), &files.PutOptions{If: files.IfVersion(v)})
		wantErr(t, "Put with the version of a file that is deleted meanwhile", err,
			files.ErrPrecondition)
		wantMissing(t, h, "a")
	}
}

func versionABA(t T, h *H) {
	put(t, h, "a", content(1, 100), nil)
	v := current(t, h, "a")
	remove(t, h, "a")
	put(t, h, "a", content(2, 100), nil)
	_, err := ifVersion(t, h, "a", content(3, 100), v)
	wantErr(t, "Put with the version of the file before its deletion", err, files.ErrPrecondition)
	wantContent(t, h, "a", content(2, 100))
}
