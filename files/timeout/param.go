package timeout

import (
	"context"
	"net/url"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// A scheme without a parameter timeout= gets one that bounds each silence, as the
// parameters of the services' drivers do.
func init() {
	files.DefaultMux().RegisterLayer(
		files.Param{
			Name:   "timeout",
			Values: "duration",
			Doc:    "bounds each wait for a response and for further bytes or entries",
		},
		"cloudfiles.dev/files/timeout",
		func(_ context.Context, b files.Bucket, _ *url.URL,
			value string) (files.Bucket, error) {
			d, err := time.ParseDuration(value)
			if err != nil || d <= 0 {
				return nil, driver.Errorf(files.ErrInvalid,
					"want a duration of more than 0, such as 30s")
			}
			return New(b, Silence(d))
		})
}
