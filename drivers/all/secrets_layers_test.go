package all

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/observe"
	"cloudfiles.dev/files/observe/otelfiles"
	"cloudfiles.dev/files/observe/promfiles"
	"github.com/prometheus/client_golang/prometheus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// signedURLs are signed as each service does it. SECRET is what must not be shown.
var signedURLs = map[string]string{
	"S3": "https://b.s3.eu-central-1.amazonaws.com/d/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&" +
		"X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261130%2Feu-central-1%2Fs3%2Faws4_request&" +
		"X-Amz-Date=20261130T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&" +
		"X-Amz-Security-Token=SECRET&X-Amz-Signature=SECRET",
	"S3, version 2": "https://b.s3.amazonaws.com/d/a?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&" +
		"Expires=1796000000&Signature=SECRET",
	"GCS, version 2": "https://storage.googleapis.com/b/d/a?GoogleAccessId=a%40b.example&" +
		"Expires=1796000000&Signature=SECRET",
	"GCS, version 4": "https://storage.googleapis.com/b/d/a?X-Goog-Algorithm=GOOG4-RSA-SHA256&" +
		"X-Goog-Credential=a%40b.example%2F20261130%2Fauto%2Fstorage%2Fgoog4_request&" +
		"X-Goog-Date=20261130T000000Z&X-Goog-Expires=900&X-Goog-SignedHeaders=host&" +
		"X-Goog-Signature=SECRET",
	"SAS": "https://account.blob.core.windows.net/c/d/a?sv=2024-11-04&" +
		"st=2026-11-30T00%3A00%3A00Z&se=2026-12-01T00%3A00%3A00Z&sr=b&sp=r&sig=SECRET",
}

// telling are the errors in which a driver or an SDK may tell the URL of its request.
var telling = map[string]func(signed string) error{
	"a url.Error": func(signed string) error {
		return &url.Error{Op: "Get", URL: signed, Err: io.ErrUnexpectedEOF}
	},
	"the cause of ErrUnavailable": func(signed string) error {
		err := &url.Error{Op: "Get", URL: signed, Err: io.ErrUnexpectedEOF}
		return driver.WithCause(files.ErrUnavailable, err, err.Error())
	},
	"a text": func(signed string) error { return errors.New("GET " + signed + " failed") },
	"a detail": func(signed string) error {
		return driver.Errorf(files.ErrPermission, "%s", signed)
	},
	"a wrapped error": func(signed string) error {
		return fmt.Errorf("reading <%s>: %w", signed, io.EOF)
	},
}

// TestLayersHideSignedURLs: if an error below tells the URL of a signed request, neither
// the error above any layer, nor a log, a span or a label of the observers has its
// signature, also with the names.
func TestLayersHideSignedURLs(t *testing.T) {
	const secret = "c2VjcmV0K3NpZ25hdHVyZS9vZithK3VybA"
	var log bytes.Buffer
	spans, registry := tracetest.NewSpanRecorder(), prometheus.NewPedanticRegistry()
	metrics, err := promfiles.New(registry)
	if err != nil {
		t.Fatal(err)
	}
	telemetry, err := otelfiles.New(&otelfiles.Options{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)),
	})
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	watched := stackLayer{name: "observe all", wrap: func(b files.Bucket) (files.Bucket, error) {
		return observe.New(b, &observe.Options{
			Observers: []observe.Observer{observe.Log(logger), metrics, telemetry},
			Names:     true,
		})
	}}
	for service, signed := range signedURLs {
		signed = strings.ReplaceAll(signed, "SECRET", secret)
		for what, fails := range telling {
			for _, l := range append([]stackLayer{watched}, stackLayers...) {
				check := func(op string, err error) {
					t.Helper()
					if err == nil {
						return
					}
					object, _ := json.Marshal(err)
					slogged := &bytes.Buffer{}
					slog.New(slog.NewTextHandler(slogged, nil)).Info("x", "err", err)
					for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err),
						string(object), slogged.String()} {
						if strings.Contains(text, secret) {
							t.Errorf("%s: %s of %s, as %s: the error shows the signature: %s",
								l.name, op, service, what, text)
						}
					}
				}
				b, err := l.wrap(files.Wrap(mem.New(nil), files.Hooks{
					Around: func(context.Context, *files.Call, func(context.Context) error) error {
						return fails(signed)
					},
				}))
				if err != nil {
					t.Fatal(err)
				}
				_, err = b.Stat(t.Context(), "d/a", nil)
				if err == nil {
					t.Errorf("%s: Stat doesn't fail", l.name)
				}
				check("Stat", err)
				_, err = files.ReadAll(t.Context(), b, "d/a", nil)
				check("Get", err)
				_, err = files.PutString(t.Context(), b, "d/a", "x", nil)
				check("Put", err)
				check("Delete", b.Delete(t.Context(), "d/a", nil))
				_, err = files.Copy(t.Context(), b, "d/b", b, "d/a", nil)
				check("Copy", err)
				for _, err := range b.List(t.Context(), "d", nil) {
					check("List", err)
				}
				b.Close()
			}
		}
	}
	if log.Len() == 0 || strings.Contains(log.String(), secret) {
		t.Errorf("the log is empty or shows a signature: %d bytes", log.Len())
	}
	ended := spans.Ended()
	if len(ended) == 0 {
		t.Error("there are no spans")
	}
	for _, s := range ended {
		text := fmt.Sprint(s.Name(), s.Status(), s.Attributes())
		for _, e := range s.Events() {
			text += fmt.Sprint(e.Name, e.Attributes)
		}
		if strings.Contains(text, secret) {
			t.Errorf("a span shows a signature: %s", text)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(families); len(families) == 0 || strings.Contains(text, secret) {
		t.Errorf("the metrics are missing or show a signature: %s", text)
	}
}

// TestLayersHideWhatTheySign: what a layer signs is hidden in every text of it.
func TestLayersHideWhatTheySign(t *testing.T) {
	for _, l := range stackLayers {
		_, b := layered(t, l)
		for what, o := range signRequests {
			s, err := files.SignURL(t.Context(), b, "d/a", &o)
			if err != nil {
				continue
			}
			parsed, err := url.Parse(s.URL)
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "url", s)
			for _, text := range []string{s.String(), fmt.Sprint(s), log.String()} {
				if strings.Contains(text, parsed.RawQuery) || parsed.RawQuery == "" {
					t.Errorf("%s, %s: %s shows the query", l.name, what, text)
				}
			}
		}
	}
}
