// Package cases has the cases that every bucket must pass. Its files are named after
// the groups of the contract's rules: names, put, get, list and so on.
package cases
