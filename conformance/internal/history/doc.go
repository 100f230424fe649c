// Package history records the results of concurrent calls on a few names, and searches
// for an order of the calls that explains the results. If there is one, the history is
// linearizable (X1).
package history
