package notify

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

func TestSettingsThatDoNotGoTogetherAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*SMSConfig)
		setting string
		says    string
	}{
		"all is well":                      {func(*SMSConfig) {}, "", ""},
		"no text":                          {func(c *SMSConfig) { c.Fields = "to={to}" }, "fields", "must have {text}"},
		"no number":                        {func(c *SMSConfig) { c.Fields = "text={text}" }, "fields", "{to} or {number}"},
		"a name that there is not":         {func(c *SMSConfig) { c.Fields += "&x={txt}" }, "fields", "{txt} is none of {to}, {number}"},
		"no fields":                        {func(c *SMSConfig) { c.Fields = "" }, "fields", "is not a field such as"},
		"half an escape":                   {func(c *SMSConfig) { c.Fields += "&x=%z" }, "fields", "is not a field"},
		"no JSON":                          {func(c *SMSConfig) { c.Format = "json" }, "fields", "must be JSON"},
		"JSON and more":                    {func(c *SMSConfig) { c.Format, c.Fields = "json", `{"to":"{to}","text":"{text}"} {}` }, "fields", "one JSON object"},
		"null":                             {func(c *SMSConfig) { c.Format, c.Fields = "json", `null` }, "fields", "one JSON object"},
		"a name that there is not in JSON": {func(c *SMSConfig) { c.Format, c.Fields = "json", `{"to":["{too}"],"text":"{text}"}` }, "fields", "{too} is none"},
		"JSON in an address":               {func(c *SMSConfig) { c.Method, c.Format = "GET", "json" }, "fields", "needs the method POST"},
		"a sender that is missing":         {func(c *SMSConfig) { c.Fields += "&from={from}" }, "from", "must be set, as sms.fields has {from}"},
		"a token that is missing":          {func(c *SMSConfig) { c.Fields += "&key={token}" }, "token", "must be set"},
		"a user alone":                     {func(c *SMSConfig) { c.User = "x" }, "password", "goes together"},
		"a password alone":                 {func(c *SMSConfig) { c.Password = "hush" }, "user", "goes together"},
		"a password in the fields alone":   {func(c *SMSConfig) { c.Password, c.Fields = "hush", c.Fields+"&key={password}" }, "", ""},
		"half in the fields":               {func(c *SMSConfig) { c.User, c.Password, c.Fields = "x", "hush", c.Fields+"&key={password}" }, "fields", "not {user}"},
		"a colon in a name":                {func(c *SMSConfig) { c.User, c.Password = "a:b", "hush" }, "user", "colon"},
		"no header":                        {func(c *SMSConfig) { c.Token, c.TokenHeader = "hush", "X Key" }, "token_header", "name of a header"},
		"another's header":                 {func(c *SMSConfig) { c.Token, c.TokenHeader = "hush", "host" }, "token_header", "name of a header"},
		"both want one header":             {func(c *SMSConfig) { c.Token, c.User, c.Password = "hush", "a", "hush" }, "token", "both"},
		"a token of two words":             {func(c *SMSConfig) { c.Token = "hush hush" }, "token", "one word"},
		"no expression":                    {func(c *SMSConfig) { c.Accepted = "(" }, "accepted", "missing closing"},
		"no expression for later":          {func(c *SMSConfig) { c.Again = "[" }, "again", "missing closing"},
	} {
		config := smsConfig(t, "https://gateway.example.com/send", c.change)
		setting, err := CheckSMS(config)
		if setting != c.setting || (err == nil) != (c.setting == "") {
			t.Errorf("%s: %s, %v", name, setting, err)
		}
		if err != nil && (c.says != "both" && !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hush")) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := NewSMS(config); (err == nil) != (c.setting == "") {
			t.Errorf("%s: a carrier: %v", name, err)
		}
	}
}

// FuzzSMSFields: no template makes the reader crash, and what is filled in comes out whole in a form and in JSON.
func FuzzSMSFields(f *testing.F) {
	f.Add("to={to}&text={text}", "hello & {to}")
	f.Add(`{"to":"{to}","text":"{text}"}`, "\"}{\u2028\x00")
	f.Add(`[{"a":["{number}","{text}{text}"]},1e400,null]`, "x")
	f.Fuzz(func(t *testing.T, fields, text string) {
		text = strings.ToValidUTF8(text, "")
		values := map[string]string{"to": "+1", "number": "1", "text": text}
		if b, err := readSMSFields("POST", "form", fields); err == nil {
			filled, err := b.fill(values)
			got, err2 := url.ParseQuery(filled)
			if err != nil || err2 != nil {
				t.Fatalf("%q: %v, %v", filled, err, err2)
			}
			n := 0
			for _, list := range got {
				n += len(list)
			}
			if n != len(b.form) || !strings.Contains(strings.Join(flat(got), "\n"), text) {
				t.Fatalf("%q became %q", fields, filled)
			}
		}
		if b, err := readSMSFields("POST", "json", fields); err == nil {
			filled, err := b.fill(values)
			if err != nil || !json.Valid([]byte(filled)) {
				t.Fatalf("%q became %q: %v", fields, filled, err)
			}
		}
	})
}

func flat(values url.Values) (all []string) {
	for _, list := range values {
		all = append(all, list...)
	}
	return all
}
