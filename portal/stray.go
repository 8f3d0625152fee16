package portal

import (
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// StrayPage says to a browser that an application sent to one of the server's doors why it is not sent on: f.Key is the sentence of what
// happened. What is no fault of the request's is said as everywhere.
func (d *Door) StrayPage(w http.ResponseWriter, r *http.Request, f web.Failure) {
	if f.Kind != nodkey.BadInput.String() {
		d.FailPage(w, r, f)
		return
	}
	d.handle(func(x *exchange) error {
		v := AwayView{Page: d.page(x), Away: AwayStray(f.Key), Account: x.user.DisplayName, Desk: d.Desk}
		v.Return = "/" // what an application sent need not be answered again in another language
		return d.show(x, f.Status, "away", v)
	}).ServeHTTP(w, r)
}
