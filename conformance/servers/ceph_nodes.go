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

// cephCleanTime is how long the cluster may take until every node has every object.
const cephCleanTime = 2 * time.Minute

// setNode stops, kills or starts a node. A node that is stopped keeps its data. A node
// that is killed loses its data, like a machine whose disk is gone, and gets it back from
// the others. A start returns when every node has every object.
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

// socket returns the path of a daemon's admin socket.
func (c *cephCluster) socket(daemon string) string { return filepath.Join(c.dir, daemon+".asok") }

// query sends a command to a daemon's admin socket: JSON and a zero byte. The response is
// its length in four bytes, and then JSON.
func (c *cephCluster) query(daemon string, command map[string]string, response any) error {
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
	if err := json.Unmarshal(text, response); err != nil {
		return fmt.Errorf("%s responded with %q", daemon, strings.TrimSpace(string(text)))
	}
	return nil
}

// active returns nil if the node has joined the cluster.
func (c *cephCluster) active(node string) error {
	var status struct{ State string }
	if err := c.query(node, map[string]string{"prefix": "status"}, &status); err != nil {
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
				return fmt.Errorf("%s does not run, so its copies are missing", p.name)
			}
		}
		pools := map[int]bool{}
		for _, p := range c.nodes {
			var its []int
			if err := c.query(p.name, map[string]string{"prefix": "get_mapped_pools"},
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

// clean returns nil if a placement group has all its copies. Only the primary node
// reports this; the other nodes refuse.
func (c *cephCluster) clean(pg string) error {
	err := fmt.Errorf("%s is on no node", pg)
	for _, p := range c.nodes {
		var status struct{ State string }
		if e := c.query(p.name, map[string]string{
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
