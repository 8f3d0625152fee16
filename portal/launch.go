package portal

import (
	"net/http"
	"strings"
	"unicode"

	"github.com/nodkey/nodkey"
)

// launchAtHome is how many applications the first page names.
const launchAtHome = 4

// applicationsShow lists what the person may open, and what they have allowed.
func (d *Door) applicationsShow(x *exchange) error {
	tiles, err := d.tiles(x)
	if err != nil {
		return err
	}
	consents, err := d.services.Grants.Consents(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	v := LaunchView{Page: d.page(x), Tiles: tiles}
	for _, c := range consents {
		row := AllowedRow{ID: string(c.Application), Name: c.Name, Initial: initial(c.Name), Since: x.say.Date(c.At.Local())}
		for _, share := range sharesOf(c.Scopes) {
			words := share.Scope
			if share.Short != "" {
				words = x.say.T(share.Short, nil)
			}
			row.Shares = append(row.Shares, words)
		}
		v.Allowed = append(v.Allowed, row)
	}
	return d.show(x, http.StatusOK, "applications", v)
}

// tiles are the applications that the person may open.
func (d *Door) tiles(x *exchange) ([]Tile, error) {
	list, err := d.services.Applications.Open(x.r.Context(), x.caller)
	tiles := make([]Tile, len(list))
	for i, a := range list {
		tiles[i] = Tile{ID: string(a.ID), Name: a.Name, Initial: initial(a.Name), Host: hostOf(a.URL), URL: a.URL}
	}
	return tiles, err
}

// withdraw takes back what the person allowed an application.
func (d *Door) withdraw(x *exchange) error {
	id, err := nodkey.ParseApplicationID(x.r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := d.services.Grants.Withdraw(x.r.Context(), x.caller, id); err != nil {
		return err
	}
	return d.leave(x, "/applications", "toast.consent_withdrawn")
}

// initial is the letter or digit that stands for a name.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return ""
}

// hostOf is the host of an address, as people know a site by it.
func hostOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	host, _, _ = strings.Cut(host, "#")
	return host
}
