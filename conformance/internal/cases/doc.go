// Package cases has the cases of every bucket, the files named after the groups of the
// contract's rules: names, put, get, list and so on.
package cases
