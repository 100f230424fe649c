package files

// checkHeaders refuses headers that can't be stored everywhere as they are.
func checkHeaders(a *Attributes) error {
	total := 0
	for _, h := range [...]struct {
		name, value string
		most        int
	}{
		{"content type", a.ContentType, MaxHeader},
		{"Cache-Control", a.CacheControl, MaxHeader},
		{"Content-Disposition", a.ContentDisposition, MaxHeader},
		{"Content-Encoding", a.ContentEncoding, MaxHeader},
		{"Content-Language", a.ContentLanguage, MaxContentLanguage},
	} {
		if err := checkHeader(h.name, h.value, h.most); err != nil {
			return err
		}
		total += len(h.value)
	}
	if total > MaxHeaders {
		return invalid("the headers have %d bytes together, more than %d", total, MaxHeaders)
	}
	return nil
}

// checkHeader refuses a value that some service would drop, truncate, decode or return
// as another text.
func checkHeader(name, value string, most int) error {
	if len(value) > most {
		return invalid("%s has %d bytes, more than %d", name, len(value), most)
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' || c > '~' {
			return invalid("%s has byte 0x%02x, which is not printable ASCII", name, c)
		}
	}
	if value != "" && (value[0] == ' ' || value[len(value)-1] == ' ') {
		return invalid("%s begins or ends with a space", name)
	}
	return nil
}
