package filestest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Class is a class of requests, as price lists have them.
type Class string

// The classes.
const (
	ClassWrite  Class = "write"  // puts, parts of them, copies
	ClassRead   Class = "read"   // of content
	ClassList   Class = "list"   // a page of a listing
	ClassDelete Class = "delete" // of one file
	ClassOther  Class = "other"  // such as a look at attributes
)

// Prices are a price list of a service, for Cost. Budgets don't depend on prices.
type Prices struct {
	Service  string // and, for example, the storage class
	Region   string
	Currency string
	// Date is the date of the list, or, if it has none, the day on which it was read,
	// as 2006-01-02; Source is its address.
	Date, Source string
	// PerThousand is the price of 1,000 requests of each class. A class without a price
	// isn't free: Cost.Unpriced says so.
	PerThousand map[Class]float64
	// PerGBOut is the price of a GB (10⁹ bytes) that is read.
	PerGBOut float64
}

// Examples of price lists, by which to compare designs. Real bills depend on the
// contract, the region, the storage class and the amount, so make a list of your own
// from a page that you trust. Prices change, and these lists are not updated each time.
var (
	// S3Prices are those of the price list's version 20260928230416. Traffic to the
	// internet isn't on that list.
	S3Prices = Prices{
		Service:  "Amazon S3, standard",
		Region:   "us-east-1",
		Currency: "USD",
		Date:     "2026-09-28",
		Source: "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonS3/current/" +
			"us-east-1/index.json",
		PerThousand: map[Class]float64{
			ClassWrite:  0.005,
			ClassList:   0.005,
			ClassRead:   0.0004,
			ClassOther:  0.0004,
			ClassDelete: 0,
		},
	}
	// GCSPrices are those of the service's own example.
	GCSPrices = Prices{
		Service:  "Google Cloud Storage, standard",
		Region:   "us-east1",
		Currency: "USD",
		Date:     "2026-11-29",
		Source:   "https://cloud.google.com/storage/pricing-examples",
		PerThousand: map[Class]float64{
			ClassWrite:  0.005,
			ClassList:   0.005,
			ClassRead:   0.0004,
			ClassOther:  0.0004,
			ClassDelete: 0,
		},
		PerGBOut: 0.12, // to the Americas and EMEA
	}
	// AzurePrices are the sample prices of the service's documentation, which calls them
	// fictitious. Traffic to the internet isn't among them.
	AzurePrices = Prices{
		Service:  "Azure Blob Storage, hot",
		Region:   "a sample",
		Currency: "USD",
		Date:     "2024-07-26",
		Source:   "https://learn.microsoft.com/azure/storage/blobs/blob-storage-estimate-costs",
		PerThousand: map[Class]float64{
			ClassWrite:  0.0055,
			ClassList:   0.0055,
			ClassRead:   0.00044,
			ClassOther:  0.00044,
			ClassDelete: 0,
		},
	}
)

// Rate is how many times a month something happens. A month has 730 hours.
type Rate float64

// Rates, to be multiplied: 40 * PerSecond.
const (
	PerMonth  Rate = 1
	PerHour   Rate = 730
	PerMinute Rate = 60 * PerHour
	PerSecond Rate = 60 * PerMinute
)

// Usage is what was done with a bucket.
type Usage struct {
	Calls, Writes int
	// Read and Stored are the bytes of bodies that were read and of contents that were
	// stored.
	Read, Stored int64
	// Requests counts the requests that the personality's driver would have made, by
	// the service's names for them; it is nil if the personality makes none. The
	// requests of [AroundOptions] are named "request".
	Requests map[string]int

	class func(request string) Class
}

// String returns the numbers, such as "2 calls, 1 write, 0 bytes read, 10 stored (1
// PutObject, 1 HeadObject)".
func (u Usage) String() string {
	text := fmt.Sprintf("%s, %s, %s read, %d stored", counted(u.Calls, "call"),
		counted(u.Writes, "write"), counted(int(u.Read), "byte"), u.Stored)
	if requests := u.requests(); requests != "" {
		text += " (" + requests + ")"
	}
	return text
}

// AllRequests returns how many requests were made.
func (u Usage) AllRequests() (n int) {
	for _, k := range u.Requests {
		n += k
	}
	return n
}

// Cost is an amount of money a month.
type Cost struct {
	Prices   Prices
	Requests map[Class]float64 // the money for requests of each class
	Traffic  float64           // the money for bytes that are read
	// Unpriced are classes that were used and have no price.
	Unpriced []Class
}

// Cost returns the monthly cost of doing this at the given rate. It is zero for a
// personality that makes no requests.
func (u Usage) Cost(prices Prices, rate Rate) Cost {
	c := Cost{Prices: prices, Requests: map[Class]float64{}}
	c.Traffic = float64(u.Read) / 1e9 * prices.PerGBOut * float64(rate)
	for _, request := range slices.Sorted(maps.Keys(u.Requests)) {
		class := ClassOther
		if u.class != nil {
			class = u.class(request)
		}
		price, ok := prices.PerThousand[class]
		if !ok {
			if !slices.Contains(c.Unpriced, class) {
				c.Unpriced = append(c.Unpriced, class)
			}
			continue
		}
		c.Requests[class] += float64(u.Requests[request]) / 1000 * price * float64(rate)
	}
	return c
}

// Total is the whole cost, without the Unpriced classes.
func (c Cost) Total() float64 {
	total := c.Traffic
	for _, class := range slices.Sorted(maps.Keys(c.Requests)) { // the same sum every time
		total += c.Requests[class]
	}
	return total
}

// String shows the money by class, and the list with its date and source.
func (c Cost) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.2f %s a month:", c.Total(), c.Prices.Currency)
	for _, class := range slices.Sorted(maps.Keys(c.Requests)) {
		fmt.Fprintf(&b, " %s %.2f,", class, c.Requests[class])
	}
	fmt.Fprintf(&b, " traffic %.2f", c.Traffic)
	for _, class := range c.Unpriced {
		fmt.Fprintf(&b, ", %s without a price", class)
	}
	list := []string{c.Prices.Service, c.Prices.Region, c.Prices.Date, c.Prices.Source}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	fmt.Fprintf(&b, " (%s)", cmp.Or(strings.Join(list, ", "), "a list without a name"))
	return b.String()
}

// Cost returns the monthly cost of doing at the given rate what was done since New, or
// since Around:
//
//	t.Log(b.Cost(filestest.S3Prices, 40*filestest.PerSecond))
func (b *instruments) Cost(prices Prices, rate Rate) Cost { return b.Usage().Cost(prices, rate) }
