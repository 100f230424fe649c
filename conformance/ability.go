package conformance

import "cloudfiles.dev/files"

// Ability is a feature that cases need.
type Ability struct {
	Name    string // of the field of files.Features
	Claimed func(files.Features) bool
	// Refused checks that the ability is refused with ErrUnsupported and that nothing
	// is changed; nil for a property that can't be asked for.
	Refused func(t T, h *H)
}

var (
	versions = &Ability{
		Name:    "Versions",
		Claimed: func(f files.Features) bool { return f.Versions },
		Refused: refusedVersions,
	}
	versionPerPut = &Ability{
		Name:    "VersionPerPut",
		Claimed: func(f files.Features) bool { return f.VersionPerPut },
	}
	putVersion = &Ability{
		Name:    "PutReturnsVersion",
		Claimed: func(f files.Features) bool { return f.PutReturnsVersion },
	}
	atomicPuts = &Ability{
		Name:    "Atomic",
		Claimed: func(f files.Features) bool { return f.Atomic },
	}
	durable = &Ability{
		Name:    "Durable",
		Claimed: func(f files.Features) bool { return f.Durable },
	}
	putIfAbsent = &Ability{
		Name:    "IfAbsent",
		Claimed: func(f files.Features) bool { return f.IfAbsent },
		Refused: refusedIfAbsent,
	}
	putIfVersion = &Ability{
		Name:    "IfVersion",
		Claimed: func(f files.Features) bool { return f.IfVersion },
		Refused: refusedIfVersion,
	}
	deleteVersion = &Ability{
		Name:    "DeleteIfVersion",
		Claimed: func(f files.Features) bool { return f.DeleteIfVersion },
		Refused: refusedDeleteIfVersion,
	}
	readCondition = &Ability{
		Name:    "ReadConditions",
		Claimed: func(f files.Features) bool { return f.ReadConditions },
		Refused: refusedReadConditions,
	}
	oneVersion = &Ability{
		Name:    "OneVersionReads",
		Claimed: func(f files.Features) bool { return f.OneVersionReads },
	}
	attributes = &Ability{
		Name:    "Attributes",
		Claimed: func(f files.Features) bool { return f.Attributes },
		Refused: refusedAttributes,
	}
	digests = &Ability{
		Name:    "Digests",
		Claimed: func(f files.Features) bool { return f.Digests },
	}
	ordered = &Ability{
		Name:    "Ordered",
		Claimed: func(f files.Features) bool { return f.Ordered },
	}
	dirBesideFile = &Ability{
		Name:    "DirBesideFile",
		Claimed: func(f files.Features) bool { return f.DirBesideFile },
	}
	foreignKeys = &Ability{
		Name:    "ForeignKeys",
		Claimed: func(f files.Features) bool { return f.ForeignKeys },
		Refused: refusedForeign,
	}
	signGet = &Ability{
		Name:    "SignGet",
		Claimed: func(f files.Features) bool { return f.SignGet },
		Refused: func(t T, h *H) { refusedSign(t, h, "GET") },
	}
	signPut = &Ability{
		Name:    "SignPut",
		Claimed: func(f files.Features) bool { return f.SignPut },
		Refused: func(t T, h *H) { refusedSign(t, h, "PUT") },
	}
	signDelete = &Ability{
		Name:    "SignDelete",
		Claimed: func(f files.Features) bool { return f.SignDelete },
		Refused: func(t T, h *H) { refusedSign(t, h, "DELETE") },
	}
	signType = &Ability{
		Name:    "SignContentType",
		Claimed: func(f files.Features) bool { return f.SignContentType },
		Refused: refusedSignType,
	}
	unknownLimit = &Ability{
		Name: "MaxUnknownSize",
		Claimed: func(f files.Features) bool {
			return f.MaxUnknownSize > 0 && f.MaxUnknownSize <= 64<<20
		},
	}
	sizeLimit = &Ability{
		Name:    "MaxSize",
		Claimed: func(f files.Features) bool { return f.MaxSize > 0 && f.MaxSize <= 64<<20 },
	}
)

// needs is for tables.
func needs(a ...*Ability) []*Ability { return a }

