package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// do is the only helper that these tests need.
func do(b files.Bucket, method, url, body string) (int, string) {
	w := httptest.NewRecorder()
	photos(b).ServeHTTP(w, httptest.NewRequest(method, url, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

var some = filestest.Tree{"photos/a": "1", "photos/b": "2", "photos/c": "3", "other": "x"}

func TestUpload(t *testing.T) {
	b := filestest.New(t)
	b.Within(t, filestest.Budget{Requests: 1}, func() {
		if code, _ := do(b, "PUT", "/photos/cat.jpg", "jpeg"); code != http.StatusCreated {
			t.Errorf("it responds with %d", code)
		}
	})
	b.WantCreated(t, "photos/cat.jpg")
	if code, _ := do(b, "PUT", "/photos/cat.jpg", "other"); code != http.StatusConflict {
		t.Errorf("another of the name: %d", code)
	}
	b.Want(t, filestest.Tree{"photos/cat.jpg": "jpeg"})
}

func TestUploadFails(t *testing.T) {
	b := filestest.New(t)
	b.On(files.OpPut, "photos/").Nth(1).Fail(files.ErrUnavailable)
	b.On(files.OpPut, "photos/").Nth(1).LoseAnswer(filestest.Stored)
	for _, want := range []int{
		http.StatusServiceUnavailable, http.StatusInternalServerError, http.StatusConflict,
	} {
		if code, _ := do(b, "PUT", "/photos/a", "1"); code != want {
			t.Errorf("it responds with %d, want %d", code, want)
		}
	}
	b.WantCreated(t, "photos/a")
}

func TestPages(t *testing.T) {
	b := filestest.New(t)
	b.FillTree(t, some)
	var names []string
	for p := (page{Next: " "}); p.Next != ""; {
		url := "/photos?page=" + strings.TrimSpace(p.Next)
		_, body := do(b, "GET", url, "")
		p = page{}
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Fatal(err)
		}
		names = append(names, p.Names...)
	}
	if strings.Join(names, " ") != "a b c" {
		t.Errorf("the pages have %q", names)
	}
	b.WantCalls(t, files.OpList, "photos", 2)
	b.WantUnchanged(t)
}

func TestShow(t *testing.T) {
	b := filestest.New(t)
	b.FillTree(t, some)
	for url, want := range map[string]int{"/photos/a": 200, "/photos/x": 404} {
		if code, _ := do(b, "GET", url, ""); code != want {
			t.Errorf("%s: %d, want %d", url, code, want)
		}
	}
}

func TestShare(t *testing.T) {
	b := filestest.New(t)
	b.FillTree(t, some)
	_, body := do(b, "POST", "/photos/a/share", "")
	var link string
	if err := json.Unmarshal([]byte(body), &link); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{http.StatusOK, http.StatusForbidden} {
		resp, err := b.Client().Get(link)
		if err != nil || resp.StatusCode != want {
			t.Fatalf("the link: %v, %v, want %d", resp, err, want)
		}
		resp.Body.Close()
		b.Clock.Advance(time.Hour + time.Second)
	}
	if code, _ := do(b, "POST", "/photos/x/share", ""); code != http.StatusNotFound {
		t.Errorf("a link to nothing: %d", code)
	}
}

func TestRename(t *testing.T) {
	b := filestest.New(t)
	b.FillTree(t, some)
	if code, _ := do(b, "POST", "/photos/a/rename?to=z", ""); code != http.StatusNoContent {
		t.Errorf("it responds with %d", code)
	}
	b.WantChanges(t, filestest.Changes{
		Created: []string{"photos/z"},
		Deleted: []string{"photos/a"},
	})
	if code, _ := do(b, "POST", "/photos/b/rename?to=c", ""); code != http.StatusConflict {
		t.Errorf("onto another photo: %d", code)
	}
	b.WantAtLeast(t, filestest.Tree{"photos/b": "2", "photos/c": "3", "photos/z": "1"})
}

// TestRenameLosesNothing: whichever call fails, the photo is there.
func TestRenameLosesNothing(t *testing.T) {
	before := filestest.Tree{"photos/a": "1"}
	filestest.Sweep(t, files.ErrUnavailable, func(t *testing.T, b *filestest.Bucket) {
		b.FillTree(t, before)
		do(b, "POST", "/photos/a/rename?to=z", "")
		b.WantOneOf(t, before, filestest.Tree{"photos/z": "1"},
			filestest.Tree{"photos/a": "1", "photos/z": "1"})
	})
}

func TestDelete(t *testing.T) {
	b := filestest.New(t)
	b.FillTree(t, some)
	if code, _ := do(b, "DELETE", "/photos/a", ""); code != http.StatusNoContent {
		t.Errorf("it responds with %d", code)
	}
	b.WantDeleted(t, "photos/a")
	b.WantNone(t, "photos/a")
}
