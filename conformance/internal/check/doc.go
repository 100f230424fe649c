// Package check has what cases share: calls that must succeed, contents that depend on
// their offset, and comparisons that fail a case. It knows no case.
package check
