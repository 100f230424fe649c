package driver_test

import (
	"errors"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestPartPlan tries sizes at both sides of each limit of a plan.
func TestPartPlan(t *testing.T) {
	small := driver.PartPlan{
		PartSize:    10,
		Concurrency: 2,
		MaxParts:    4,
		MaxPartSize: 25,
	}
	large := driver.PartPlan{
		PartSize:    5 << 20,
		Concurrency: 4,
		MaxParts:    100,
		MaxPartSize: 50 << 20,
	}
	for _, c := range []struct {
		plan driver.PartPlan
		size int64
		part int64 // 0 if it is too large
		n    int
	}{
		{small, 0, 10, 1},
		{small, 1, 10, 1},
		{small, 10, 10, 1},
		{small, 11, 10, 2},
		{small, 40, 10, 4},
		{small, 41, 11, 4},
		{small, 44, 11, 4},
		{small, 45, 12, 4},
		{small, 100, 25, 4},
		{small, 101, 0, 0},
		{large, 500 << 20, 5 << 20, 100},
		// Above that, parts are whole MiB.
		{large, 500<<20 + 1, 6 << 20, 84},
		{large, 600 << 20, 6 << 20, 100},
		{large, 600<<20 + 1, 7 << 20, 86},
		{large, 1000 << 20, 10 << 20, 100},
		{large, 5000 << 20, 50 << 20, 100},
		{large, 5000<<20 + 1, 0, 0},
	} {
		part, err := c.plan.PartSizeOf(c.size)
		if c.part == 0 {
			if !errors.Is(err, files.ErrTooLarge) || part != 0 {
				t.Errorf("%d bytes: %d and %v, want 0 and ErrTooLarge", c.size, part, err)
			}
			continue
		}
		if n := c.plan.Count(c.size); err != nil || part != c.part || n != c.n {
			t.Errorf("%d bytes: %d parts of %d, %v, want %d of %d", c.size, n, part, err, c.n,
				c.part)
		}
	}
	// Parts grow with each tenth of their number, or with each if there are fewer.
	for _, c := range []struct {
		plan driver.PartPlan
		want int64
	}{
		{small, 10 + 10 + 10 + 10},
		{driver.PartPlan{
			PartSize:    10,
			Concurrency: 5,
			MaxParts:    7,
			MaxPartSize: 49,
		}, 10 + 12 + 16 + 25 + 3*49},
		{driver.PartPlan{
			PartSize:    10,
			Concurrency: 5,
			MaxParts:    25,
			MaxPartSize: 1000,
		}, 2*10 + 2*12 + 2*16 + 2*25 + 17*50},
		{driver.PartPlan{
			PartSize:    10,
			Concurrency: 5,
			MaxParts:    100,
			MaxPartSize: 1000,
		}, 10*10 + 10*12 + 10*16 + 10*25 + 60*50},
		{driver.PartPlan{
			PartSize:    10,
			Concurrency: 5,
			MaxParts:    100,
			MaxPartSize: 1000,
			Equal:       true,
		}, 100 * 10},
		{driver.PartPlan{
			PartSize:    1 << 20,
			Concurrency: 3,
			MaxParts:    6,
			MaxPartSize: 1 << 30,
		}, 10 << 20}, // whole MiB
	} {
		if got := c.plan.MaxUnknownSize(); got != c.want {
			t.Errorf("%+v: a stream may have %d bytes, want %d", c.plan, got, c.want)
		}
	}
}
