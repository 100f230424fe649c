package filestest_test

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestRecordIsBounded: past 10,000 calls only counts grow.
func TestRecordIsBounded(t *testing.T) {
	b := filestest.New(t)
	const n = 10_050
	used := b.Within(t, filestest.Budget{Calls: n, Requests: n}, func() {
		for range n {
			b.Stat(t.Context(), "a", nil)
		}
	})
	if used.Calls != n || used.AllRequests() != n || len(b.Calls()) != 10_000 {
		t.Errorf("%+v, %d are remembered", used, len(b.Calls()))
	}
}

// TestRecordIsACopy: what the program changes after the call is not what is remembered.
func TestRecordIsACopy(t *testing.T) {
	b := filestest.New(t)
	names := []string{"a", "b"}
	b.DeleteMany(t.Context(), names)
	before := b.Calls()
	names[0] = "changed"
	if after := b.Calls(); !reflect.DeepEqual(before, after) {
		t.Errorf("%v, and before %v", after, before)
	}
}

// TestInstrumentsHideNothing: with rules for other names a bucket claims what it claimed
// without any, and copies inside the store.
func TestInstrumentsHideNothing(t *testing.T) {
	bare := mem.New(nil)
	around := filestest.Around(t, bare, nil)
	fake := filestest.New(t)
	claimed := fake.Features()
	for _, b := range []interface {
		files.Bucket
		On(op files.Op, pattern string) *filestest.Rule
		Within(t testing.TB, limit filestest.Budget, f func()) filestest.Usage
	}{fake, around} {
		for _, op := range []files.Op{files.OpGet, files.OpPut, files.OpCopy, files.OpList} {
			defer b.On(op, "other/").Delay(time.Hour).Stop()
		}
		defer b.On(files.OpGet, "other/").BreakAfter(1).Stop()
		put(t, b, "a", "text")
		used := b.Within(t, filestest.Budget{Calls: 1}, func() {
			if _, err := files.Copy(t.Context(), b, "b", b, "a", nil); err != nil {
				t.Error(err)
			}
		})
		if used.Read+used.Stored != 0 {
			t.Errorf("%T: the copy went through the program: %+v", b, used)
		}
	}
	if fake.Features() != claimed || around.Features() != bare.Features() {
		t.Error("the instruments change what is claimed")
	}
}

// TestClockEndsNoWait: setting the clock moves times and ends no wait; and only what is
// stored has a new time.
func TestClockEndsNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		put(t, b, "a", "x")
		before, err := b.Stat(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		b.On(files.OpStat, "a").Delay(time.Hour)
		begin := time.Now()
		done := make(chan files.Info)
		go func() {
			info, _ := b.Stat(t.Context(), "a", nil)
			done <- info
		}()
		synctest.Wait()
		b.Clock.Advance(48 * time.Hour)
		if info := <-done; !info.ModTime.Equal(before.ModTime) {
			t.Errorf("the file is of %v, and was of %v", info.ModTime, before.ModTime)
		}
		if took := time.Since(begin); took != time.Hour {
			t.Errorf("the wait took %v", took)
		}
	})
}

// TestEveryOptionActs: each condition of a Put, a Get and a Delete acts, or the call is
// refused and changes nothing; none is taken and dropped. (The suite looks at the
// rest.) A field that is new fails here until it is looked at.
func TestEveryOptionActs(t *testing.T) {
	known := map[reflect.Type][]string{
		reflect.TypeFor[files.PutOptions]():    {"Attributes", "If", "Size", "Digest", "Native"},
		reflect.TypeFor[files.DeleteOptions](): {"IfVersion", "Key"},
	}
	for typ, names := range known {
		var have []string
		for f := range typ.Fields() {
			have = append(have, f.Name)
		}
		if len(have) != len(names) {
			t.Errorf("%s has the fields %q, and %q are tested", typ, have, names)
		}
	}
	size := int64(7)
	for _, p := range []filestest.Personality{
		filestest.Clouds, filestest.Strong, filestest.S3, filestest.GCS, filestest.Azure,
		filestest.MinIO, filestest.Disk,
	} {
		b := filestest.New(t, filestest.As(p))
		b.FillTree(t, filestest.Tree{"a": "text"})
		for what, o := range map[string]*files.PutOptions{
			"If":     {If: files.IfAbsent()},
			"If of":  {If: files.IfVersion("other")},
			"Size":   {Size: &size},
			"Digest": {Digest: files.Digest{MD5: "00000000000000000000000000000000"}},
			"Native": {Native: []files.NativeOption{native{}}},
		} {
			if _, err := files.PutString(t.Context(), b, "a", "new", o); err == nil {
				t.Errorf("%s: Put with %s is done", p, what)
			}
		}
		for what, o := range map[string]*files.GetOptions{
			"IfVersion": {IfVersion: "other"},
			"Key":       {Key: "k"},
		} {
			if r, err := b.Get(t.Context(), "a", o); err == nil {
				r.Close()
				t.Errorf("%s: Get with %s is done", p, what)
			}
		}
		for what, o := range map[string]*files.DeleteOptions{
			"IfVersion": {IfVersion: "other"},
			"Key":       {Key: "k"},
		} {
			if err := b.Delete(t.Context(), "a", o); err == nil {
				t.Errorf("%s: Delete with %s is done", p, what)
			}
		}
		b.WantUnchanged(t)
		b.Want(t, filestest.Tree{"a": "text"})
	}
}

type native struct{}

func (native) NativeOption() string { return "filestest_test.native" }
