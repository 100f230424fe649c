package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// cephStepTime is how long one step of the start may take.
	cephStepTime = time.Minute
	// maxSocketPath is how long a Unix socket's path may be.
	maxSocketPath = 107
)

func startCeph(ctx context.Context, dir string, i *instance) error {
	c := newCephCluster(dir, i)
	if n := len(c.socket("client.rgw")); n > maxSocketPath {
		return fmt.Errorf("the temporary folder's path is too long by %d bytes for a socket in "+
			"it; set TMPDIR", n-maxSocketPath)
	}
	id := uuid()
	mon, err := c.startMonitor(ctx, id)
	if err != nil {
		return err
	}
	i.main = append(i.main, mon)
	if err := c.startNodes(ctx); err != nil {
		return err
	}
	// The user may have any number of buckets, because each test makes some. The command
	// waits until the pools can be written.
	if err := c.tool(ctx, nil, "radosgw-admin", "user", "create", "--uid", "cloudfiles",
		"--display-name", "cloudfiles", "--max-buckets", "0",
		"--access-key", i.ready.AccessKey, "--secret-key", i.ready.SecretKey); err != nil {
		return err
	}
	// Without tcp_nodelay every response with a body waits 40 ms for the client's delayed
	// acknowledgement of its headers.
	gateway, addr, err := startOnPort(ctx, func(addr string) *process {
		return c.daemon("client.rgw", "radosgw", "-f", "-n", "client.rgw", "--rgw-frontends",
			"beast tcp_nodelay=1 endpoint="+addr)
	}, func(ctx context.Context, addr string) error {
		return i.s3Bucket(ctx, "http://"+addr, i.ready.Bucket)
	})
	if err != nil {
		return err
	}
	i.main = append(i.main, gateway)
	i.s3Ready(addr)
	i.ready.Nodes = i.nodeList()
	i.setNode = c.setNode
	return c.waitClean(ctx)
}

// startMonitor makes the cluster's maps and starts its monitor.
func (c *cephCluster) startMonitor(ctx context.Context, id string) (*process, error) {
	mon, _, err := startOnPort(ctx, func(addr string) *process {
		monmap := filepath.Join(c.dir, "monmap")
		script := `set -e; rm -rf "$6"; ` +
			`"$1" --create --clobber --fsid "$2" --addv a "[v2:$3/0]" "$4"; ` +
			`"$5" --mkfs -i a --monmap "$4"; exec "$5" -f -i a`
		if err := c.writeConf(id, addr); err != nil {
			script = fmt.Sprintf("echo %s; exit 1", quote(err.Error()))
		}
		return c.daemonAt("mon.a", "/bin/sh", "-c", script, "sh", c.bin("monmaptool"), id, addr,
			monmap, c.bin("ceph-mon"), filepath.Join(c.dir, "mon"))
	}, func(ctx context.Context, _ string) error {
		var status struct{ State string }
		if err := c.query("mon.a", map[string]string{"prefix": "mon_status"}, &status); err != nil {
			return err
		}
		if status.State != "leader" {
			return fmt.Errorf("the monitor is %q", status.State)
		}
		return nil
	})
	return mon, err
}

// startNodes makes the nodes' stores, registers them with the monitor, and starts them.
func (c *cephCluster) startNodes(ctx context.Context) error {
	var add bytes.Buffer
	for n := range cephNodes {
		id := uuid()
		fmt.Fprintf(&add, "osd new %s\n", id) // this order numbers them
		if err := os.Mkdir(filepath.Join(c.dir, fmt.Sprintf("osd.%d", n)), 0o777); err != nil {
			return err
		}
		if err := c.tool(ctx, nil, "ceph-osd", "--mkfs", "-i", fmt.Sprint(n), "--osd-uuid",
			id); err != nil {
			return err
		}
	}
	if err := c.tool(ctx, &add, "python3", c.bin("ceph"), "--connect-timeout",
		fmt.Sprint(int(cephStepTime.Seconds()))); err != nil {
		return err
	}
	for n := range cephNodes {
		p := c.daemon(fmt.Sprintf("osd.%d", n), "ceph-osd", "-f", "-i", fmt.Sprint(n))
		c.nodes = append(c.nodes, p)
		if err := p.start(); err != nil {
			return err
		}
	}
	for _, p := range c.nodes {
		if err := poll(ctx, cephStepTime, p, func(context.Context) error {
			return c.active(p.name)
		}); err != nil {
			return err
		}
	}
	return nil
}

// daemon returns a daemon of the cluster, which is not started yet.
func (c *cephCluster) daemon(name, program string, args ...string) *process {
	return c.daemonAt(name, append([]string{c.bin(program)}, args...)...)
}

func (c *cephCluster) daemonAt(name string, argv ...string) *process {
	p := c.process(name, argv...)
	p.env, p.abrupt = c.env, true
	return p
}

// tool runs a program and waits until it ends.
func (c *cephCluster) tool(ctx context.Context, in *bytes.Buffer, program string,
	args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, cephStepTime)
	defer cancel()
	log, err := os.Create(filepath.Join(c.ready.Logs, program+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := command(ctx, c.bin(program), args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, append(os.Environ(), c.env...), log, log
	if in != nil {
		cmd.Stdin = in
	}
	if err := spawn(cmd); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		if e := context.Cause(ctx); e != nil {
			err = e
		}
		return fmt.Errorf("%s %s: %w; the end of its log:\n%s", program,
			strings.Join(args[:min(2, len(args))], " "), err, lastLines(tailOf(log.Name())))
	}
	return nil
}

// uuid returns a random UUID.
func uuid() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
