package main

import (
	"context"
	"errors"
	"io"
)

// client is a peer's client of the target, reduced to the operations that are measured.
type client interface {
	// put stores content of the given size.
	put(ctx context.Context, name string, content io.ReadSeeker, size int64) error
	// get writes a whole file to w, in order, by the peer's plain reader.
	get(ctx context.Context, name string, w io.Writer) error
	// getAt writes a whole file to w in the peer's fastest way.
	getAt(ctx context.Context, name string, w io.WriterAt, size int64) error
	stat(ctx context.Context, name string) error
	del(ctx context.Context, name string) error
	// list counts the files below a directory, with their sizes and times, by as many
	// requests at a time. A peer that makes one after the other ignores parallel.
	list(ctx context.Context, dir string, parallel int) (int, error)
}

// tree is implemented by the client of a peer that copies whole folders.
type tree interface {
	// up copies a folder on disk to the directory of the bucket, and reports how many
	// files are there.
	up(ctx context.Context, folder, dir string) (int, error)
	// down copies a directory of the bucket to a folder on disk.
	down(ctx context.Context, dir, folder string) (int, error)
}

// errUnable is returned by a peer that has no function for a work. The report leaves
// the cell empty.
var errUnable = errors.New("the peer has no such function")

// peer is a library or a program, in one setting.
type peer struct {
	name    string
	service string
	module  string // whose version the report prints; "" for this library
	open    func(ctx context.Context, t target) (client, error)
}

// isUs reports whether the peer is this library.
func (p peer) isUs() bool { return p.module == "" }

// peers has all peers in the order of the report. The first peer of each service is this
// library, with which the others are compared.
var peers = concat(s3Peers, gcsPeers, azurePeers, diskPeers)

func concat(lists ...[]peer) (all []peer) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// peersOf returns the peers of a service.
func peersOf(service string) (of []peer) {
	for _, p := range peers {
		if p.service == service {
			of = append(of, p)
		}
	}
	return of
}

// inOrder is an io.Writer that writes to w, beginning at offset 0.
type inOrder struct {
	w  io.WriterAt
	at int64
}

func (o *inOrder) Write(p []byte) (int, error) {
	n, err := o.w.WriteAt(p, o.at)
	o.at += int64(n)
	return n, err
}
