// Package feature has the abilities that cases need: a variable for each field of
// files.Features. If a bucket does not claim an ability, a check of this package runs
// instead of the case: a call that needs the ability must be refused and change nothing.
package feature
