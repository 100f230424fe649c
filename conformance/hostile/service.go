package hostile

import "net/http"

// Service is a kind of store, as far as the ways of answering wrongly need to know it.
// The package has [S3], [GCS] and [Azure]; a driver of another service brings its own.
type Service struct {
	// Name is the service's, for the words of the test.
	Name string
	// Store makes an empty truthful store. The bucket may have any name, or none.
	Store func() Store
	// Kind reports what a request does.
	Kind func(*http.Request) Kind
	// Refusal makes an error of the status in the service's own words, in the form that
	// a response to the request has.
	Refusal func(r *http.Request, status int, code, message string) (http.Header, string)
	// Words are the service's codes.
	Words Words
	// ReadPage and WritePage read and write a page of a listing.
	ReadPage  func(r *http.Request, body []byte) (Page, error)
	WritePage func(Page) (contentType, body string)
	// Versions are the headers of a response that tell an object's version; the first
	// one is what a client relies on.
	Versions []string
	// Pins are the request's headers and query parameters that ask for a certain version.
	Pins []string
	// Document is the content type of what isn't content, and Markup tells how it nests.
	Document string
	Markup   Markup
	// BareHead reports that the response to HEAD, a 404 included, has nothing in it that
	// tells the service from a web server (S3).
	BareHead bool
	// Ways are further ones, of this service alone.
	Ways []Way
}

// Kind is what a request does. A request of a kind that isn't here is Other.
type Kind int

// The kinds of requests.
const (
	Other      Kind = iota
	Head            // asks for what is known of an object, without its content
	Read            // asks for content
	List            // asks for a page of a listing
	Write           // stores a whole object, and responses what it made
	Begin           // begins an upload in parts
	Part            // sends a part
	Commit          // ends an upload
	Copy            // copies an object
	Delete          // deletes an object
	DeleteMany      // deletes several, and responses what became of each
)

// Words are codes of errors.
type Words struct {
	Internal     string // 500
	SlowDown     string // 503, or 429
	Denied       string // 403
	Precondition string // 412
	NoSuchKey    string // 404
	Range        string // 416
}

// Markup is how a service writes documents.
type Markup int

// The kinds of markup.
const (
	XML Markup = iota
	JSON
)
