package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
)

// target describes the bucket on which the peers work. Child processes get it as JSON.
type target struct {
	Service   string            `json:"service"` // s3, gcs, azure or disk
	Name      string            `json:"name"`    // of the server
	Version   string            `json:"version"`
	Endpoint  string            `json:"endpoint"`
	URL       string            `json:"url"`
	Bucket    string            `json:"bucket"`
	Region    string            `json:"region"`
	AccessKey string            `json:"access_key"`
	SecretKey string            `json:"secret_key"`
	Env       map[string]string `json:"env"`
	Error     string            `json:"error"`
}

// host returns the server's host and port.
func (t target) host() string {
	u, err := url.Parse(t.Endpoint)
	if err != nil {
		return ""
	}
	return u.Host
}

// at returns the target with another host and port.
func (t target) at(addr string) target {
	old := t.host()
	if old == "" || old == addr {
		return t
	}
	swap := strings.NewReplacer(old, addr, url.QueryEscape(old), url.QueryEscape(addr))
	t.Endpoint, t.URL = swap.Replace(t.Endpoint), swap.Replace(t.URL)
	env := map[string]string{}
	for k, v := range t.Env {
		env[k] = swap.Replace(v)
	}
	t.Env = env
	return t
}

// server is a server of the module conformance/servers. It ends when its input ends.
type server struct {
	target
	stdin io.Closer
	cmd   *exec.Cmd
}

// startServer starts a server. The first call downloads and builds it.
func startServer(name string) (*server, error) {
	cmd := exec.Command("go", "run", "-C", serversDir, ".", "-json", name)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{
		stdin: in,
		cmd:   cmd,
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s.target)
	}
	if err == nil && s.Error != "" {
		err = fmt.Errorf("%s: %s", name, s.Error)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *server) close() {
	s.stdin.Close()
	s.cmd.Wait()
}
