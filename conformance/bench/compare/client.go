package main

import (
	"context"
	"errors"
	"io"
)

// client is one peer's access to the target, reduced to the operations that are
// measured.
type client interface {
	// put stores content of the given size.
	put(ctx context.Context, name string, content io.ReadSeeker, size int64) error
	// get writes a whole file to w in order, as the peer's plain reader gives it.
	get(ctx context.Context, name string, w io.Writer) error
	// getAt writes a whole file to w in the peer's fastest way.
	getAt(ctx context.Context, name string, w io.WriterAt, size int64) error
	stat(ctx context.Context, name string) error
	del(ctx context.Context, name string) error
	// list counts the files below a directory, with their sizes and times.
	list(ctx context.Context, dir string) (int, error)
}

// tree is what a peer has that copies whole folders.
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

// peers are in the order of the report; the first of a service is this library, which
// the ratios compare with.
var peers = concat(s3Peers, gcsPeers, azurePeers, diskPeers)

func concat(lists ...[]peer) (all []peer) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// peersOf returns those of a service.
func peersOf(service string) (of []peer) {
	for _, p := range peers {
		if p.service == service {
			of = append(of, p)
		}
	}
	return of
}

// inOrder is an io.Writer that writes to w from its beginning on.
type inOrder struct {
	w  io.WriterAt
	at int64
}

func (o *inOrder) Write(p []byte) (int, error) {
	n, err := o.w.WriteAt(p, o.at)
	o.at += int64(n)
	return n, err
}
