package duo

import (
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

const (
	codeLife  = time.Minute
	tokenLife = time.Hour
)

// authCode is the code that an application trades for the answer. What counts is the request: its yes is collected once.
type authCode struct {
	Request     string `json:"sub"`
	RedirectURI string `json:"redirect_uri"`
	Nonce       string `json:"nonce,omitempty"`
	User        string `json:"duo_uname"`
	Exp         int64  `json:"exp"`
}

func (d *Door) codeFor(v visit) (string, error) {
	return makeJWT(v.app.secret, typCode, authCode{Request: v.to.Request, RedirectURI: v.to.RedirectURI, Nonce: v.to.Nonce, User: v.to.User,
		Exp: d.clock.Now().Add(codeLife).Unix()})
}

// formMost is what a client's call may hold.
const formMost = 32 << 10

// formOf reads a client's call, each name once.
func formOf(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	r.Body = http.MaxBytesReader(w, r.Body, formMost)
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for name, list := range r.PostForm {
		if len(list) != 1 {
			return nil, errJWT
		}
		out[name] = list[0]
	}
	return out, nil
}

// program is a client that calls from a server.
func program(r *http.Request) nodkey.Caller {
	return nodkey.Caller{Source: web.ClientOf(r.Context()).Addr}
}

// healthCheck says that this server is there, to an application that it knows.
func (d *Door) healthCheck(w http.ResponseWriter, r *http.Request) {
	now := d.clock.Now().Unix()
	in, err := formOf(w, r)
	if err == nil {
		_, _, err = d.asserted(r, program(r), in["client_id"], in["client_assertion"], "/oauth/v1/health_check")
	}
	if err != nil {
		f := d.faultOf(r, err)
		if f == faultSignature {
			f = &fault{code: 40002, message: "invalid_client", detail: "The provided client_assertion was invalid."}
		}
		writeFault(w, r, f)
		return
	}
	web.WriteJSON(w, http.StatusOK, document{"stat": "OK", "response": document{"timestamp": now, "time": now}})
}

// token trades a code for the answer (RFC 6749 §4.1.3).
func (d *Door) token(w http.ResponseWriter, r *http.Request) {
	answer, err := d.answer(w, r)
	if err != nil {
		f := d.faultOf(r, err)
		out := document{"error": "invalid_grant", "error_description": "The code is not good, or not any more."}
		status := http.StatusBadRequest
		switch {
		case f.code/100 >= http.StatusInternalServerError || f.code/100 == http.StatusTooManyRequests:
			writeFault(w, r, f)
			return
		case f == faultSignature:
			out, status = document{"error": "invalid_client", "error_description": "The client_assertion is not good."}, http.StatusUnauthorized
		case f == faultForm:
			out = document{"error": "invalid_request", "error_description": f.detail}
		}
		web.WriteJSON(w, status, out)
		return
	}
	web.WriteJSON(w, http.StatusOK, answer)
}

var faultForm = &fault{code: 40002, message: "Invalid request parameters", detail: "A parameter is missing, twice, or of another kind."}

func (d *Door) answer(w http.ResponseWriter, r *http.Request) (document, error) {
	const path = "/oauth/v1/token"
	in, err := formOf(w, r)
	if err != nil || in["grant_type"] != "authorization_code" || in["code"] == "" || in["client_assertion_type"] != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return nil, faultForm
	}
	key := in["client_id"]
	if key == "" { // it stands in the assertion, too
		return nil, faultForm
	}
	app, endpoint, err := d.asserted(r, program(r), key, in["client_assertion"], path)
	if err != nil {
		return nil, err
	}
	settings, err := d.universalOf(app.Caller)
	if err != nil {
		return nil, err
	}
	wrong := &nodkey.Error{Kind: nodkey.NotFound, Key: "sign_in.unknown"}
	var code authCode
	if _, err := d.signerOf(r.Context(), program(r), key, in["code"], typCode, &code); nodkey.HasKey(err, "application.wrong") {
		return nil, wrong
	} else if err != nil {
		return nil, err
	}
	if code.RedirectURI != in["redirect_uri"] || !slices.Contains(settings.RedirectURIs, code.RedirectURI) || d.clock.Now().Unix() >= code.Exp {
		return nil, wrong
	}
	token, err := d.applications.TokenOf(app.Caller, nodkey.SignInID(code.Request))
	if err != nil {
		return nil, err
	}
	proof, err := d.applications.Collect(r.Context(), app.Caller, token)
	if err != nil {
		return nil, err
	}
	idToken, err := makeJWT(app.secret, "JWT", d.claims(app, endpoint, code, proof))
	if err != nil {
		return nil, err
	}
	return document{"id_token": idToken, "access_token": rand.Text(), "expires_in": int(tokenLife / time.Second), "token_type": "Bearer"}, nil
}

// claims are what an application is told of a yes, in the members that its clients know.
func (d *Door) claims(app signer, endpoint string, code authCode, p nodkey.Proof) document {
	now := d.clock.Now()
	factor := "duo_push"
	if p.Factor == nodkey.FactorCode {
		factor = "passcode"
	}
	none := document{"city": nil, "country": nil, "state": nil}
	out := document{
		"iss": endpoint, "aud": app.key, "sub": p.Name, "preferred_username": code.User, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "auth_time": p.At.Unix(),
		"auth_result": document{"result": "allow", "status": "allow", "status_msg": "Login Successful"},
		"auth_context": document{
			"txid": string(p.ID), "timestamp": p.At.Unix(), "isotimestamp": p.At.UTC().Format(time.RFC3339Nano), "event_type": "authentication", "factor": factor,
			"reason": "user_approved", "result": "success", "alias": "", "email": "", "ood_software": nil,
			"application":   document{"key": app.key, "name": app.Application().Name},
			"user":          document{"key": string(p.User), "name": p.Name, "groups": append([]string{}, p.Groups...)},
			"auth_device":   document{"ip": nil, "name": DeviceID(app.Application().ID, p.KeyID), "location": none},
			"access_device": document{"ip": nil, "location": none, "is_encryption_enabled": "unknown", "is_firewall_enabled": "unknown", "is_password_set": "unknown"},
		},
	}
	if code.Nonce != "" {
		out["nonce"] = code.Nonce
	}
	return out
}
