package files

import (
	"reflect"
	"testing"
)

// TestOptionsAreClassed: wrappers handle every field of the features and the options.
// They refuse what the features don't claim, and pass the rest on or handle it in a
// Transform.
func TestOptionsAreClassed(t *testing.T) {
	const (
		enforced = "enforced by Wrap"
		hidden   = "taken from what is told"
		asked    = "a function asks for it beforehand"
		tells    = "only tells: there is no call that could be refused"
		passes   = "passes on; nothing in Features stands for it"
		plain    = "the plain file's, answered by a Transform"
	)
	classes := map[reflect.Type]map[string]string{
		reflect.TypeFor[Features](): {
			"MaxName":           enforced,
			"MaxSize":           enforced,
			"MaxUnknownSize":    enforced,
			"ReadOnly":          enforced,
			"IfAbsent":          enforced,
			"IfVersion":         enforced,
			"DeleteIfVersion":   enforced,
			"ReadConditions":    enforced,
			"Attributes":        enforced,
			"ForeignKeys":       enforced,
			"ServerCopy":        enforced,
			"SignGet":           enforced,
			"SignPut":           enforced,
			"SignDelete":        enforced,
			"SignContentType":   enforced,
			"SignHead":          enforced,
			"SignResponse":      enforced,
			"SignSize":          enforced,
			"SignIfAbsent":      enforced,
			"TimeResolution":    hidden,
			"Versions":          hidden,
			"PutReturnsVersion": hidden,
			"Digests":           hidden,
			"StatNoBucket":      hidden,
			"Ordered":           asked,
			"AnyName":           tells,
			"Atomic":            tells,
			"Durable":           tells,
			"VersionPerPut":     tells,
			"OneVersionReads":   tells,
			"DirBesideFile":     tells,
		},
		reflect.TypeFor[PutOptions](): {
			"Attributes": enforced,
			"If":         enforced,
			"Size":       plain,
			"Digest":     plain,
			"Native":     passes,
		},
		reflect.TypeFor[GetOptions](): {
			"Range":            plain,
			"IfNotVersion":     enforced,
			"IfVersion":        enforced,
			"ReadTimeout":      passes,
			"SkipVerify":       passes,
			"Growing":          passes,
			"Connections":      passes,
			"ConnectionsAfter": passes,
			"Key":              enforced,
		},
		reflect.TypeFor[StatOptions](): {"Key": enforced},
		reflect.TypeFor[ListOptions](): {
			"Shallow":    passes,
			"Prefix":     passes,
			"StartAfter": passes,
			"Limit":      passes,
			"PageSize":   passes,
			"Parallel":   passes,
			"NamesOnly":  passes,
			"Foreign":    enforced,
		},
		reflect.TypeFor[DeleteOptions](): {"IfVersion": enforced, "Key": enforced},
		reflect.TypeFor[CopyOptions](): {
			"Attributes":           enforced,
			"If":                   enforced,
			"IfSource":             enforced,
			"FullInfo":             passes,
			"Native":               passes,
			"MayLoseConcurrentPut": passes,
		},
		reflect.TypeFor[SignOptions](): {
			"Method":              enforced,
			"Expiry":              passes,
			"ContentType":         enforced,
			"ResponseType":        enforced,
			"ResponseDisposition": enforced,
			"Size":                enforced,
			"MaxSize":             enforced,
			"IfAbsent":            enforced,
		},
		reflect.TypeFor[Info](): {"Entry": plain, "Attributes": hidden, "Digest": hidden},
		reflect.TypeFor[Entry](): {
			"Name":    passes,
			"Size":    plain,
			"ModTime": hidden,
			"Version": hidden,
			"IsDir":   passes,
			"Key":     passes,
		},
	}
	for typ, fields := range classes {
		for i := range typ.NumField() {
			name := typ.Field(i).Name
			if fields[name] == "" {
				t.Errorf("%v.%s: what does a wrapper do with it? See enforce.go and transform.go",
					typ, name)
			}
			delete(fields, name)
		}
		for name := range fields {
			t.Errorf("%v has no %s", typ, name)
		}
	}
}
