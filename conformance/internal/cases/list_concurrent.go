package cases

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var listConcurrentCases = []suite.Case{
	{
		Rule: "L4",
		Name: "what-was-put",
		Why:  "a listing must have every file whose Put has returned",
		Run:  listAfterPut,
	},
	{
		Rule: "L4",
		Name: "stable-once",
		Why: "a listing must have every file that exists all the time exactly once, whatever " +
			"others write",
		Run: listStable,
	},
	{
		Rule: "L4",
		Name: "while-looping",
		Why:  "a loop that deletes or adds files must not skip or repeat the others",
		Run:  listWhileChanging,
	},
	{
		Rule: "L4",
		Name: "directories-come-and-go",
		Why:  "a directory that is removed during a listing must not be an error",
		Run:  listDirsComeAndGo,
	},
}

func listAfterPut(t suite.T, h *suite.H) {
	check.Parallel(4, func(w int) {
		for i := range 15 {
			name := fmt.Sprintf("d%d/%d/x", w, i%4)
			if _, err := h.Put(t.Context(), name, strings.NewReader("x"), nil); err != nil {
				t.Errorf("Put: %v, want no error", err)
				return
			}
			if !slices.Contains(namesOf(t, h, fmt.Sprintf("d%d", w)), name) {
				t.Errorf("the List after Put of %s doesn't have it", name)
			}
			if err := h.Delete(t.Context(), name, nil); err != nil {
				t.Errorf("Delete: %v, want no error", err)
			}
			if slices.Contains(namesOf(t, h, fmt.Sprintf("d%d", w)), name) {
				t.Errorf("the List after Delete of %s still has it", name)
			}
		}
	})
}

// namesOf is check.List for goroutines other than the case's.
func namesOf(t suite.T, b files.Bucket, dir string) (names []string) {
	for e, err := range b.List(t.Context(), dir, nil) {
		if err != nil {
			t.Errorf("List(%q) during changes: %v, want no error", dir, err)
			return names
		}
		names = append(names, e.Name)
	}
	return names
}

// churn puts and deletes names until stop is called. It returns once that has begun.
func churn(t suite.T, h *suite.H, names []string) (stop func()) {
	quit, begun := make(chan struct{}), make(chan struct{})
	var once sync.Once
	done := check.Background(t, func() {
		check.Parallel(2, func(w int) {
			for i := w; ; i += 2 {
				select {
				case <-quit:
					return
				case <-t.Context().Done():
					return
				default:
				}
				name := names[check.Mix(uint64(i))%uint64(len(names))]
				if _, err := h.Put(t.Context(), name, strings.NewReader(name), nil); err != nil {
					t.Errorf("Put during listings: %v, want no error", err)
					return
				}
				name = names[check.Mix(uint64(i*7))%uint64(len(names))]
				if err := h.Delete(t.Context(), name, nil); err != nil {
					t.Errorf("Delete during listings: %v, want no error", err)
					return
				}
				once.Do(func() { close(begun) })
			}
		})
	})
	select {
	case <-begun:
	case <-done:
	}
	return func() { close(quit); <-done }
}

func listStable(t suite.T, h *suite.H) {
	var stable, moving []string
	for i := range 40 {
		stable = append(stable, fmt.Sprintf("d%d/s%02d", i%4, i))
		moving = append(moving, fmt.Sprintf("d%d/s%02d-", i%4, i),
			fmt.Sprintf("d%d/m%02d/x", i%4, i), fmt.Sprintf("d%d-/m%d", i%4, i))
	}
	slices.Sort(stable)
	check.Puts(t, h, stable...)
	stop := churn(t, h, moving)
	defer stop()
	for round := range h.Rounds(20) {
		o := files.ListOptions{PageSize: round % 7}
		seen := map[string]int{}
		last := ""
		for e, err := range h.List(t.Context(), "", &o) {
			if err != nil {
				t.Fatalf("List during changes: %v, want no error", err)
			}
			if seen[e.Name]++; seen[e.Name] > 1 {
				t.Errorf("List during changes yields %q twice", e.Name)
			}
			if h.F.Ordered && e.Name <= last {
				t.Errorf("List during changes yields %q after %q", e.Name, last)
			}
			last = e.Name
		}
		for _, s := range stable {
			if seen[s] != 1 {
				t.Errorf("List during changes of other files yields %q %d times, want once", s,
					seen[s])
			}
		}
	}
}

func listWhileChanging(t suite.T, h *suite.H) {
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("d%d/%02d", i/10, i))
	}
	for _, size := range []int{0, 1, 3, 7} {
		check.Puts(t, h, names...)
		var got []string
		for e, err := range h.List(t.Context(), "", &files.ListOptions{PageSize: size}) {
			if err != nil {
				t.Fatalf("List with changes between pages: %v, want no error", err)
			}
			if !slices.Contains(names, e.Name) {
				continue
			}
			got = append(got, e.Name)
			check.Remove(t, h, e.Name)                  // before the loop's position
			check.Puts(t, h, "0"+e.Name, e.Name+"-new") // before it and just after it
		}
		slices.Sort(got)
		if d := check.DiffNames(got, names); d != "" {
			t.Errorf("a listing with changes in its loop, page size %d: %s", size, d)
		}
		if _, err := files.DeleteAll(t.Context(), h.Bucket); err != nil {
			t.Fatalf("DeleteAll: %v, want no error", err)
		}
	}
}

func listDirsComeAndGo(t suite.T, h *suite.H) {
	var moving []string
	for i := range 12 {
		moving = append(moving, fmt.Sprintf("m%d/a/b/c", i%4), fmt.Sprintf("m%d/a/x%d", i%4, i))
	}
	check.Puts(t, h, "a", "m1.txt", "z/z")
	stop := churn(t, h, moving)
	defer stop()
	for i := range 40 {
		got := namesOf(t, h, "")
		for _, s := range []string{"a", "m1.txt", "z/z"} {
			if !slices.Contains(got, s) {
				t.Errorf("List while directories come and go does not yield %q", s)
			}
		}
		namesOf(t, h, fmt.Sprintf("m%d", i%4))
		for e, err := range h.List(t.Context(), fmt.Sprintf("m%d", i%4),
			&files.ListOptions{Shallow: true}) {
			if err != nil {
				t.Errorf("shallow List of a directory that comes and goes: %v, want no error", err)
			} else if e.IsDir && e.Name != fmt.Sprintf("m%d/a/", i%4) {
				t.Errorf("shallow List yields the directory %q, which is gone", e.Name)
			}
		}
	}
}
