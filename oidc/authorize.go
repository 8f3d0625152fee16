package oidc

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
)

// How an authorization response gets to the application (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
const (
	modeQuery    = "query"
	modeFormPost = "form_post"
)

// The bounds of what an authorization request carries; what goes back and forth is kept with the request, which holds 8 KiB.
const (
	maxState    = 2048 // bytes
	maxNonce    = 512
	maxHints    = 256
	maxACR      = 16
	maxAgeYears = 10
)

// asked is what the door keeps of an authorization request until its code is redeemed.
type asked struct {
	RedirectURI string   `json:"redirect_uri"`
	State       string   `json:"state,omitempty"`
	Mode        string   `json:"mode,omitempty"`
	Nonce       string   `json:"nonce,omitempty"`
	Challenge   string   `json:"challenge,omitempty"` // S256; empty: none
	Unnamed     bool     `json:"unnamed,omitempty"`   // as in Settings
	Essential   []string `json:"essential,omitempty"` // factors, one of which has to have been used
}

// authorization is an authorization request that was read (OpenID Connect Core §3.1.2.1).
type authorization struct {
	asked
	scopes  []string
	prompt  []string
	maxAge  time.Duration // below 0: no matter
	hint    string        // login_hint
	idToken string        // id_token_hint
	factors []string      // wanted by acr_values or claims; empty: any
	locales []string      // ui_locales
}

// readAuthorization reads the parameters of an application's request. The redirect URI was looked at already.
func readAuthorization(form url.Values, s Settings) (authorization, error) {
	a := authorization{asked: asked{RedirectURI: form.Get("redirect_uri"), State: form.Get("state"), Mode: form.Get("response_mode"), Nonce: form.Get("nonce"), Unnamed: s.Unnamed},
		maxAge: -1, hint: form.Get("login_hint"), idToken: form.Get("id_token_hint"), locales: strings.Fields(form.Get("ui_locales"))}
	switch {
	case form.Get("request") != "":
		return a, bad("request_not_supported", "Signed requests are not supported.")
	case form.Get("request_uri") != "":
		return a, bad("request_uri_not_supported", "Only request URIs of this server's pushed requests are.")
	case form.Get("registration") != "":
		return a, bad("registration_not_supported", "Applications are added by the operator.")
	case form.Get("response_type") == "":
		return a, bad("invalid_request", "response_type is missing.")
	case form.Get("response_type") != "code":
		return a, bad("unsupported_response_type", "response_type is not code.")
	case a.Mode != "" && a.Mode != modeQuery && a.Mode != modeFormPost:
		a.Mode = ""
		return a, bad("invalid_request", "response_mode is neither query nor form_post.")
	case len(a.State) > maxState:
		a.State = ""
		return a, bad("invalid_request", "state is longer than 2048 bytes.")
	case len(a.Nonce) > maxNonce:
		return a, bad("invalid_request", "nonce is longer than 512 bytes.")
	}
	return a, a.read(form, s)
}

// read is what can be wrong once it is known where the answer goes.
func (a *authorization) read(form url.Values, s Settings) error {
	var err error
	if a.Challenge, err = readChallenge(form, s); err != nil {
		return err
	}
	if a.scopes, err = s.scopesOf(form.Get("scope")); err != nil {
		return err
	}
	named, acr, essential, err := readClaims(form.Get("claims"))
	if err != nil {
		return err
	}
	for _, scope := range named {
		if s.allows(scope) && !slices.Contains(a.scopes, scope) {
			a.scopes = append(a.scopes, scope)
		}
	}
	if len(a.scopes) == 0 {
		return bad("invalid_scope", "scope names nothing that this application may have.")
	}
	if len(acr) == 0 {
		acr = strings.Fields(form.Get("acr_values"))
	}
	if len(acr) > maxACR {
		return bad("invalid_request", "There are too many values of acr.")
	}
	a.factors = factorsFor(acr)
	if essential {
		if a.Essential = a.factors; len(a.factors) == 0 {
			return bad("unmet_authentication_requirements", "None of the values of acr is one of this server's.")
		}
	}
	if age := form.Get("max_age"); age != "" {
		n, err := strconv.ParseUint(age, 10, 32)
		if err != nil {
			return bad("invalid_request", "max_age is no number of seconds.")
		}
		a.maxAge = min(time.Duration(n)*time.Second, maxAgeYears*365*24*time.Hour)
	}
	return a.readPrompt(form.Get("prompt"))
}

func (a *authorization) readPrompt(text string) error {
	a.prompt = strings.Fields(text)
	for _, p := range a.prompt {
		if !slices.Contains([]string{"none", "login", "consent", "select_account"}, p) {
			return bad("invalid_request", "prompt has a value that there is not.")
		}
	}
	if a.prompts("none") && len(a.prompt) > 1 {
		return bad("invalid_request", "prompt has none and something else.")
	}
	if len(a.hint) > maxHints {
		a.hint = "" // it is but a help
	}
	return nil
}

func (a authorization) prompts(what string) bool { return slices.Contains(a.prompt, what) }

// readChallenge reads the challenge of PKCE (RFC 7636 §4.3). Only S256 is taken: with plain, whoever sees the request can redeem its
// code (RFC 9700 §2.1.1).
func readChallenge(form url.Values, s Settings) (string, error) {
	challenge, method := form.Get("code_challenge"), form.Get("code_challenge_method")
	switch {
	case challenge == "" && method != "":
		return "", bad("invalid_request", "code_challenge is missing.")
	case challenge == "" && s.needsPKCE():
		return "", bad("invalid_request", "code_challenge is missing: this application needs PKCE.")
	case challenge != "" && method != "S256":
		return "", bad("invalid_request", "code_challenge_method is not S256.")
	case challenge != "" && (len(challenge) != 43 || strings.Trim(challenge, base64URL) != ""):
		return "", bad("invalid_request", "code_challenge is not 43 characters of base64url.")
	}
	return challenge, nil
}

const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// factorsFor gives the factors that satisfy these values of acr: those that are named, and stronger ones. Unknown values are none of
// this server's and mean nothing.
func factorsFor(acr []string) []string {
	least := len(acrValues)
	for i, value := range acrValues {
		if i < least && slices.Contains(acr, value) {
			least = i
		}
	}
	var factors []string
	for _, value := range acrValues[least:] {
		for factor, name := range acrOfFactor {
			if name == value {
				factors = append(factors, factor)
			}
		}
	}
	return factors
}

// request is what the domain is asked for in the application's name.
func (a authorization) request(c client) (nodkey.GrantRequest, error) {
	data, err := json.Marshal(a.asked)
	return nodkey.GrantRequest{
		Application: c.ID, Door: nodkey.DoorOIDC, Return: returnPath, Scopes: a.scopes, Ask: c.settings.Consent == "ask", AskAgain: a.prompts("consent"),
		Again: a.prompts("login") || a.prompts("select_account"), MaxAge: a.maxAge, Factors: a.factors, Hint: a.hint,
		TellEnd: c.settings.BackchannelLogoutURI != "", Data: data,
	}, err
}

// parametersOf reads an authorization request from the address, or from a form (OpenID Connect Core §3.1.2.1).
func parametersOf(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Method == http.MethodPost {
		return postedForm(w, r)
	}
	if len(r.URL.RawQuery) > maxRequest {
		return nil, &fault{status: http.StatusRequestURITooLong, code: "invalid_request", description: "The request is too large."}
	}
	all, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, bad("invalid_request", "The query cannot be read.")
	}
	return once(all)
}
