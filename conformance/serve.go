package conformance

import (
	"io"

	"cloudfiles.dev/conformance/internal/process"
	"cloudfiles.dev/files"
)

// Serve makes the calls on the bucket that the suite's cases send to another process,
// until in ends. It is for the command that [Harness.Process] returns, which passes its
// standard input and output:
//
//	func TestMain(m *testing.M) {
//		if dir := os.Getenv("MYDRIVER_OTHER_PROCESS"); dir != "" {
//			if err := conformance.Serve(mydriver.New(dir), os.Stdin, os.Stdout); err != nil {
//				log.Fatal(err)
//			}
//			return
//		}
//		os.Exit(m.Run())
//	}
func Serve(b files.Bucket, in io.Reader, out io.Writer) error { return process.Serve(b, in, out) }
