package duo

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// journey is how a browser goes through the prompt and back. It stands in the page's address, signed with the application's secret key,
// and holds nothing that the application and the person's browser may not know.
type journey struct {
	Request     string `json:"sub"` // the request's id
	Bind        string `json:"bind"`
	RedirectURI string `json:"redirect_uri"`
	State       string `json:"state"`
	Nonce       string `json:"nonce,omitempty"`
	User        string `json:"duo_uname"`
	DuoCode     bool   `json:"use_duo_code_attribute,omitempty"`
	Tries       int    `json:"tries,omitempty"` // that were made before this one
	Exp         int64  `json:"exp"`
}

// triesMost is how often a person may have themselves asked again. Phones are woken no oftener for it (fatigue).
const triesMost = 5

// path is a page's address that goes this way.
func (to journey) path(app signer, page string) (string, error) {
	signed, err := makeJWT(app.secret, typWay, to)
	return page + "?" + url.Values{"client_id": {app.key}, "way": {signed}}.Encode(), err
}

// back is the application's address with an answer.
func (to journey) back(answer url.Values) string {
	u, err := url.Parse(to.RedirectURI) // it was read before
	if err != nil {
		return "/"
	}
	query := u.Query()
	for name, values := range answer {
		query[name] = values
	}
	query.Set("state", to.State)
	u.RawQuery = query.Encode()
	return u.String()
}

// refused is the application's address with a no.
func (to journey) refused(why string) string {
	return to.back(url.Values{"error": {"access_denied"}, "error_description": {why}})
}

// visit is a browser at the prompt.
type visit struct {
	app   signer
	to    journey
	token nodkey.Token
	page  string // path and query of the page
	query string
	code  bool // the page shows the code
}

// visit finds out which request a browser comes for, and whether it is the one that brought it.
func (d *Door) visit(r *http.Request) (visit, error) {
	over := &nodkey.Error{Kind: nodkey.NotFound, Key: "duo.over"}
	query, err := oneEach(r.URL.RawQuery)
	if err != nil {
		return visit{}, over
	}
	v := visit{code: query["code"] == "1"}
	v.app, err = d.signerOf(r.Context(), d.browserOf(r), query["client_id"], query["way"], typWay, &v.to)
	if nodkey.HasKey(err, "application.wrong") {
		return visit{}, over
	}
	if err != nil {
		return visit{}, err
	}
	settings, err := d.universalOf(v.app.Caller)
	if err != nil || !slices.Contains(settings.RedirectURIs, v.to.RedirectURI) { // signed by whoever has the key, or taken out since
		return visit{}, over
	}
	if cookie, ok := d.bind.Read(r); !ok || bound(cookie) != v.to.Bind || d.clock.Now().Unix() >= v.to.Exp {
		return visit{}, over
	}
	v.query = url.Values{"client_id": {query["client_id"]}, "way": {query["way"]}}.Encode()
	v.page = "/oauth/v1/prompt?" + v.query
	v.token, err = d.applications.TokenOf(v.app.Caller, nodkey.SignInID(v.to.Request))
	return v, err
}

// promptShow shows where the request stands, and leads back once it is approved.
func (d *Door) promptShow(w http.ResponseWriter, r *http.Request) error {
	v, err := d.visit(r)
	if err != nil {
		return err
	}
	return d.prompt(w, r, v, nil)
}

func (d *Door) prompt(w http.ResponseWriter, r *http.Request, v visit, problem *nodkey.Error) error {
	code, refused, err := d.promptDigits(r, v)
	if err != nil {
		return err
	}
	if problem == nil {
		problem = refused
	}
	now, err := d.applications.Look(r.Context(), v.app.Caller, v.token) // after the digits, which give the request more time
	if err != nil {
		return err
	}
	name := v.app.Application().Name
	switch now.State {
	case nodkey.SignInApproved:
		code, err := d.codeFor(v)
		if err != nil {
			return err
		}
		parameter := "code"
		if v.to.DuoCode {
			parameter = "duo_code"
		}
		d.prompts.Onward(w, r, name, v.to.back(url.Values{parameter: {code}}))
		return nil
	case nodkey.SignInDone:
		return &nodkey.Error{Kind: nodkey.Conflict, Key: "duo.over"}
	}
	d.prompts.Ask(w, r, Prompt{App: name, Waiting: now, Code: code, Problem: problem, Version: versionOf(now), Action: v.page, Shown: v.page + "&code=1",
		Poll: "/oauth/v1/prompt/state?" + v.query, Picture: "/oauth/v1/prompt/qr?" + v.query, Again: now.State != nodkey.SignInPending && v.to.Tries < triesMost})
	return nil
}

