// Package benchmarks has the benchmarks of conformance.Bench.
package benchmarks
