package duo

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// signed is all of a request that its signature may cover. Clients sign in one of these ways, told apart by what they send:
//
//	/rest/v1       METHOD host path params              HMAC-SHA1
//	/auth/v2       date METHOD host path params         HMAC-SHA512, or HMAC-SHA1 with clients from before 2022
//	the same       date METHOD host path params body headers   HMAC-SHA512, where the parameters of a POST are JSON
//
// with a line feed between. The host is the one that was configured, with its port or without, as clients differ.
type signed struct {
	dated   bool
	json    bool // the body is JSON
	date    string
	method  string
	path    string
	hosts   []string
	params  []param // of the query, and of a form
	body    []byte
	headers string // X-Duo-…, as they are signed
}

// texts are what the signature may be over. Their number depends on nothing that is secret.
func (s signed) texts() []string {
	var list []string
	for _, host := range s.hosts {
		text := s.method + "\n" + host + "\n" + s.path + "\n" + canonical(s.params)
		if !s.dated {
			list = append(list, text)
			continue
		}
		text = s.date + "\n" + text
		if !s.json {
			list = append(list, text)
		}
		if s.json || s.method == http.MethodGet { // a GET of such a client has an empty body
			list = append(list, text+"\n"+digest(string(s.body))+"\n"+digest(s.headers))
		}
	}
	return list
}

func digest(text string) string {
	sum := sha512.Sum512([]byte(text))
	return hex.EncodeToString(sum[:])
}

// verify reports whether a signature is right by a secret. It compares with all that it may be, and in constant time.
func (s signed) verify(secret, signature []byte) bool {
	algorithm := sha512.New
	if len(signature) == sha1.Size && !s.json {
		algorithm = sha1.New
	} else if !s.dated {
		return false
	}
	right := false
	for _, text := range s.texts() {
		if hmac.Equal(mac(algorithm, secret, text), signature) {
			right = true
		}
	}
	return right
}

func mac(algorithm func() hash.Hash, secret []byte, text string) []byte {
	h := hmac.New(algorithm, secret)
	h.Write([]byte(text))
	return h.Sum(nil)
}

var errCredentials = errors.New("no credentials that can be read")

// credentials reads "Basic base64(ikey:hex)".
func credentials(header string) (key string, signature []byte, err error) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") || len(encoded) > 400 {
		return "", nil, errCredentials
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", nil, errCredentials
	}
	key, digits, found := strings.Cut(string(raw), ":")
	signature, err = hex.DecodeString(digits)
	if !found || key == "" || len(key) > 40 || err != nil || len(signature) != sha1.Size && len(signature) != sha512.Size {
		return "", nil, errCredentials
	}
	return key, signature, nil
}

// dateOf is the date that was signed: X-Duo-Date where a client cannot set Date.
func dateOf(head http.Header) string {
	if date := head.Get("X-Duo-Date"); date != "" {
		return date
	}
	return head.Get("Date")
}

// parseDate reads a date of RFC 2822, or as HTTP has it.
func parseDate(text string) (time.Time, error) {
	if len(text) > 64 {
		return time.Time{}, errors.New("too long for a date")
	}
	if at, err := http.ParseTime(text); err == nil {
		return at, nil
	}
	return mail.ParseDate(text)
}

// duoHeaders writes the headers that are signed beside a JSON body: X-Duo-… in lower case and sorted, names and values with a zero
// byte between.
func duoHeaders(head http.Header) string {
	var names []string
	for name := range head {
		if strings.HasPrefix(name, "X-Duo-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var pieces []string
	for _, name := range names {
		pieces = append(pieces, strings.ToLower(name), strings.TrimSpace(head.Get(name)))
	}
	return strings.Join(pieces, "\x00")
}
