package azure

import (
	"cmp"
	"net/url"
	"os"
	"strings"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// connectionString is the environment's connection string, or "".
func connectionString() string {
	if s := setting("AZURE_STORAGE_CONNECTION_STRING"); s != "" {
		return s
	}
	return setting("AZURE_STORAGEBLOB_CONNECTIONSTRING")
}

// setting is a variable of the environment, without surrounding quotes, which files of
// variables may leave.
func setting(name string) string { return unquoted(os.Getenv(name)) }

// unquoted removes white space and one matching pair of quotes.
func unquoted(s string) string {
	s = strings.TrimSpace(s)
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return strings.TrimSpace(s[1 : n-1])
	}
	return s
}

// The account of emulators, which isn't secret:
// https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
const (
	devAccount = "devstoreaccount1"
	devKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHB" +
		"eksoGMGw=="
)

// connectionService reads a connection string, which has an account's key or a shared
// access signature, or selects an emulator.
// https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
func connectionService() (service, error) {
	const from = "AZURE_STORAGE_CONNECTION_STRING"
	var s service
	if connectionString() == "" {
		return s, nil
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(connectionString(), ";") {
		key, v, ok := strings.Cut(part, "=")
		if key = strings.ToLower(strings.TrimSpace(key)); !ok && key != "" {
			return s, driver.Errorf(files.ErrInvalid,
				"%s is malformed: a part of it has no =", from)
		}
		v = unquoted(v)
		if was, twice := parts[key]; twice && key != "" && was != v {
			return s, driver.Errorf(files.ErrInvalid, "%s has a part twice, of different values",
				from)
		}
		parts[key] = v
	}
	s.account, s.key, s.keyFrom = parts["accountname"], parts["accountkey"],
		"the AccountKey of "+from
	s.sas = strings.TrimPrefix(parts["sharedaccesssignature"], "?")
	address, signature, signed := strings.Cut(parts["blobendpoint"], "?")
	if signed && signature != "" {
		q, err := url.ParseQuery(signature)
		switch {
		case err != nil || !q.Has("sig"):
			return s, driver.Errorf(files.ErrInvalid,
				"the BlobEndpoint of %s has a query that isn't a shared access signature", from)
		case s.sas != "" && s.sas != signature:
			return s, driver.Errorf(files.ErrInvalid,
				"%s has two shared access signatures, of different values", from)
		}
		s.sas = signature
		// An account's signature is for the account's address; any other comes with a
		// container's.
		s.inContainer = !q.Has("ss")
	}
	if strings.EqualFold(parts["usedevelopmentstorage"], "true") {
		s.account, s.key = devAccount, devKey
		proxy, err := endpointOf(cmp.Or(parts["developmentstorageproxyuri"], "http://127.0.0.1"))
		if err != nil {
			return s, err
		}
		// the emulator has its own port
		proxy.Host = strings.TrimSuffix(proxy.Host, ":"+proxy.Port())
		address = proxy.Scheme + "://" + proxy.Host + ":10000/" + devAccount
	}
	if address == "" && s.account != "" {
		address = cmp.Or(parts["defaultendpointsprotocol"],
			"https") + "://" + s.account + ".blob." +
			cmp.Or(parts["endpointsuffix"], "core.windows.net")
	}
	switch {
	case address == "":
		return s, driver.Errorf(files.ErrInvalid, "%s names neither AccountName nor BlobEndpoint",
			from)
	case s.key == "" && s.sas == "":
		return s, driver.Errorf(files.ErrInvalid,
			"%s has neither AccountKey nor SharedAccessSignature", from)
	}
	u, err := endpointOf(address)
	if err != nil {
		return s, err
	}
	s.endpoint = u
	if s.account == "" { // of a signature: the first element of the host or path
		s.account, _, _ = strings.Cut(u.Hostname(), ".")
		if connect.IsAlone(u.Hostname()) {
			s.account, _, _ = strings.Cut(strings.Trim(u.Path, "/"), "/")
		}
	}
	if s.key != "" {
		s.sas, s.inContainer = "", false
	}
	return s, nil
}

// endpointOf reads the endpoint of a connection string.
func endpointOf(address string) (*url.URL, error) {
	return connect.Endpoint("the endpoint of AZURE_STORAGE_CONNECTION_STRING", address)
}
