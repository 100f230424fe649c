package proxy

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Service classifies the requests of one kind of store and builds its error
// responses.
type Service struct {
	Name string
	// Kind returns the kind of a request, from its method, target and headers:
	// "PutObject".
	Kind func(*http.Request) string
	// Refusal returns the headers and the body of an error response.
	Refusal func(status int, code, message string) (http.Header, string)

	// other returns the function that builds errors for requests of the service's
	// other protocol, if it has one; nil means Refusal.
	other func(*http.Request) func(status int, code, message string) (http.Header, string)

	upload *uploadIDs // nil if the ids of uploads aren't tracked

	slowDown, expired, forbidden, internal refusal
}

type refusal struct {
	status        int
	code, message string
}

// Plain is a server of unknown kind: the kind of a request is its method, and an
// error is plain text.
var Plain = &Service{
	Name: "plain",
	Kind: func(r *http.Request) string { return r.Method },
	Refusal: func(_ int, code, message string) (http.Header, string) {
		return http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, code + ": " + message
	},
	slowDown:  refusal{503, "SlowDown", "Please reduce your request rate."},
	expired:   refusal{401, "Expired", "The credentials have expired."},
	forbidden: refusal{403, "Forbidden", "Access Denied."},
	internal:  refusal{500, "InternalError", "An internal error occurred."},
}

// InternalError responds with 500, in the service's form.
func (s *Service) InternalError() Fault { return s.refuse("internal error", s.internal, nil) }

// SlowDown responds that there are too many requests, in the service's form: 503, or
// 429 for GCS. If delay is positive, the response has a Retry-After header in whole
// seconds, rounded up (RFC 9110 §10.2.3).
func (s *Service) SlowDown(delay time.Duration) Fault {
	var h http.Header
	if delay > 0 {
		h = http.Header{"Retry-After": {strconv.Itoa(int((delay + time.Second - 1) / time.Second))}}
	}
	return s.refuse("slow down", s.slowDown, h)
}

// Forbidden responds with 403, in the service's form.
func (s *Service) Forbidden() Fault { return s.refuse("forbidden", s.forbidden, nil) }

// ExpiredCredentials responds that the credentials have expired, in the service's
// form.
func (s *Service) ExpiredCredentials() Fault {
	return s.refuse("expired credentials", s.expired, nil)
}

// Refuse responds with an error of the given status and code, in the service's form.
func (s *Service) Refuse(status int, code, message string) Fault {
	return s.refuse(fmt.Sprintf("%d %s", status, code), refusal{status, code, message}, nil)
}

func (s *Service) refuse(name string, r refusal, extra http.Header) Fault {
	return Fault{Name: name, Do: func(x *Exchange, next Send) (*http.Response, error) {
		form := s.Refusal
		if s.other != nil {
			if f := s.other(x.Request); f != nil {
				form = f
			}
		}
		h, body := form(r.status, r.code, r.message)
		for k, v := range extra {
			h[k] = v
		}
		return Answer(name, r.status, h, body).Do(x, next)
	}}
}

// HTML responds with an HTML error page, as a load balancer or a captive portal in
// front of the service does.
func HTML(status int) Fault {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return Answer("HTML", status, http.Header{"Content-Type": {"text/html"}},
		"<html>\r\n<head><title>"+text+"</title></head>\r\n<body>\r\n<center><h1>"+text+
			"</h1></center>\r\n<hr><center>gateway</center>\r\n</body>\r\n</html>\r\n")
}

// Redirect responds with the status (301, 302, 307, 308) and the location, without a
// body.
func Redirect(status int, location string) Fault {
	return Answer("redirect", status, http.Header{"Location": {location}}, "")
}

// xmlRefusal builds the error document of S3 and Azure.
func xmlRefusal(header string) func(status int, code, message string) (http.Header, string) {
	return func(_ int, code, message string) (http.Header, string) {
		body, err := xml.Marshal(struct {
			XMLName   xml.Name `xml:"Error"`
			Code      string
			Message   string
			RequestID string `xml:"RequestId"`
		}{Code: code, Message: message, RequestID: "0000000000000000"})
		if err != nil {
			panic(err)
		}
		h := http.Header{"Content-Type": {"application/xml"}}
		if header != "" {
			h.Set(header, code)
		}
		return h, xml.Header + string(body)
	}
}

// jsonRefusal builds the error document of GCS
// (https://cloud.google.com/storage/docs/json_api/v1/status-codes).
func jsonRefusal(status int, code, message string) (http.Header, string) {
	type detail struct {
		Domain  string `json:"domain"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}
	body, err := json.Marshal(map[string]any{"error": map[string]any{
		"code":    status,
		"message": message,
		"errors":  []detail{{"global", code, message}},
	}})
	if err != nil {
		panic(err)
	}
	return http.Header{"Content-Type": {"application/json; charset=UTF-8"}}, string(body)
}