// promptDigits are those that a page shows which was asked for them: the same ones while they are good. refused says why there are none;
// where the request has ended, the page says so.
func (d *Door) promptDigits(r *http.Request, v visit) (code *nodkey.OfflineCode, refused *nodkey.Error, err error) {
	if !v.code {
		return nil, nil, nil
	}
	given, err := d.applications.Challenge(r.Context(), v.app.Caller, v.token)
	if err == nil {
		return &given, nil, nil
	}
	switch e := nodkey.AsError(err); {
	case e.Kind == nodkey.Internal, e.Kind == nodkey.Unauthenticated, e.Key == "sign_in.unknown":
		return nil, nil, err
	case strings.HasPrefix(e.Key, "approval."):
		return nil, nil, nil
	default:
		return nil, e, nil
	}
}

// promptAnswer does what the person chose.
func (d *Door) promptAnswer(w http.ResponseWriter, r *http.Request) error {
	v, err := d.visit(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return &nodkey.Error{Kind: nodkey.BadInput, Key: "request.form", Err: err}
	}
	next := v.page
	switch r.PostForm.Get("do") {
	case "code":
		v.code = true
		if _, refused, err := d.promptDigits(r, v); err != nil {
			return err
		} else if refused != nil {
			v.code = false
			return d.prompt(w, r, v, refused)
		}
		next += "&code=1"
	case "type":
		v.code = true
		err := d.applications.Respond(r.Context(), v.app.Caller, v.token, r.PostForm.Get("code"))
		if e := nodkey.AsError(err); e != nil && strings.HasPrefix(e.Key, "code.") {
			return d.prompt(w, r, v, e)
		} else if e != nil && !strings.HasPrefix(e.Key, "approval.") { // ended meanwhile: the page says how
			return e
		}
	case "cancel":
		if err := d.applications.Cancel(r.Context(), v.app.Caller, v.token); err != nil {
			return err
		}
	case "again":
		return d.promptAgain(w, r, v)
	case "back":
		if err := d.applications.Cancel(r.Context(), v.app.Caller, v.token); err != nil {
			return err
		}
		d.prompts.Onward(w, r, v.app.Application().Name, v.to.refused("There was no yes."))
		return nil
	default: // a switch of language, which the page itself takes
		v.code = r.PostForm.Has("code")
		return d.prompt(w, r, v, nil)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// promptAgain asks once more, after a request that ended without a yes.
func (d *Door) promptAgain(w http.ResponseWriter, r *http.Request, v visit) error {
	now, err := d.applications.Look(r.Context(), v.app.Caller, v.token)
	if err != nil {
		return err
	}
	if v.to.Tries >= triesMost || now.State != nodkey.SignInDenied && now.State != nodkey.SignInExpired && now.State != nodkey.SignInCancelled {
		http.Redirect(w, r, v.page, http.StatusSeeOther)
		return nil
	}
	to := v.to
	to.Tries++
	once := sha256.Sum256([]byte("again\x00" + to.Request + "\x00" + to.Bind))
	return d.send(w, r, v.app, to, base64.RawURLEncoding.EncodeToString(once[:]))
}

// promptState tells the page where the request stands.
func (d *Door) promptState(w http.ResponseWriter, r *http.Request) {
	v, err := d.visit(r)
	var now nodkey.Waiting
	if err == nil {
		now, err = d.applications.Look(r.Context(), v.app.Caller, v.token)
	}
	if err != nil {
		web.WriteJSON(w, web.StatusOf(nodkey.AsError(err).Kind), map[string]any{"state": "gone", "remaining": 0, "version": "gone"})
		return
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{"state": now.State, "remaining": now.Remaining.Milliseconds(), "version": versionOf(now)})
}

// promptPicture draws the statement for a phone's camera.
func (d *Door) promptPicture(w http.ResponseWriter, r *http.Request) {
	v, err := d.visit(r)
	var code nodkey.OfflineCode
	if err == nil {
		code, err = d.applications.Challenge(r.Context(), v.app.Caller, v.token) // that of the page, while it is alive
	}
	if err != nil {
		writeFault(w, r, d.faultOf(r, err))
		return
	}
	d.prompts.Picture(w, r, code.Statement)
}

// versionOf is another one when the page shows something else.
func versionOf(w nodkey.Waiting) string {
	return string(w.State) + "/" + w.Cause + "/" + w.ExpiresAt.Format(time.RFC3339Nano)
}
