// Package check has functions that cases share: calls that must succeed, contents that
// depend on their offset, and comparisons that fail a case. It contains no cases.
package check