// withOld puts a file, asks for something, and checks that ErrUnsupported came and that
// the file is as it was.
func withOld(t T, h *H, what string, ask func(name string) error) {
	t.Helper()
	const name = "refused.txt"
	old := content(1, 100)
	put(t, h, name, old, nil)
	wantErr(t, what+", which the bucket does not claim", ask(name), files.ErrUnsupported)
	wantContent(t, h, name, old)
	wantOnly(t, h, name)
}

func refusedVersions(t T, h *H) {
	put(t, h, "refused.txt", content(1, 10), nil)
	if v := stat(t, h, "refused.txt").Version; v != "" {
		t.Errorf("Stat tells the version %q, but the bucket does not claim Versions", v)
	}
}

func refusedIfAbsent(t T, h *H) {
	withOld(t, h, "Put with IfAbsent", func(string) error {
		_, err := h.Put(t.Context(), "new", stream(content(2, 10)),
			&files.PutOptions{If: files.IfAbsent()})
		return err
	})
}

func refusedIfVersion(t T, h *H) {
	for _, empty := range []bool{false, true} {
		withOld(t, h, "Put with IfVersion", func(name string) error {
			v := files.Version("")
			if !empty {
				v = anyVersion(t, h, name)
			}
			_, err := h.Put(t.Context(), name, stream(content(2, 10)),
				&files.PutOptions{If: files.IfVersion(v)})
			return err
		})
	}
}

func refusedDeleteIfVersion(t T, h *H) {
	withOld(t, h, "Delete with IfVersion", func(name string) error {
		return h.Delete(t.Context(), name, &files.DeleteOptions{IfVersion: anyVersion(t, h, name)})
	})
}

func refusedReadConditions(t T, h *H) {
	for what, o := range map[string]files.GetOptions{
		"IfNotVersion": {IfNotVersion: "x"},
		"IfVersion":    {IfVersion: "x"},
	} {
		withOld(t, h, "Get with "+what, func(name string) error {
			r, err := h.Get(t.Context(), name, &o)
			if err == nil {
				r.Close()
			}
			return err
		})
	}
}

func refusedAttributes(t T, h *H) {
	for what, a := range map[string]files.Attributes{
		"metadata":            {Metadata: map[string]string{"k": "v"}},
		"Cache-Control":       {CacheControl: "no-cache"},
		"Content-Disposition": {ContentDisposition: "inline"},
		"Content-Encoding":    {ContentEncoding: "gzip"},
		"Content-Language":    {ContentLanguage: "de"},
	} {
		withOld(t, h, "Put with "+what, func(name string) error {
			_, err := h.Put(t.Context(), name, stream(content(2, 10)),
				&files.PutOptions{Attributes: a})
			return err
		})
	}
}

func refusedForeign(t T, h *H) {
	withOld(t, h, "List with Foreign", func(string) error {
		for _, err := range h.List(t.Context(), "", &files.ListOptions{Foreign: true}) {
			return err
		}
		return nil
	})
	withOld(t, h, "Get of a raw key", func(string) error {
		_, err := h.Get(t.Context(), "", &files.GetOptions{Key: "a//b"})
		return err
	})
	withOld(t, h, "Stat of a raw key", func(string) error {
		_, err := h.Stat(t.Context(), "", &files.StatOptions{Key: "a//b"})
		return err
	})
	withOld(t, h, "Delete of a raw key", func(string) error {
		return h.Delete(t.Context(), "", &files.DeleteOptions{Key: "a//b"})
	})
}

func refusedSign(t T, h *H, method string) {
	withOld(t, h, "SignURL for "+method, func(name string) error {
		_, err := files.SignURL(t.Context(), h.Bucket, name, &files.SignOptions{Method: method})
		return err
	})
}

func refusedSignType(t T, h *H) {
	withOld(t, h, "SignURL for PUT with a content type", func(name string) error {
		_, err := files.SignURL(t.Context(), h.Bucket, name, &files.SignOptions{
			Method:      "PUT",
			ContentType: "text/x-own",
		})
		return err
	})
}

// anyVersion is the file's version, or some text where the bucket has none.
func anyVersion(t T, h *H, name string) files.Version {
	t.Helper()
	if v := stat(t, h, name).Version; v != "" {
		return v
	}
	return "1"
}
