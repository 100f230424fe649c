package azure

import (
	"net/url"
	"os"
	"strings"

	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
)

// connectionString is the one of the environment, or "".
func connectionString() string {
	if s := os.Getenv("AZURE_STORAGE_CONNECTION_STRING"); s != "" {
		return s
	}
	return os.Getenv("AZURE_STORAGEBLOB_CONNECTIONSTRING")
}

// The account of emulators, which is no secret:
// https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
const (
	devAccount = "devstoreaccount1"
	devKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHB" +
		"eksoGMGw=="
)

// connectionService reads a connection string: of an account's key, of a shared access
// signature, or of an emulator.
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
			return s, files.Errorf(files.ErrInvalid, "%s is malformed: a part of it has no =", from)
		}
		v = strings.TrimSpace(v)
		if was, twice := parts[key]; twice && key != "" && was != v {
			return s, files.Errorf(files.ErrInvalid, "%s has a part twice, of different values",
				from)
		}
		parts[key] = v
	}
	s.account, s.key, s.keyFrom = parts["accountname"], parts["accountkey"],
		"the AccountKey of "+from
	s.sas = strings.TrimPrefix(parts["sharedaccesssignature"], "?")
	address := parts["blobendpoint"]
	if strings.EqualFold(parts["usedevelopmentstorage"], "true") {
		s.account, s.key = devAccount, devKey
		proxy, err := endpointOf(or(parts["developmentstorageproxyuri"], "http://127.0.0.1"))
		if err != nil {
			return s, err
		}
		proxy.Host = strings.TrimSuffix(proxy.Host, ":"+proxy.Port()) // which is the emulator's own
		address = proxy.Scheme + "://" + proxy.Host + ":10000/" + devAccount
	}
	if address == "" && s.account != "" {
		address = or(parts["defaultendpointsprotocol"], "https") + "://" + s.account + ".blob." +
			or(parts["endpointsuffix"], "core.windows.net")
	}
	switch {
	case address == "":
		return s, files.Errorf(files.ErrInvalid, "%s names neither AccountName nor BlobEndpoint",
			from)
	case s.key == "" && s.sas == "":
		return s, files.Errorf(files.ErrInvalid,
			"%s has neither AccountKey nor SharedAccessSignature", from)
	}
	u, err := endpointOf(address)
	if err != nil {
		return s, err
	}
	s.endpoint = u
	if s.account == "" { // of a signature: the first word of the host, or the path
		s.account, _, _ = strings.Cut(u.Hostname(), ".")
		if connect.IsAlone(u.Hostname()) {
			s.account = strings.Trim(u.Path, "/")
		}
	}
	if s.key != "" {
		s.sas = ""
	}
	return s, nil
}

// endpointOf reads the endpoint of a connection string.
func endpointOf(address string) (*url.URL, error) {
	return connect.Endpoint("the endpoint of AZURE_STORAGE_CONNECTION_STRING", address)
}
