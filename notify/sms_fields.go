package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/nodkey/nodkey/wire"
)

// smsBody is what a gateway is sent, with names in braces for what differs from message to message.
type smsBody struct {
	form []smsField
	json any // nil for a form
	used []string
}

type smsField struct{ name, value string }

// smsNames are the names that may stand in braces.
var smsNames = []string{"to", "number", "text", "from", "coding", "parts", "id", "user", "password", "token"}

var inBraces = regexp.MustCompile(`\{[^{}]*\}`)

// readSMSFields reads what a gateway is to be sent. A form is written as in an address, "to={to}&text={text}&route=9"; JSON as it
// is sent, with the names inside strings: {"to":["{to}"],"text":"{text}"}. A JSON string that is "{coding}" alone becomes what
// that stands for, read as JSON, so that it may be a number or true and false. Both must have {text}, and {to} or {number}.
func readSMSFields(method, format, fields string) (smsBody, error) {
	var b smsBody
	var err error
	switch {
	case format == "json" && method == http.MethodGet:
		return b, errors.New("JSON needs the method POST or PUT")
	case format == "json":
		decoder := json.NewDecoder(strings.NewReader(fields))
		decoder.UseNumber()
		if err := decoder.Decode(&b.json); err != nil {
			return b, errors.New(`must be JSON such as {"to":"{to}","text":"{text}"}`)
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) || b.json == nil {
			return b, errors.New("must be one JSON object")
		}
		err = inStrings(b.json, b.note)
	default:
		for pair := range strings.SplitSeq(fields, "&") {
			rawName, rawValue, _ := strings.Cut(pair, "=")
			name, err1 := url.QueryUnescape(rawName)
			value, err2 := url.QueryUnescape(rawValue)
			if err := errors.Join(err1, err2); err != nil || name == "" {
				return b, fmt.Errorf("%q is not a field such as to={to}", pair)
			}
			b.form = append(b.form, smsField{name, value})
			if err := b.note(value); err != nil {
				return b, err
			}
		}
	}
	if err != nil {
		return b, err
	}
	if !b.has("text") || !b.has("to") && !b.has("number") {
		return b, errors.New("must have {text}, and {to} or {number}")
	}
	return b, nil
}

// note remembers which names a string has.
func (b *smsBody) note(text string) error {
	for _, braced := range inBraces.FindAllString(text, -1) {
		name := braced[1 : len(braced)-1]
		if !slices.Contains(smsNames, name) {
			return fmt.Errorf("%s is none of {%s}", braced, strings.Join(smsNames, "}, {"))
		}
		b.used = append(b.used, name)
	}
	return nil
}

func (b *smsBody) has(name string) bool { return slices.Contains(b.used, name) }

// inStrings goes through the strings of a JSON value, the names of members aside.
func inStrings(value any, visit func(string) error) error {
	switch v := value.(type) {
	case string:
		return visit(v)
	case []any:
		for _, x := range v {
			if err := inStrings(x, visit); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, x := range v {
			if err := inStrings(x, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill puts values in the place of names. What is put in is not looked at again.
func (b *smsBody) fill(values map[string]string) (string, error) {
	put := func(text string) string {
		return inBraces.ReplaceAllStringFunc(text, func(braced string) string { return values[braced[1:len(braced)-1]] })
	}
	if b.json != nil {
		raw, err := json.Marshal(filled(b.json, put))
		return string(raw), err
	}
	pairs := make([]string, len(b.form))
	for i, f := range b.form {
		pairs[i] = url.QueryEscape(f.name) + "=" + url.QueryEscape(put(f.value))
	}
	return strings.Join(pairs, "&"), nil
}

func filled(value any, put func(string) string) any {
	switch v := value.(type) {
	case string:
		text := put(v)
		if v == "{coding}" && json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
		return text
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = filled(x, put)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, x := range v {
			out[name] = filled(x, put)
		}
		return out
	}
	return value
}

var (
	headerName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	ownHeaders = []string{"host", "content-type", "content-length", "transfer-encoding", "connection", "user-agent"}
)

// CheckSMS says what is wrong with the way in which a gateway is to be spoken to, and with which setting of it. User and password go into the
// fields that name them, and else as HTTP Basic; a token likewise, and else into its header.
func CheckSMS(c SMSConfig) (setting string, err error) {
	if err := wire.CheckWebhook(c.URL); err != nil {
		return "url", err
	}
	body, err := readSMSFields(c.Method, c.Format, c.Fields)
	if err != nil {
		return "fields", err
	}
	for setting, expression := range map[string]string{"accepted": c.Accepted, "again": c.Again} {
		if _, err := regexp.Compile(expression); err != nil {
			return setting, err
		}
	}
	for setting, value := range map[string]string{"from": c.From, "user": c.User, "password": c.Password, "token": c.Token} {
		if body.has(setting) && value == "" {
			return setting, fmt.Errorf("must be set, as sms.fields has {%s}", setting)
		}
	}
	basic := c.User != "" && !body.has("user")
	header := c.Token != "" && !body.has("token")
	switch {
	case c.User != "" && c.Password == "":
		return "password", errors.New("goes together with sms.user: set both or neither")
	case c.Password != "" && c.User == "" && !body.has("password"):
		return "user", errors.New("goes together with sms.password: set both or neither")
	case basic && body.has("password"):
		return "fields", errors.New("has {password} and not {user}")
	case basic && strings.Contains(c.User, ":"):
		return "user", errors.New("must not have a colon, which HTTP Basic cannot carry: put {user} into sms.fields")
	case header && (!headerName.MatchString(c.TokenHeader) || slices.Contains(ownHeaders, strings.ToLower(c.TokenHeader))):
		return "token_header", errors.New("must be the name of a header such as Authorization or X-Api-Key")
	case header && basic && strings.EqualFold(c.TokenHeader, "Authorization"):
		return "token", errors.New("wants the header Authorization, as sms.user does: put one of them into sms.fields")
	case header && strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "token", errors.New("must be one word of ASCII")
	}
	return "", nil
}
