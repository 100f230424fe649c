package files

import "context"

// Usage counts the files below the directory and their bytes, by listing them all; ""
// is the whole bucket. Both counts are 0 if the directory does not exist. After an
// error they are what was counted until then. A long listing makes up to eight requests
// at a time (ListOptions.Parallel).
//
// Errors: those of Bucket.List.
func Usage(ctx context.Context, b Bucket, dir string) (count, bytes int64, err error) {
	ctx, b = given(ctx, b)
	for e, err := range b.List(ctx, dir, &ListOptions{Parallel: usageLists}) {
		if err != nil {
			return count, bytes, err
		}
		count++
		bytes += e.Size
	}
	return count, bytes, nil
}

// usageLists is how many requests at a time Usage makes for a long listing.
const usageLists = 8
