package driver_test

import (
	"reflect"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestMeetFeatures: the result has every ability that both have, and none that only one
// has. The test fails if MeetFeatures ignores a field of Features.
func TestMeetFeatures(t *testing.T) {
	var all files.Features
	every := reflect.ValueOf(&all).Elem()
	for i := range every.NumField() {
		switch f := every.Field(i); f.Kind() {
		case reflect.Bool:
			f.SetBool(true)
		default:
			f.SetInt(1000)
		}
	}
	if got := driver.MeetFeatures(all, all); got != all {
		t.Errorf("of two that are alike: %+v, want %v", got, all)
	}
	for i := range every.NumField() {
		name := every.Type().Field(i).Name
		less := all
		f := reflect.ValueOf(&less).Elem().Field(i)
		if f.Kind() == reflect.Bool {
			f.SetBool(false)
		} else {
			f.SetInt(7)
		}
		for _, got := range []files.Features{
			driver.MeetFeatures(less, all),
			driver.MeetFeatures(all, less),
		} {
			want := less
			if name == "TimeResolution" {
				want = all // the coarser one
			}
			if name == "MaxSize" { // it limits streams of unknown size too
				want.MaxUnknownSize = got.MaxUnknownSize
			}
			if got != want {
				t.Errorf("without %s: %+v, want %v", name, got, want)
			}
		}
	}
	none := driver.MeetFeatures(files.Features{MaxSize: 5}, files.Features{})
	if none.MaxSize != 5 || none.MaxUnknownSize != 0 || none.MaxName != files.MaxName {
		t.Errorf("of no limits: %+v", none)
	}
}

// TestMeetLimits: of two limits the smaller one holds, and 0 or less is none.
func TestMeetLimits(t *testing.T) {
	for _, c := range []struct{ a, b, want int64 }{
		{0, 0, 0}, {0, 5, 5}, {5, 0, 5}, {1, 5, 1}, {5, 1, 1}, {-1, 0, 0}, {0, -1, 0}, {-1, 5, 5},
		{1, 0, 1}, {0, 1, 1},
	} {
		got := driver.MeetFeatures(files.Features{MaxSize: c.a}, files.Features{MaxSize: c.b})
		if got.MaxSize != c.want {
			t.Errorf("MaxSize of %d and %d is %d, want %d", c.a, c.b, got.MaxSize, c.want)
		}
		got = driver.MeetFeatures(files.Features{MaxUnknownSize: c.a},
			files.Features{MaxUnknownSize: c.b})
		if got.MaxUnknownSize != c.want {
			t.Errorf("MaxUnknownSize of %d and %d is %d, want %d", c.a, c.b, got.MaxUnknownSize,
				c.want)
		}
	}
	got := driver.MeetFeatures(files.Features{MaxUnknownSize: 3}, files.Features{MaxSize: 2})
	if got.MaxSize != 2 || got.MaxUnknownSize != 2 {
		t.Errorf("of 3 bytes of undeclared size, and 2 of any: %+v", got)
	}
	for max, want := range map[int]int{
		-1:                files.MaxName,
		0:                 files.MaxName,
		1:                 1,
		files.MaxName:     files.MaxName,
		files.MaxName + 1: files.MaxName,
	} {
		b := driver.New(limits{Backend: mapdriver.New(), maxName: max})
		if got := b.Features().MaxName; got != want {
			t.Errorf("MaxName %d of a backend is %d, want %d", max, got, want)
		}
	}
}
