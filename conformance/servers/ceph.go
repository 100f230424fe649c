package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// cephVersion is the prefix of the version of Debian's packages.
const cephVersion = "16.2"

var cephNames = []string{"radosgw", "ceph-mon", "ceph-osd", "ceph-common"}

// ceph is a distributed store behind an S3 gateway, with one monitor and three nodes. A
// write is acknowledged when two nodes have it, and all three get it. The nodes keep the
// objects in bounded memory. A node may be stopped, killed and started while the server
// runs.
var ceph = &server{
	name:    "ceph",
	version: func() string { return cephVersion },
	service: "s3",
	licence: "LGPL-2.1 or LGPL-3",
	purpose: "S3: any name, and a distributed store with nodes to stop",
	needs:   "Debian 12 with apt-get (root or not)",
	stamp: func() []string {
		release, _ := os.ReadFile("/etc/os-release")
		return append([]string{runtime.GOARCH, string(release)}, cephNames...)
	},
	build: func(ctx context.Context, dir string, log io.Writer) error {
		if runtime.GOOS != "linux" {
			return fmt.Errorf("it needs Debian 12, and this is %s", runtime.GOOS)
		}
		return debianPackages(ctx, dir, log, cephVersion, cephNames...)
	},
	start: startCeph,
}

const (
	cephNodes = 3
	// cephNodeBytes is how much a node may store, in memory.
	cephNodeBytes = 2 << 30
	// cephPGs is how many placement groups a pool has.
	cephPGs = 8
)

// cephCluster is a cluster that is being started or runs.
type cephCluster struct {
	*instance
	root string // of the unpacked packages
	env  []string
}

func newCephCluster(dir string, i *instance) *cephCluster {
	c := &cephCluster{instance: i, root: filepath.Join(dir, "root")}
	lib := c.lib()
	c.env = []string{
		"LD_LIBRARY_PATH=" + strings.Join([]string{lib, filepath.Join(lib,
			"ceph"), strings.Replace(lib, "/usr/lib/", "/lib/", 1), filepath.Dir(lib)}, ":"),
		"PYTHONPATH=" + filepath.Join(c.root,
			"usr/lib/python3/dist-packages"), "PYTHONDONTWRITEBYTECODE=1",
		"CEPH_CONF=" + c.conf(), "CEPH_ARGS=",
	}
	return c
}

// lib returns the folder of the unpacked libraries.
func (c *cephCluster) lib() string {
	triplet := "x86_64-linux-gnu"
	if runtime.GOARCH == "arm64" {
		triplet = "aarch64-linux-gnu"
	}
	return filepath.Join(c.root, "usr/lib", triplet)
}

// bin returns the path of a program: the unpacked one, or else the installed one.
func (c *cephCluster) bin(name string) string {
	path := filepath.Join(c.root, "usr/bin", name)
	if _, err := os.Stat(path); err != nil {
		return filepath.Join("/usr/bin", name)
	}
	return path
}

func (c *cephCluster) conf() string { return filepath.Join(c.dir, "ceph.conf") }

// writeConf writes the configuration of all daemons. They don't authenticate each other,
// because they belong to one user and use the loopback interface.
func (c *cephCluster) writeConf(id, monitor string) error {
	lib := c.lib()
	return os.WriteFile(c.conf(), fmt.Appendf(nil, `[global]
fsid = %s
mon initial members = a
mon host = [v2:%s/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
# without this the gateway hangs
ms mon client mode = crc
auth cluster required = none
auth service required = none
auth client required = none

run dir = %[3]s
admin socket = %[3]s/$name.asok
mon data = %[3]s/mon
osd data = %[3]s/osd.$id
crash dir = %[3]s
pid file =
log to file = false
log to stderr = true
err to stderr = true
mon cluster log to file = false
debug osd = 0/5
debug rgw = 0/5
# the store is in memory, so a full disk doesn't matter
mon data avail warn = 0
mon data avail crit = 0

osd objectstore = memstore
memstore device bytes = %d
# so that a node that is stopped keeps its data
osd fast shutdown = false
erasure code dir = %[5]s/ceph/erasure-code
plugin dir = %[5]s/ceph
osd class dir = %[5]s/rados-classes

# replicas may share a machine, and one other node is enough to report a dead one
osd crush chooseleaf type = 0
mon osd reporter subtree level = osd
mon osd min down reporters = 1
# a node that is back gets its copies at once, not one each 0.1 s as for spinning disks
osd recovery sleep hdd = 0
osd recovery max active = 32
osd max backfills = 8
osd pool default size = %[6]d
osd pool default min size = %d
osd pool default pg num = %d
osd pool default pgp num = %[8]d
osd pool default pg autoscale mode = off

[client.rgw]
rgw data = %[3]s
`, id, monitor, c.dir, int64(cephNodeBytes), lib, cephNodes, cephNodes-1, cephPGs), 0o666)
}
