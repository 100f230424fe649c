package local

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"cloudfiles.dev/files"
)

// BenchmarkPutBeside puts files of 1 KiB with bare system calls and with the driver, in
// turns, and reports the ratios of the medians of wall and processor time.
func BenchmarkPutBeside(b *testing.B) {
	meta := files.Attributes{Metadata: map[string]string{"owner": "me"}}
	for _, sync := range []bool{false, true} {
		for _, attrs := range []files.Attributes{{}, meta} {
			b.Run(fmt.Sprintf("sync=%v/sidecar=%v", sync, attrs.Metadata != nil),
				func(b *testing.B) {
					bucket, _ := newBucket(b, &Options{NoSync: !sync})
					bare, p := b.TempDir(), make([]byte, 1024)
					var times, cpus [2][]int64
					for i := 0; b.Loop(); i++ {
						for who, put := range []func(name string) error{
							func(name string) error { return barePut(bare, name, p, sync) },
							func(name string) error {
								_, err := bucket.Put(context.Background(), name, bytes.NewReader(p),
									&files.PutOptions{Attributes: attrs})
								return err
							},
						} {
							c, start := cpu(), time.Now()
							if err := put(fmt.Sprintf("file-%d.txt", i)); err != nil {
								b.Fatal(err)
							}
							times[who], cpus[who] = append(times[who],
								int64(time.Since(start))), append(cpus[who], cpu()-c)
						}
					}
					ratio := func(of [2][]int64) float64 {
						for _, d := range of {
							slices.Sort(d)
						}
						return float64(of[1][len(of[1])/2]) / float64(max(of[0][len(of[0])/2], 1))
					}
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(ratio(times), "x-bare")
					b.ReportMetric(ratio(cpus), "x-bare-cpu")
					b.ReportMetric(float64(times[0][len(times[0])/2]), "bare-ns")
				})
		}
	}
}
