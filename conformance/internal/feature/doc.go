// Package feature has the abilities that cases need, a variable for each field of
// files.Features, and what is checked of a bucket that does not claim one: it is refused
// and changes nothing.
package feature
