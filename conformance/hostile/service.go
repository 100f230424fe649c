package hostile

import "net/http"

// Service is what the ways of responding wrongly need of a service's protocol. The
// package has [S3], [GCS] and [Azure]; the author of a driver for another service writes
// one.
type Service struct {
	// Name is the service's name in the test's output.
	Name string
	// Store makes an empty correct store. The bucket may have any name, or none.
	Store func() Store
	// Kind reports what a request does.
	Kind func(*http.Request) Kind
	// Refusal makes an error of the service with that status, in the form that the
	// service has for such a request.
	Refusal func(r *http.Request, status int, code, message string) (http.Header, string)
	// Words are the service's codes.
	Words Words
	// ReadPage and WritePage read and write a page of a listing.
	ReadPage  func(r *http.Request, body []byte) (Page, error)
	WritePage func(Page) (contentType, body string)
	// Versions are the headers of a response that hold an object's version. Clients rely
	// on the first one.
	Versions []string
	// Pins are the request's headers and query parameters that select a certain version.
	Pins []string
	// Document is the content type of other responses than content, and Markup its
	// syntax.
	Document string
	Markup   Markup
	// BareHead reports that a response to HEAD, a 404 included, has nothing in it that
	// distinguishes the service from a web server (S3).
	BareHead bool
	// Ways are further ways, of this service alone.
	Ways []Way
}

// Kind is what a request does. A request of a kind that isn't here is Other.
type Kind int

// The kinds of requests.
const (
	Other      Kind = iota
	Head            // reads an object's attributes, without its content
	Read            // reads content
	List            // reads a page of a listing
	Write           // stores a whole object; the response describes it
	Begin           // begins an upload in parts
	Part            // sends a part
	Commit          // ends an upload
	Copy            // copies an object
	Delete          // deletes an object
	DeleteMany      // deletes several objects; the response has an outcome for each
)

// Words are a service's error codes.
type Words struct {
	Internal     string // 500
	SlowDown     string // 503, or 429
	Denied       string // 403
	Precondition string // 412
	NoSuchKey    string // 404
	Range        string // 416
}

// Markup is the syntax of a service's documents.
type Markup int

// The kinds of markup.
const (
	XML Markup = iota
	JSON
)
