//go:build unix

package local

import (
	"context"
	"fmt"
	"strings"

	"cloudfiles.dev/files"
)

// step is one operation of a crash test.
type step struct {
	op     string // put, copy, move, delete
	name   string // what is written or deleted
	src    string // of a copy and a move
	file   proofFile
	cond   string // "", "absent", or "version" (the current one)
	attrs  int    // of a copy: the kind of new attributes, with the number seqNew; 0 keeps the old
	seqNew int
}

func stepPut(name string, seq, attrs int) step {
	return step{op: "put", name: name, file: proofFile{Origin: name, Seq: seq, Attrs: attrs}}
}

func (s step) sized(n int) step      { s.file.Size = n; return s }
func (s step) when(c string) step    { s.cond = c; return s }
func (s step) newly(seq, k int) step { s.seqNew, s.attrs = seq, k; return s }

func stepCopy(src, dst string) step { return step{op: "copy", src: src, name: dst} }
func stepMove(src, dst string) step { return step{op: "move", src: src, name: dst} }
func stepDelete(name string) step   { return step{op: "delete", name: name} }

func (s step) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %.30s %.30s %s", s.op, s.src, s.name, s.cond))
}

// do performs the step.
func (s step) do(ctx context.Context, b files.Bucket) error {
	cond, err := s.condition(ctx, b)
	if err != nil {
		return err
	}
	switch s.op {
	case "put":
		_, err = b.Put(ctx, s.name, strings.NewReader(s.file.content()), &files.PutOptions{
			Attributes: s.file.attributes(),
			If:         cond,
		})
	case "copy", "move":
		opts := &files.CopyOptions{If: cond}
		if s.attrs > 0 {
			a := proofAttributes(s.seqNew, s.attrs)
			opts.Attributes = &a
		}
		if s.op == "copy" {
			_, err = files.Copy(ctx, b, s.name, b, s.src, opts)
		} else {
			_, err = files.Move(ctx, b, s.name, b, s.src, opts)
		}
	case "delete":
		err = b.Delete(ctx, s.name, nil)
	default:
		panic(s.op)
	}
	return err
}

func (s step) condition(ctx context.Context, b files.Bucket) (files.Condition, error) {
	switch s.cond {
	case "absent":
		return files.IfAbsent(), nil
	case "version":
		info, err := b.Stat(ctx, s.name, nil)
		return files.IfVersion(info.Version), err
	}
	return files.Condition{}, nil
}

// states returns the states that are possible while the step is in progress, from the
// one before it to the one after it.
func (s step) states(before state) []state {
	switch s.op {
	case "put":
		return []state{before, before.with(s.name, s.file)}
	case "delete":
		return []state{before, before.without(s.name)}
	}
	f := before[s.src]
	if s.attrs > 0 {
		f.OverSeq, f.OverAttrs = s.seqNew, s.attrs
	}
	copied := before.with(s.name, f)
	if s.op == "copy" {
		return []state{before, copied}
	}
	return []state{before, copied, copied.without(s.src)}
}

// after returns the state after the step.
func (s step) after(before state) state {
	all := s.states(before)
	return all[len(all)-1]
}

// subjects returns the names that the step changes.
func (s step) subjects() []string {
	if s.op == "move" {
		return []string{s.name, s.src}
	}
	return []string{s.name}
}

// perform does the steps and returns the state after them.
func perform(ctx context.Context, b files.Bucket, before state, steps []step) (state, error) {
	for _, s := range steps {
		if err := s.do(ctx, b); err != nil {
			return nil, fmt.Errorf("%v: %w", s, err)
		}
		before = s.after(before)
	}
	return before, nil
}

// long is an element that is too long for every file system.
var long = strings.Repeat("long-", 60)

// scenario is a step, and the steps that were acknowledged before it.
type scenario struct {
	name  string
	setup []step
	run   step
}

// beside puts files that no scenario changes.
var beside = []step{stepPut("d/beside", 1, 0), stepPut("d/f.attrs-not", 2, 2), stepPut("e/x", 3, 1)}

