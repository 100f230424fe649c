package proxy

import (
	"net/http"

	"cloudfiles.dev/files"
)

// BadAnswer is a response to a client whose URL, credentials or network are wrong.
type BadAnswer struct {
	Name  string
	Fault Fault
	// Want lists the sentinels that the error may match.
	Want []error
	// Head lists the sentinels for a HEAD, whose response has no body that explains
	// the error. If nil, Want applies; if empty, any error is accepted.
	Head []error
}

// Gone closes each connection without a response.
func Gone() Fault { return ResetBefore() }

// BadAnswers returns the responses of the service, or of a gateway in front of it, to
// a client that is configured wrongly: a missing bucket, wrong and expired
// credentials, a wrong region, redirects, an HTML error page, and a response that
// isn't HTTP. The redirects lead to the URL redirect.
func (s *Service) BadAnswers(redirect string) []BadAnswer {
	denied, away, busy := []error{files.ErrPermission},
		[]error{files.ErrInvalid, files.ErrUnavailable}, []error{files.ErrUnavailable}
	bad := []BadAnswer{
		{Name: "forbidden", Fault: s.Forbidden(), Want: denied},
		{
			Name:  "expired credentials",
			Fault: s.ExpiredCredentials(),
			Want:  denied,
			Head:  []error{},
		},
		{Name: "HTML 403 of a gateway", Fault: HTML(403), Want: denied},
		{Name: "HTML 502 of a gateway", Fault: HTML(502), Want: busy},
		{Name: "HTML 503 of a gateway", Fault: HTML(503), Want: busy},
		{Name: "redirect 307", Fault: Redirect(307, redirect), Want: away},
		{Name: "redirect 301", Fault: Redirect(301, redirect), Want: away},
		{Name: "closed connections", Fault: Gone(), Want: busy},
	}
	none := []error{files.ErrNoBucket}
	switch s {
	case S3:
		region := http.Header{
			"Content-Type":        {"application/xml"},
			"X-Amz-Bucket-Region": {"eu-central-1"},
		}
		moved := `<?xml version="1.0" encoding="UTF-8"?><Error><Code>PermanentRedirect</Code>` +
			`<Message>The bucket you are attempting to access must be addressed using the ` +
			`specified endpoint.</Message>` +
			`<Endpoint>bucket.s3.eu-central-1.amazonaws.com</Endpoint>` +
			`<Bucket>bucket</Bucket></Error>`
		malformed := `<?xml version="1.0" encoding="UTF-8"?>` +
			`<Error><Code>AuthorizationHeaderMalformed</Code>` +
			`<Message>The authorization header is malformed; the region is wrong; ` +
			`expecting 'eu-central-1'</Message>` +
			`<Region>eu-central-1</Region></Error>`
		bad = append(bad,
			BadAnswer{
				Name:  "missing bucket",
				Fault: s.Refuse(404, "NoSuchBucket", "The specified bucket does not exist"),
				Want:  none,
				Head:  []error{files.ErrNoBucket, files.ErrNotExist},
			},
			BadAnswer{
				Name: "wrong access key",
				Fault: s.Refuse(403, "InvalidAccessKeyId",
					"The AWS Access Key Id you provided does not exist in our records."),
				Want: denied,
			},
			BadAnswer{
				Name: "wrong secret key",
				Fault: s.Refuse(403, "SignatureDoesNotMatch",
					"The request signature we calculated does not match the signature you "+
						"provided."),
				Want: denied,
			},
			BadAnswer{
				Name: "wrong clock",
				Fault: s.Refuse(403, "RequestTimeTooSkewed",
					"The difference between the request time and the current time is too large."),
				Want: denied,
			},
			BadAnswer{
				Name:  "wrong region",
				Fault: Answer("wrong region", 301, region, moved),
				Want:  away,
			},
			BadAnswer{
				Name:  "wrong region of the signature",
				Fault: Answer("wrong region", 400, region, malformed),
				Want:  away,
				Head:  []error{},
			})
	case GCS:
		bad = append(bad,
			BadAnswer{
				Name:  "missing bucket",
				Fault: s.Refuse(404, "notFound", "The specified bucket does not exist."),
				Want:  none,
				Head:  []error{files.ErrNoBucket, files.ErrNotExist},
			})
	case Azure:
		bad = append(bad,
			BadAnswer{
				Name: "missing container",
				Fault: s.Refuse(404, "ContainerNotFound",
					"The specified container does not exist."),
				Want: none,
			},
			BadAnswer{
				Name: "wrong key",
				Fault: s.Refuse(403, "AuthenticationFailed",
					"Server failed to authenticate the request."),
				Want: denied,
			},
			BadAnswer{
				Name:  "missing account",
				Fault: s.Refuse(404, "ResourceNotFound", "The specified resource does not exist."),
				Want:  []error{files.ErrNoBucket, files.ErrNotExist},
			})
	}
	return bad
}
