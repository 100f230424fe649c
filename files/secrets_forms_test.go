package files_test

import (
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestNoSecretInAnyForm: a secret is hidden in whatever syntax a cause has it (E1), and
// text that only looks like a secret's name is shown.
func TestNoSecretInAnyForm(t *testing.T) {
	const key = "Zx9q8Kd73hfK29ahdKWE82hdQ"
	for _, text := range []string{
		"authorization=Bearer " + key,
		"Authorization: Bearer\t" + key,
		"Authorization: Basic \t" + key,
		"{Authorization:[Bearer " + key + "] X-Amz-Security-Token:[" + key + "]}",
		`http.Header{"X-Amz-Security-Token":[]string{"` + key + `"}}`,
		"<AccessKeyId>a</AccessKeyId><SecretAccessKey>" + key + "</SecretAccessKey>",
		"<SessionToken>" + key + "</SessionToken>",
		"<SignatureProvided>" + key + "</SignatureProvided>",
		`"u":"https://h/x?sv=1\u0026sig\u003d` + key + `"`,
		`"u":"https://h/x?sv=1\u0026sig=` + key + `"`,
		"sig: " + key,
		"sig = " + key,
		"Token: " + key,
		"with the token " + key,
		"secret " + key + ".",
		"pass=" + key,
		"https://h/x?key=" + key,
		"https://h/x?api[key]=" + key,
		"https://h/x?[api][key]=" + key,
		"api.key: " + key,
		"api_key: " + key,
		"api-key: " + key,
		"$api$key = " + key,
		"ApiKey = " + key,
		"github_pat_" + key + key,
		"glpat-" + key,
	} {
		err := driver.NewError(files.OpPut, "a", errors.New(text))
		if strings.Contains(err.Error(), key) {
			t.Errorf("%q is shown as %q", text, err)
		}
	}
	for _, text := range []string{
		"token: unexpected end of input",
		"the token expired at noon",
		"secret sharing is off",
		"sig: invalid",
		"key=notes/2026/rain-in-november.txt",
		"bypass=1 compass=north",
		"a > b: 12",
		`open C:\u003d`,
	} {
		err := driver.NewError(files.OpPut, "a", errors.New(text))
		if !strings.HasSuffix(err.Error(), text) {
			t.Errorf("%q is shown as %q", text, err)
		}
	}
}
