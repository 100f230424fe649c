package all

import (
	"fmt"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// besideTrace puts two files, of which one is where the other has a directory, and says
// what every operation then finds.
func besideTrace(t *testing.T, b files.Bucket, first, second string) (trace []string) {
	t.Helper()
	ctx := t.Context()
	note := func(what string, err error) {
		kind := files.KindOf(err)
		if err != nil && kind == nil {
			kind = err
		}
		trace = append(trace, fmt.Sprintf("%s: %v", what, kind))
	}
	for _, name := range []string{first, second} {
		_, err := files.PutString(ctx, b, name, name, nil)
		note("put "+name, err)
	}
	for e, err := range b.List(ctx, "", nil) {
		note("list "+e.Name, err)
	}
	for _, name := range []string{first, second} {
		_, err := b.Stat(ctx, name, nil)
		note("stat "+name, err)
		text, err := files.ReadString(ctx, b, name, nil)
		note("get "+name+" "+text, err)
	}
	res, err := files.DeleteAll(ctx, b)
	note(fmt.Sprintf("delete all, %d", res.Deleted), err)
	for e, err := range b.List(ctx, "", nil) {
		note("list again "+e.Name, err)
	}
	return trace
}

// TestMinIOBeside: a file and one below its name, in both orders: the fake does what the
// service does, through the driver, in every operation afterwards.
func TestMinIOBeside(t *testing.T) {
	b, err := files.Open(t.Context(), testserver.Start(t, testserver.Minio).Store(t))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, names := range [][2]string{{"x", "x/y"}, {"x/y", "x"}} {
		want := besideTrace(t, b, names[0], names[1])
		got := besideTrace(t, filestest.New(t, filestest.As(filestest.MinIO)), names[0], names[1])
		if fmt.Sprint(got) != fmt.Sprint(want) || len(want) < 8 {
			t.Errorf("%s, then %s: the driver:\n%q\nthe fake:\n%q", names[0], names[1], want, got)
		}
	}
}
