package gcs

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// afterThat carries the request out, calls do, and loses the response.
func afterThat(do func()) proxy.Fault {
	return proxy.Fault{
		Name: "response lost after something else was done",
		Do: func(x *proxy.Exchange, next proxy.Send) (*http.Response, error) {
			resp, err := next(x.Request)
			if err != nil {
				return nil, err
			}
			resp.Body.Close()
			do()
			return nil, proxy.ErrReset
		},
	}
}

// TestLostResponses: a conditional Put whose first attempt was carried out recognizes
// its own write (P8, P9); an unknown outcome is ErrUncertain (P2).
func TestLostResponses(t *testing.T) {
	t.Parallel()
	b, direct, p := proxied(t, "retry_attempts=3")
	ctx := t.Context()
	put := func(to files.Bucket, name, content string, c files.Condition) (files.Info, error) {
		return to.Put(ctx, name, io.MultiReader(strings.NewReader(content)), &files.PutOptions{
			If:         c,
			Attributes: files.Attributes{Metadata: map[string]string{"k": content}},
		})
	}
	must := func(info files.Info, err error) files.Info {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	lose := func(kind string, n int) {
		p.Clear()
		p.Add(proxy.Rule{Kinds: []string{kind}, Times: n, Fault: proxy.ResetAfter()})
		p.Reset()
	}

	lose("InsertObject", 1)
	info := must(put(b, "a", "one", files.IfAbsent()))
	stat := must(direct.Stat(ctx, "a", nil))
	if stat.Version != info.Version || fmt.Sprint(stat.Metadata) != "map[k:one]" ||
		info.Digest.CRC32C == "" {
		t.Errorf("Put with a lost response = %+v, and Stat = %+v", info, stat)
	}
	p.Want(t, map[string]int{"InsertObject": 2, "GetObject": 1})

	lose("InsertObject", 1)
	must(put(b, "a", "two", files.IfVersion(info.Version)))
	if got, err := files.ReadString(ctx, direct, "a", nil); got != "two" || err != nil {
		t.Errorf("the content is %q, %v, want %q and nil", got, err, "two")
	}

	p.Clear()
	p.Add(proxy.Rule{
		Kinds: []string{"InsertObject"},
		Times: 1,
		Fault: afterThat(func() { must(put(direct, "b", "other", files.Condition{})) }),
	})
	_, err := put(b, "b", "mine", files.IfAbsent())
	// E2: one sentinel
	if files.KindOf(err) != files.ErrUncertain || errors.Is(err, files.ErrExist) {
		t.Errorf("Put that was replaced while its response was lost = %v", err)
	}

	p.Clear()
	p.Add(proxy.Rule{Kinds: []string{"InsertObject"}, Times: 1, Fault: proxy.ResetBefore()})
	// a lost response can't be excluded
	if _, err := put(b, "b", "mine", files.IfAbsent()); files.KindOf(err) != files.ErrUncertain {
		t.Errorf("Put to a name in use whose first attempt was reset = %v, want ErrUncertain", err)
	}

	lose("InsertObject", 1)
	p.Add(proxy.Rule{Kinds: []string{"InsertObject"}, Nth: 2, Fault: proxy.GCS.Forbidden()})
	if _, err := put(b, "f", "mine",
		files.Condition{}); files.KindOf(err) != files.ErrUncertain || !errors.Is(err,
		files.ErrPermission) {
		t.Errorf("Put whose response was lost and whose retry is forbidden = %v", err)
	}

	lose("InsertObject", 0)
	_, err = put(b, "c", "mine", files.Condition{})
	if files.KindOf(err) != files.ErrUncertain || retry.Attempts(err) != 3 ||
		!strings.Contains(err.Error(), "after 3 attempts") {
		t.Errorf("Put whose responses are all lost = %v", err)
	}
	p.Want(t, map[string]int{"InsertObject": 3})

	p.Clear()
	v := must(put(b, "d", "x", files.Condition{})).Version
	lose("DeleteObject", 1)
	if err := b.Delete(ctx, "d",
		&files.DeleteOptions{IfVersion: v}); files.KindOf(err) != files.ErrUncertain {
		t.Errorf("Delete of a version whose response was lost = %v", err)
	}
	lose("DeleteObject", 1)
	if err := b.Delete(ctx, "a", nil); err != nil {
		t.Errorf("Delete whose response was lost = %v", err)
	}
	lose("RewriteObject", 1)
	if _, err := files.Copy(ctx, b, "e", b, "b",
		&files.CopyOptions{If: files.IfAbsent()}); files.KindOf(err) != files.ErrUncertain {
		t.Errorf("Copy with a condition whose response was lost = %v", err)
	}
	lose("RewriteObject", 1)
	if _, err := files.Copy(ctx, b, "e", b, "b", nil); err != nil {
		t.Errorf("Copy whose response was lost = %v", err)
	}
}

// TestRefusalsAreCertain: a refusal by the service itself means that nothing was
// written, and has its own kind.
func TestRefusalsAreCertain(t *testing.T) {
	b, _, p := proxied(t, "retry_attempts=2")
	for what, c := range map[string]struct {
		fault proxy.Fault
		want  error
		tries int
	}{
		"no permission":    {proxy.GCS.Forbidden(), files.ErrPermission, 1},
		"too many":         {proxy.GCS.SlowDown(0), files.ErrUnavailable, 2},
		"an expired token": {proxy.GCS.ExpiredCredentials(), files.ErrPermission, 1},
		"a reset":          {proxy.ResetBefore(), files.ErrUncertain, 2},
	} {
		p.Clear()
		p.Reset()
		p.Add(proxy.Rule{Fault: c.fault})
		_, err := files.PutString(t.Context(), b, "a", "text", nil)
		if k := files.KindOf(err); k != c.want && !(c.want == files.ErrUnavailable &&
			k == files.ErrUncertain) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		if n := p.Total(); n != c.tries {
			t.Errorf("%s: %d requests, want %d", what, n, c.tries)
		}
	}
}
