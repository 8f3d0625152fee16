package portal

import (
	"net/http"
	"strings"

	"github.com/nodkey/nodkey"
)

// homeShow is the portal's first page, with the activation banner for a user without a key.
func (d *Door) homeShow(x *exchange) error {
	session := x.caller.Session()
	if session == nil {
		return d.leave(x, "/sign-in", "")
	}
	v, err := d.homeView(x)
	if err != nil {
		return err
	}
	if session.Level == nodkey.Restricted {
		if v.Onward, err = d.keptFor(x); err != nil {
			return err
		}
		err := d.homeActivation(x, &v)
		if nodkey.HasKey(err, "activation.contact") {
			return d.proofPage(x, http.StatusOK, proofTyped{}, x.r.URL.Query().Has("other"))
		}
		if err != nil {
			return err
		}
		return d.show(x, http.StatusOK, "home", v)
	}
	if v.LastEntry, err = d.lastEntry(x); err != nil {
		return err
	}
	if v.Tiles, err = d.tiles(x); err != nil {
		return err
	}
	if len(v.Tiles) > launchAtHome {
		v.Tiles, v.More = v.Tiles[:launchAtHome], len(v.Tiles)-launchAtHome
	}
	return d.show(x, http.StatusOK, "home", v)
}

// homeView is what every first page shows.
func (d *Door) homeView(x *exchange) (HomeView, error) {
	keys, err := d.services.Keys.List(x.r.Context(), x.caller)
	if err != nil {
		return HomeView{}, err
	}
	v := HomeView{Page: d.page(x), Greeting: GreetingAt(d.now()), FirstName: firstName(x.user.DisplayName), Desk: d.Desk}
	for _, k := range keys {
		if k.State == nodkey.KeyActive {
			v.Phones++
		}
	}
	return v, nil
}

// homeActivation fills in the banner of a session without a second factor.
func (d *Door) homeActivation(x *exchange, v *HomeView) error {
	banner, err := d.services.Activations.Current(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	if banner.State == nodkey.BannerActive {
		v.Activated = d.activatedView(x, *banner.Key)
		return nil
	}
	if banner.State == nodkey.BannerEnded && banner.Key == nil {
		banner, err = d.services.Activations.Start(x.r.Context(), x.caller)
		if nodkey.HasKey(err, "activation.first") || nodkey.HasKey(err, "activation.sign_in_first") {
			v.Closed = true
			return nil
		}
		if err != nil {
			return err
		}
	}
	v.Activation = d.activationView(banner, v.Phones == 0, "/", nil)
	return nil
}

// lastEntry tells when the user was let in before this time.
func (d *Door) lastEntry(x *exchange) (string, error) {
	list, err := d.services.Sessions.SignIns(x.r.Context(), x.caller)
	if err != nil {
		return "", err
	}
	for _, s := range list {
		if s.State == nodkey.SignInDone && s.Asked == "" && s.SessionID != x.caller.Session().ID {
			return x.say.MomentWithin(s.EndedAt, d.now()), nil
		}
	}
	return "", nil
}

// firstName is how the greeting calls a person.
func firstName(displayName string) string {
	name, _, _ := strings.Cut(strings.ReplaceAll(displayName, "\u3000", " "), " ") // U+3000: the space of Japanese names
	return name
}
