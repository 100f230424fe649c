package filestest_test

import (
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestCost: requests by class and bytes, times the rate.
func TestCost(t *testing.T) {
	b := filestest.New(t, filestest.As(filestest.S3))
	put(t, b, "a", strings.Repeat("x", 1000)) // a write
	if _, err := files.ReadAll(t.Context(), b, "a", nil); err != nil {
		t.Fatal(err)
	}
	b.Stat(t.Context(), "a", nil)
	if err := b.Delete(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	prices := filestest.Prices{
		Service:  "an example",
		Region:   "here",
		Currency: "EUR",
		Date:     "2026-01-02",
		Source:   "https://example.com",
		PerThousand: map[filestest.Class]float64{
			filestest.ClassWrite:  5,
			filestest.ClassRead:   0.5,
			filestest.ClassDelete: 0,
		},
		PerGBOut: 100,
	}
	// A thousand times a month: 1 write of 0.005, 1 read of 0.0005, 1,000 bytes each.
	c := b.Cost(prices, 1000)
	if math.Abs(c.Total()-(5+0.5+0.1)) > 1e-9 || len(c.Unpriced) != 1 ||
		c.Unpriced[0] != filestest.ClassOther {
		t.Errorf("Cost = %+v, want 5.60 and no price for others", c)
	}
	want := "5.60 EUR a month: delete 0.00, read 0.50, write 5.00, traffic 0.10, other without a " +
		"price (an example, here, 2026-01-02, https://example.com)"
	if c.String() != want {
		t.Errorf("Cost prints %q, want %q", c, want)
	}
	if filestest.PerSecond != 730*3600 {
		t.Errorf("PerSecond is %v, want 730*3600", filestest.PerSecond)
	}
}

// TestPriceLists: each list says where it is from, and prices every class.
func TestPriceLists(t *testing.T) {
	for _, p := range []filestest.Prices{
		filestest.S3Prices, filestest.GCSPrices, filestest.AzurePrices,
	} {
		u, err := url.Parse(p.Source)
		_, derr := time.Parse(time.DateOnly, p.Date)
		if err != nil || u.Scheme != "https" || derr != nil || p.Service == "" || p.Region == "" ||
			p.Currency == "" {
			t.Errorf("the prices %+v: %v, %v, want a source and a date", p, err, derr)
		}
		for _, class := range []filestest.Class{
			filestest.ClassWrite, filestest.ClassRead, filestest.ClassList, filestest.ClassDelete,
			filestest.ClassOther,
		} {
			if price, ok := p.PerThousand[class]; !ok || price < 0 || price > 1 {
				t.Errorf("%s: %s costs %v, %v", p.Service, class, price, ok)
			}
		}
	}
}
