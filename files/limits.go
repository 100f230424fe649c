package files

// Limits and sizes, in bytes unless stated otherwise.
const (
	// MaxName is the longest name that any bucket takes (N1).
	MaxName = 1024
	// MaxMetadata is the largest size of all metadata of a file together. Keys and
	// values are counted as URL-escaped, as S3 sends and limits them (P7).
	MaxMetadata = 1900
	// MaxHeader is the longest value of one header of Attributes (P7). This limit and
	// the next two are such that every service keeps the headers: S3 takes 2 KiB of
	// names and values together, including encryption and storage class, and Google
	// Cloud Storage takes 100 bytes of Content-Language.
	MaxHeader = 1024
	// MaxContentLanguage is the longest Content-Language.
	MaxContentLanguage = 100
	// MaxHeaders is the largest size of the values of all five headers together (P7).
	MaxHeaders = 1500
	// MaxPage is how many entries a page of ListPage has at most.
	MaxPage = 10000
	// ChunkSize is the size of the chunks of Reader.Next.
	ChunkSize = 1024
	// DeleteBatchSize is how many names DeleteMany passes to a bucket at a time.
	DeleteBatchSize = 1000
	// DefaultUpdateAttempts is how often Update reads and writes the file at most,
	// unless UpdateOptions.Attempts says otherwise.
	DefaultUpdateAttempts = 32
)
