// Package feature has the abilities that cases need, a variable for each field of
// files.Features, and the checks for buckets that do not claim one: the call must be
// refused and change nothing.
package feature
