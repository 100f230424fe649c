package faultrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"cloudfiles.dev/files"
)

// state is the state of a client's addition to a shared file.
type state int

const (
	trying state = iota // under way, or uncertain
	acknowledged
	impossible
)

// counter is a file to which all clients append lines by compare-and-swap.
type counter struct {
	name string

	mu    sync.Mutex
	known map[string]state // by line
	acked []string         // in order
}

// addTo appends one line.
func (c *client) addTo(k *counter) error {
	k.mu.Lock()
	acked := len(k.acked)
	k.mu.Unlock()
	ctx, cancel := c.context()
	defer cancel()
	content, info, err := read(ctx, c.Bucket, k.name, nil)
	cond := files.IfVersion(info.Version)
	switch {
	case errors.Is(err, files.ErrNotExist):
		cond, content = files.IfAbsent(), nil
	case errors.Is(err, files.ErrChanged):
		return nil
	case err != nil:
		return c.readFailure(k.name, err)
	}
	if bad := k.check(content, acked); bad != "" {
		c.violation("%s: %s", k.name, bad)
	}
	c.count++
	line := fmt.Sprintf("%d.%d", c.id, c.count)
	k.mu.Lock()
	k.known[line] = trying
	k.mu.Unlock()
	_, err = c.put(ctx, k.name, append(content, line+"\n"...), files.Attributes{}, cond)
	o := outcomeOf(err)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch o {
	case done:
		k.known[line] = acknowledged
		k.acked = append(k.acked, line)
	case exists, differs, refused:
		k.known[line] = impossible
		return nil
	case maybe:
	default:
		c.violation("%s: adding a line failed with %v", k.name, err)
	}
	return err
}

// check returns a description of a violation, or "": a line that no client wrote, a
// duplicate, a missing line that was acknowledged before, or a line that was refused.
func (k *counter) check(content []byte, acked int) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(content) > 0 && content[len(content)-1] != '\n' {
		return fmt.Sprintf("%d bytes end within a line", len(content))
	}
	have := map[string]bool{}
	for line := range bytes.Lines(content) {
		l := strings.TrimSuffix(string(line), "\n")
		s, ok := k.known[l]
		switch {
		case !ok:
			return fmt.Sprintf("the line %.40q is there, which no client wrote", l)
		case s == impossible:
			return fmt.Sprintf("the line %s is there, but its Put was refused", l)
		case have[l]:
			return fmt.Sprintf("the line %s is there twice", l)
		}
		have[l] = true
	}
	for _, l := range k.acked[:acked] {
		if !have[l] {
			return fmt.Sprintf("the line %s was acknowledged, and is lost", l)
		}
	}
	return ""
}

// slot is a name that several clients create concurrently. At most one succeeds.
type slot struct {
	name string

	mu    sync.Mutex
	tries map[string]state
	// exists reports whether a Put returned ErrExist.
	exists bool
}

const slotTries = 4

// create tries to create the slot's file.
func (c *client) create(s *slot) error {
	who := fmt.Sprintf("%d.%d", c.id, c.count)
	c.count++
	s.mu.Lock()
	s.tries[who] = trying
	s.mu.Unlock()
	ctx, cancel := c.context()
	defer cancel()
	_, err := c.put(ctx, s.name, []byte(strings.Repeat(who+"\n", 30)), files.Attributes{},
		files.IfAbsent())
	s.mu.Lock()
	defer s.mu.Unlock()
	switch outcomeOf(err) {
	case done:
		s.tries[who] = acknowledged
	case exists:
		s.tries[who], s.exists = impossible, true
		return nil
	case refused:
		s.tries[who] = impossible
	case maybe:
	default:
		c.violation("%s: creating it failed with %v", s.name, err)
	}
	return err
}

// check returns a description of a violation, or "". content is nil if there is no
// file.
func (s *slot) check(content []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	acked := ""
	for who, st := range s.tries {
		if st == acknowledged && acked != "" {
			return fmt.Sprintf("%s and %s both created it", acked, who)
		}
		if st == acknowledged {
			acked = who
		}
	}
	if content == nil {
		switch {
		case acked != "":
			return acked + " created it, and it is lost"
		case s.exists:
			return "a Put returned ErrExist, but the file does not exist"
		}
		return ""
	}
	who, _, _ := strings.Cut(string(content), "\n")
	st, ok := s.tries[who]
	switch {
	case !ok || string(content) != strings.Repeat(who+"\n", 30):
		return fmt.Sprintf("%d bytes that no client put: %.40q", len(content), content)
	case acked != "" && who != acked:
		return fmt.Sprintf("%s created it, but it has the content of %s", acked, who)
	case st == impossible:
		return fmt.Sprintf("the Put of %s was refused, but created it", who)
	}
	return ""
}

// read reads a whole file.
func read(ctx context.Context, b files.Bucket, name string,
	o *files.GetOptions) ([]byte, files.Info, error) {
	r, err := b.Get(ctx, name, o)
	if err != nil {
		return nil, files.Info{}, err
	}
	defer r.Close()
	p, err := r.ReadAll()
	return p, r.Info(), err
}
