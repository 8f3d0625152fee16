package portal

import "net/http"

// SignOutView is "sign_out": an application, or nobody that is named, wants the person signed out here.
type SignOutView struct {
	Page
	App    string // empty: it is not known
	Action string // path that a yes is posted to
}

// SignOutPage asks whether to sign out, for a door that applications send browsers to; app may be empty, a yes is posted to path.
func (d *Door) SignOutPage(w http.ResponseWriter, r *http.Request, app, path string) {
	d.handle(func(x *exchange) error {
		return d.show(x, http.StatusOK, "sign_out", SignOutView{Page: d.page(x), App: app, Action: path})
	}).ServeHTTP(w, r)
}

// OnwardPage leads to an address of an application's, for a door that has checked that it is one. A redirect would not do where a form of
// this house was sent: see fromOutside.
func (d *Door) OnwardPage(w http.ResponseWriter, r *http.Request, app, address string) {
	d.handle(func(x *exchange) error {
		x.w.Header().Set("Refresh", "0;url="+address)
		return d.show(x, http.StatusOK, "onward", OnwardView{Page: d.page(x), App: app, Target: address})
	}).ServeHTTP(w, r)
}
