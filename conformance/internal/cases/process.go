package cases

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/process"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var processCases = []suite.Case{
	{
		Rule:  "P1",
		Name:  "other-process",
		Why:   "a reader in another process must read the old file or the new one",
		Needs: feature.Needs(feature.Atomic),
		Run:   processWhole,
	},
	{
		Rule:  "P8",
		Name:  "race-processes",
		Why:   "of two processes that create one file with IfAbsent exactly one must succeed",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   processAbsentRace,
	},
	{
		Rule:  "P9",
		Name:  "counter-processes",
		Why:   "two processes that count in one file must lose no count",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   processCounter,
	},
	{
		Rule: "L4",
		Name: "other-process",
		Why:  "what one process has stored must be found by another",
		Run:  processSees,
	},
}

func processWhole(t suite.T, h *suite.H) {
	p := process.Start(t, h)
	contents := [][]byte{check.Content(1, 200_000), check.Content(2, 70_000)}
	check.Put(t, h, "a", contents[0], nil)
	isOne := func(where string, got []byte, err error) {
		t.Helper()
		if !check.IsAny(err,
			files.ErrChanged) && (err != nil || !slices.ContainsFunc(contents, func(c []byte) bool {
			return bytes.Equal(c, got)
		})) {
			t.Errorf("Get %s, during puts of the other process: %d bytes, error %s, want the "+
				"old file or the new one", where, len(got), check.ErrText(err))
		}
	}
	const rounds = 60
	here := func(i int) error {
		_, err := h.Put(t.Context(), "a", check.Stream(contents[i%2]), nil)
		return err
	}
	there := func(i int) error {
		_, err := p.Do(process.Call{Do: "put", Name: "a", Content: contents[i%2]})
		return err
	}
	for _, c := range []struct {
		put func(i int) error
		get func()
	}{
		{here, func() {
			a, err := p.Do(process.Call{Do: "get", Name: "a"})
			if a == nil {
				t.Fatalf("a Get in the other process: %v", err)
			}
			isOne("there", a.Content, err)
		}},
		{there, func() {
			got, _, err := check.Read(t.Context(), h, "a", nil)
			isOne("here", got, err)
		}},
	} {
		done := check.Background(t, func() {
			for i := range rounds {
				if err := c.put(i); err != nil {
					t.Errorf("Put: %v, want no error", err)
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

// processAbsentRace has both processes create the same names in order. A process that
// is behind fails at once, and so catches up: they stay together.
func processAbsentRace(t suite.T, h *suite.H) {
	p := process.Start(t, h)
	var names []string
	for i := range h.Rounds(300) {
		names = append(names, fmt.Sprintf("d/%03d", i))
	}
	contents := [][]byte{check.Content(1, 2000), check.Content(2, 3000)}
	var won [2][]string
	check.Race(2, func(i int) {
		var err error
		if i == 0 {
			won[i], err = process.Create(t.Context(), h, names, contents[i])
		} else {
			var a *process.Answer
			if a, err = p.Do(process.Call{
				Do:      "create",
				Names:   names,
				Content: contents[i],
			}); a != nil {
				won[i] = a.Names
			}
		}
		if err != nil {
			t.Errorf("Put with IfAbsent, during those of the other process: got %s, want "+
				"ErrExist or no error", check.ErrText(err))
		}
	})
	for _, name := range names {
		switch here, there := slices.Contains(won[0], name), slices.Contains(won[1], name); {
		case here && there:
			t.Errorf("both processes created %s, want one", term.Quote(name))
		case here:
			check.WantContent(t, h, name, contents[0])
		case there:
			check.WantContent(t, h, name, contents[1])
		default:
			t.Errorf("neither process created %s, want one", term.Quote(name))
		}
	}
}

func processCounter(t suite.T, h *suite.H) {
	const times = 100
	p := process.Start(t, h)
	check.Put(t, h, "counter", []byte("0"), nil)
	check.Race(2, func(i int) {
		var err error
		if i == 0 {
			err = process.Count(t.Context(), h, "counter", times)
		} else {
			_, err = p.Do(process.Call{Do: "count", Name: "counter", Times: times})
		}
		if err != nil {
			t.Errorf("counting, during that of the other process: got %s, want "+
				"ErrPrecondition or no error",
				check.ErrText(err))
		}
	})
	check.WantContent(t, h, "counter", []byte(strconv.Itoa(2*times)))
}

func processSees(t suite.T, h *suite.H) {
	p := process.Start(t, h)
	do := func(c process.Call) *process.Answer {
		t.Helper()
		a, err := p.Do(c)
		if err != nil {
			t.Fatalf("%s of %s: %v, want no error", c.Do, term.Quote(c.Name), err)
		}
		return a
	}
	for i := range 5 {
		name, c := fmt.Sprintf("d%d/a", i%2), check.Content(i, 1000)
		check.Put(t, h, name, c, nil)
		if d := check.Diff(do(process.Call{Do: "get", Name: name}).Content, c); d != "" {
			t.Errorf("the content that the other process reads %s", d)
		}
		if d := check.DiffNames(do(process.Call{Do: "list"}).Names, []string{name}); d != "" {
			t.Errorf("List in the other process: %s", d)
		}
		c = check.Content(i+100, 500)
		do(process.Call{Do: "put", Name: name, Content: c})
		check.WantContent(t, h, name, c)
		check.Same(t, "size of what the other process put",
			check.Stat(t, h, name).Size, int64(len(c)))
		check.WantOnly(t, h, name)
		do(process.Call{Do: "delete", Name: name})
		check.WantMissing(t, h, name)
		check.WantOnly(t, h)
		if _, err := p.Do(process.Call{
			Do:   "get",
			Name: name,
		}); !check.IsAny(err, files.ErrNotExist) {
			t.Errorf("Get in the other process of a deleted file: got %s, want ErrNotExist",
				check.ErrText(err))
		}
	}
}
