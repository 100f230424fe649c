package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"
)

// cephCleanTime is how long the cluster has until every object is on every node again.
const cephCleanTime = 2 * time.Minute

// setNode stops, kills or starts a node. A node that is stopped in order keeps its
// data. A node that is killed loses it, like a machine whose disk is gone, and gets
// it back from the others. A start returns when every object is on every node that
// runs.
func (c *cephCluster) setNode(ctx context.Context, do string, p *process) error {
	switch {
	case do == "kill":
		return p.kill()
	case do == "stop":
		return p.end()
	case p.running():
		return nil
	}
	if err := p.start(); err != nil {
		return err
	}
	if err := poll(ctx, cephStepTime, p, func(context.Context) error {
		return c.active(p.name)
	}); err != nil {
		return err
	}
	return c.waitClean(ctx)
}

// socket is where a daemon takes commands.
func (c *cephCluster) socket(daemon string) string { return filepath.Join(c.dir, daemon+".asok") }

// ask sends a command to a daemon's admin socket: JSON and a zero byte; the response is
// its length in four bytes, and JSON.
func (c *cephCluster) ask(daemon string, command map[string]string, answer any) error {
	conn, err := net.Dial("unix", c.socket(daemon))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	if _, err := conn.Write(append(line, 0)); err != nil {
		return err
	}
	var n uint32
	if err := binary.Read(conn, binary.BigEndian, &n); err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(conn, int64(n)))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s answers %q", daemon, strings.TrimSpace(string(text)))
	}
	return nil
}

// active reports whether the monitor has the node up.
func (c *cephCluster) active(node string) error {
	var status struct{ State string }
	if err := c.ask(node, map[string]string{"prefix": "status"}, &status); err != nil {
		return err
	}
	if status.State != "active" {
		return fmt.Errorf("%s is %q", node, status.State)
	}
	return nil
}

// waitClean waits until every placement group has all its copies.
func (c *cephCluster) waitClean(ctx context.Context) error {
	return poll(ctx, cephCleanTime, nil, func(context.Context) error {
		for _, p := range c.nodes {
			if !p.running() {
				return fmt.Errorf("%s does not run, so not every copy can be there", p.name)
			}
		}
		pools := map[int]bool{}
		for _, p := range c.nodes {
			var its []int
			if err := c.ask(p.name, map[string]string{"prefix": "get_mapped_pools"},
				&its); err != nil {
				return err
			}
			for _, pool := range its {
				pools[pool] = true
			}
		}
		for pool := range pools {
			for pg := range cephPGs {
				if err := c.clean(fmt.Sprintf("%d.%x", pool, pg)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// clean reports whether a placement group has all its copies. Only its primary can
// report this; the other nodes refuse.
func (c *cephCluster) clean(pg string) error {
	err := fmt.Errorf("%s is on no node", pg)
	for _, p := range c.nodes {
		var status struct{ State string }
		if e := c.ask(p.name, map[string]string{
			"prefix": "pg",
			"pgid":   pg,
			"cmd":    "query",
		}, &status); e != nil {
			continue
		}
		if strings.HasPrefix(status.State, "active+clean") { // also while it is scrubbed
			return nil
		}
		err = fmt.Errorf("%s is %s", pg, status.State)
	}
	return err
}
