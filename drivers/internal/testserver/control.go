package testserver

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// readyLimit bounds the time from the call until the server answers, including the
	// build of its program. A package of tests ends within 10 minutes.
	readyLimit = 8 * time.Minute
	// maxLogShown is how many bytes of the command's output an error shows.
	maxLogShown = 4 << 10
	// commandLimit bounds one command, such as starting a node.
	commandLimit = 2 * time.Minute
)

// control communicates with the command that runs the server. It has no goroutine,
// since the tests count goroutines.
type control struct {
	mu        sync.Mutex
	in        *os.File // the command ends when this is closed, also by the kernel
	out       *os.File
	responses *bufio.Reader
}

// response is the command's response to a request.
type response struct {
	Error string `json:"error"`
	URL   string `json:"url"`
}

// The credentials of every S3 server of this process. They are the same because they
// are in the environment.
var accessKey, secretKey = rand.Text()[:20], rand.Text() + rand.Text()[:14]

// run starts the server. missing is true if it can't be installed here.
func run(name string) (s *Server, missing bool, err error) {
	module, err := findModule()
	if err != nil {
		return nil, true, err
	}
	log, err := os.CreateTemp("", "testserver-*.log")
	if err != nil {
		return nil, false, err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	c, err := startCommand(module, name, log)
	if err != nil {
		return nil, true, err
	}
	s = &Server{control: c}
	var first struct {
		*Server
		Error   string `json:"error"`
		Missing bool   `json:"missing"`
	}
	first.Server = s
	w := &waiting{
		name:  name,
		log:   log.Name(),
		begin: time.Now(),
		every: reportInterval,
	}
	if err := c.readReporting(readyLimit, &first, w); err != nil {
		c.close()
		text, _ := os.ReadFile(log.Name())
		text = text[max(0, len(text)-maxLogShown):] // the rest is about downloads
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = fmt.Errorf("not ready in %v; `go run -C %s . -build %s` builds it "+
				"without a limit", readyLimit, module, name)
		}
		// for example if the command can't be compiled without the network
		return nil, true, fmt.Errorf("%w\n%s", err, text)
	}
	if first.Error != "" {
		c.close()
		return nil, first.Missing, errors.New(first.Error)
	}
	for k, v := range s.Env {
		if v == "" {
			err = os.Unsetenv(k)
		} else {
			err = os.Setenv(k, v)
		}
		if err != nil {
			c.close()
			return nil, false, err
		}
	}
	return s, false, nil
}

// startCommand starts the command.
func startCommand(module, name string, log *os.File) (*control, error) {
	inRead, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer inRead.Close()
	out, outWrite, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, err
	}
	defer outWrite.Close()
	cmd := exec.Command("go", "run", "-C", module, ".", "-json", name)
	cmd.Env = append(os.Environ(), "GOWORK=off", "CLOUDFILES_SERVERS_ACCESS_KEY="+accessKey,
		"CLOUDFILES_SERVERS_SECRET_KEY="+secretKey)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inRead, outWrite, log
	if err := cmd.Start(); err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	return &control{in: in, out: out, responses: bufio.NewReader(out)}, nil
}

// findModule returns the folder of the servers' module, which is in the same checkout.
func findModule() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		module := filepath.Join(dir, "conformance", "servers")
		if text, err := os.ReadFile(filepath.Join(module,
			"go.mod")); err == nil && strings.HasPrefix(string(text),
			"module cloudfiles.dev/conformance/servers\n") {
			return module, nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return "", errors.New("the module conformance/servers is not here: the tests of the " +
			"servers run in a checkout of cloudfiles.dev")
	}
}

// do sends a command and returns its response.
func (c *control) do(what, name string) (response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line, err := json.Marshal(map[string]string{"do": what, "name": name})
	if err != nil {
		return response{}, err
	}
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return response{}, fmt.Errorf("the server has ended: %w", err)
	}
	var a response
	if err := c.read(commandLimit, &a); err != nil {
		return response{}, err
	}
	if a.Error != "" {
		return response{}, errors.New(a.Error)
	}
	return a, nil
}

// read reads one line into v.
func (c *control) read(limit time.Duration, v any) error { return c.readReporting(limit, v, nil) }

// readReporting is read that also reports every few seconds what it waits for.
func (c *control) readReporting(limit time.Duration, v any, w *waiting) error {
	end := time.Now().Add(limit)
	var line []byte
	for {
		next := end
		if w != nil {
			if soon := time.Now().Add(w.every); soon.Before(end) {
				next = soon
			}
		}
		// Windows has no deadlines for pipes
		if err := c.out.SetReadDeadline(next); err != nil && !errors.Is(err, os.ErrNoDeadline) {
			return err
		}
		part, err := c.responses.ReadBytes('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return json.Unmarshal(line, v)
		case errors.Is(err, io.EOF):
			return errors.New("the command that holds the server has ended")
		case errors.Is(err, os.ErrDeadlineExceeded) && next.Before(end):
			w.report()
		default:
			return err
		}
	}
}

// close makes the command end.
func (c *control) close() {
	c.in.Close()
	c.out.Close()
}