// scenarios are the steps that are killed, and made to fail, at every operation.
var scenarios = []scenario{
	{"new file in new folders of an empty bucket", nil, stepPut("p/q/f", 10, 0)},
	{"new file in a new folder", beside, stepPut("n/f.json", 10, 0)},
	{"new file with metadata", beside, stepPut("d/f", 10, 2)},
	{"large file", beside, stepPut("d/f", 10, 1).sized(1 << 20)},
	{"plain over plain", append(stepPut("d/f", 5, 0).alone(), beside...), stepPut("d/f", 10, 0)},
	{"metadata over plain", append(stepPut("d/f", 5, 0).alone(), beside...), stepPut("d/f", 10, 1)},
	{"plain over metadata", append(stepPut("d/f", 5, 2).alone(), beside...), stepPut("d/f", 10, 0)},
	{"metadata over metadata", append(stepPut("d/f", 5, 1).alone(),
		beside...), stepPut("d/f", 10, 2)},
	{"metadata over metadata of three generations", append([]step{stepPut("d/f", 5,
		1), stepPut("d/f", 6, 2), stepPut("d/f", 7, 1)}, beside...), stepPut("d/f", 10, 2)},
	{"below a file", append(stepPut("a", 5, 1).alone(), beside...), stepPut("a/b", 10, 1)},
	{"deep below a file", append([]step{stepPut("a", 5, 1), stepPut("a/b", 6, 0)},
		beside...), stepPut("a/b/c", 10, 0)},
	{"beside a folder", append(stepPut("a/b", 5, 1).alone(), beside...), stepPut("a", 10, 1)},
	{"over the file beside a folder", append([]step{stepPut("a", 5, 2), stepPut("a/b", 6, 1)},
		beside...), stepPut("a", 10, 1)},
	{"plain over the file beside a folder", append([]step{stepPut("a", 5, 2), stepPut("a/b", 6, 1)},
		beside...), stepPut("a", 10, 0)},
	{"long element", beside, stepPut("d/"+long, 10, 1)},
	{"over a long element", append(stepPut("d/"+long+"/x", 5, 2).alone(),
		beside...), stepPut("d/"+long+"/x", 10, 1)},
	{"below a file with a long name", append(stepPut(long, 5, 1).alone(),
		beside...), stepPut(long+"/x", 10, 0)},
	{"a name like a sidecar", append(stepPut("d/f.attrs", 5, 1).alone(),
		beside...), stepPut("d/f.attrs", 10, 2)},
	{"if absent", beside, stepPut("d/f", 10, 1).when("absent")},
	{"if of a version", append(stepPut("d/f", 5, 2).alone(),
		beside...), stepPut("d/f", 10, 1).when("version")},
	{"copy", append(stepPut("d/s", 5, 2).alone(), beside...), stepCopy("d/s", "c/f")},
	{"copy over a file", append([]step{stepPut("d/s", 5, 2), stepPut("d/f", 6, 1)},
		beside...), stepCopy("d/s", "d/f")},
	{"copy with new attributes", append([]step{stepPut("d/s", 5, 2), stepPut("d/f", 6, 0)},
		beside...), stepCopy("d/s", "d/f").newly(10, 2)},
	{"copy onto itself with new attributes", append(stepPut("d/f", 5, 2).alone(),
		beside...), stepCopy("d/f", "d/f").newly(10, 2)},
	{"move", append(stepPut("d/s", 5, 2).alone(), beside...), stepMove("d/s", "m/f")},
	{"move over a file", append([]step{stepPut("s/s", 5, 0), stepPut("d/f", 6, 1)},
		beside...), stepMove("s/s", "d/f")},
	{"delete a file with metadata", append(stepPut("d/f", 5, 2).alone(),
		beside...), stepDelete("d/f")},
	{"delete the last file of folders", append(stepPut("l/m/f", 5, 1).alone(),
		beside...), stepDelete("l/m/f")},
	{"delete below the file beside", append([]step{stepPut("a", 5, 2), stepPut("a/b", 6, 1)},
		beside...), stepDelete("a/b")},
	{"delete the file beside a folder", append([]step{stepPut("a", 5, 2), stepPut("a/b", 6, 1)},
		beside...), stepDelete("a")},
	{"delete a long element", append(stepPut(long+"/"+long, 5, 1).alone(),
		beside...), stepDelete(long + "/" + long)},
}

// alone returns a list of this step, to append to.
func (s step) alone() []step { return []step{s} }
