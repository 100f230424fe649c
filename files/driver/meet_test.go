package driver_test

import (
	"reflect"
	"testing"

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
