// Package check is what cases share: calls that must succeed, contents that tell their
// position, and the wants that fail a case. It knows no case.
package check
