// Package history records what concurrent clients see of a few names, and looks for an
// order of their calls that explains it: the names are linearizable if there is one (X1).
package history
