package conformance

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"cloudfiles.dev/files"
)

// What two handles of one process don't show: a lock, a cache or a counter that both
// have in common.
var processCases = []Case{
	{
		Rule:  "P1",
		Name:  "other-process",
		Why:   "who reads is another process, which shares no lock with the writer",
		Needs: needs(atomicPuts),
		Run:   processWhole,
	},
	{
		Rule:  "P8",
		Name:  "race-processes",
		Why:   "two programs that take the same job must not both get it",
		Needs: needs(putIfAbsent),
		Run:   processAbsentRace,
	},
	{
		Rule:  "P9",
		Name:  "counter-processes",
		Why:   "two programs that count in one file lose no count",
		Needs: needs(versions, putIfVersion),
		Run:   processCounter,
	},
	{
		Rule: "L4",
		Name: "other-process",
		Why:  "what one program stored, the next one finds",
		Run:  processSees,
	},
}

func processWhole(t T, h *H) {
	p := h.elsewhere(t)
	contents := [][]byte{content(1, 200_000), content(2, 70_000)}
	put(t, h, "a", contents[0], nil)
	isOne := func(where string, got []byte, err error) {
		t.Helper()
		if !isAny(err,
			files.ErrChanged) && (err != nil || !slices.ContainsFunc(contents, func(c []byte) bool {
			return bytes.Equal(c, got)
		})) {
			t.Errorf("Get %s, beside puts in the other process: %d bytes, error %s: neither the "+
				"old file nor the new one", where, len(got), errText(err))
		}
	}
	const rounds = 60
	here := func(i int) error {
		_, err := h.Put(t.Context(), "a", stream(contents[i%2]), nil)
		return err
	}
	there := func(i int) error {
		_, err := p.do(processCall{Do: "put", Name: "a", Content: contents[i%2]})
		return err
	}
	for _, c := range []struct {
		put func(i int) error
		get func()
	}{
		{here, func() {
			a, err := p.do(processCall{Do: "get", Name: "a"})
			if a == nil {
				t.Fatalf("%v", err)
			}
			isOne("there", a.Content, err)
		}},
		{there, func() {
			got, _, err := read(t.Context(), h, "a", nil)
			isOne("here", got, err)
		}},
	} {
		done := background(t, func() {
			for i := range rounds {
				if err := c.put(i); err != nil {
					t.Errorf("Put: %v", err)
				}
			}
		})
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
				c.get()
			}
		}
	}
}

// processAbsentRace has both go through the same names. Who is behind fails at once,
// and so draws level: they stay together.
func processAbsentRace(t T, h *H) {
	p := h.elsewhere(t)
	var names []string
	for i := range h.rounds(300) {
		names = append(names, fmt.Sprintf("d/%03d", i))
	}
	contents := [][]byte{content(1, 2000), content(2, 3000)}
	var won [2][]string
	race(2, func(i int) {
		var err error
		if i == 0 {
			won[i], err = create(t.Context(), h, names, contents[i])
		} else {
			var a *processAnswer
			if a, err = p.do(processCall{
				Do:      "create",
				Names:   names,
				Content: contents[i],
			}); a != nil {
				won[i] = a.Names
			}
		}
		if err != nil {
			t.Errorf("Put with IfAbsent, beside the other process: got %s, want ErrExist or "+
				"no error", errText(err))
		}
	})
	for _, name := range names {
		switch here, there := slices.Contains(won[0], name), slices.Contains(won[1], name); {
		case here && there:
			t.Errorf("two processes both created %s", quote(name))
		case here:
			wantContent(t, h, name, contents[0])
		case there:
			wantContent(t, h, name, contents[1])
		default:
			t.Errorf("neither of two processes created %s", quote(name))
		}
	}
}

func processCounter(t T, h *H) {
	const times = 100
	p := h.elsewhere(t)
	put(t, h, "counter", []byte("0"), nil)
	race(2, func(i int) {
		var err error
		if i == 0 {
			err = count(t.Context(), h, "counter", times)
		} else {
			_, err = p.do(processCall{Do: "count", Name: "counter", Times: times})
		}
		if err != nil {
			t.Errorf("counting, beside the other process: got %s, want ErrPrecondition or no error",
				errText(err))
		}
	})
	wantContent(t, h, "counter", []byte(strconv.Itoa(2*times)))
}

func processSees(t T, h *H) {
	p := h.elsewhere(t)
	do := func(c processCall) *processAnswer {
		t.Helper()
		a, err := p.do(c)
		if err != nil {
			t.Fatalf("%s of %s: %v", c.Do, quote(c.Name), err)
		}
		return a
	}
	for i := range 5 {
		name, c := fmt.Sprintf("d%d/a", i%2), content(i, 1000)
		put(t, h, name, c, nil)
		if d := diff(do(processCall{Do: "get", Name: name}).Content, c); d != "" {
			t.Errorf("the content there of what was put here %s", d)
		}
		if d := diffNames(do(processCall{Do: "list"}).Names, []string{name}); d != "" {
			t.Errorf("List there of what was put here: %s", d)
		}
		c = content(i+100, 500)
		do(processCall{Do: "put", Name: name, Content: c})
		wantContent(t, h, name, c)
		same(t, "size here of what was put there", stat(t, h, name).Size, int64(len(c)))
		wantOnly(t, h, name)
		do(processCall{Do: "delete", Name: name})
		wantMissing(t, h, name)
		wantOnly(t, h)
		if _, err := p.do(processCall{Do: "get", Name: name}); !isAny(err, files.ErrNotExist) {
			t.Errorf("Get there of what was deleted: got %s, want ErrNotExist", errText(err))
		}
	}
}
