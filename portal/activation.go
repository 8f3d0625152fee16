package portal

import (
	"context"
	"strings"

	"github.com/boombuler/barcode/qr"

	"github.com/nodkey/nodkey"
)

// activationView makes the banner; next is the page that it stands on.
func (d *Door) activationView(b nodkey.Banner, first bool, next string, p *Problem) *ActivationView {
	v := &ActivationView{
		State: ActivationEnded, First: first, Spent: b.Key != nil, Problem: p, TriesLeft: b.TriesLeft, Number: b.Number,
		Countdown: Countdown{Left: b.Remaining, Total: b.Life}, Address: strings.TrimPrefix(strings.TrimPrefix(d.PhoneApp.String(), "https://"), "http://"),
		Live: Live{Stream: "/activation/stream", Poll: "/activation/state", Version: versionOfBanner(b), Next: next},
	}
	switch b.State {
	case nodkey.BannerOpen:
		groups := b.Code.Groups()
		v.State, v.Groups, v.OpenURL, v.QR = ActivationOffer, groups[:], b.Link, "/activation/qr?v="+string(b.ID)
	case nodkey.BannerConfirm:
		v.State, v.Phone = ActivationDigits, b.Key.Phone.Name
	case nodkey.BannerApprove:
		v.State, v.Phone = ActivationApprove, b.Key.Phone.Name
	}
	return v
}

func versionOfBanner(b nodkey.Banner) string {
	v := string(b.State) + "/" + string(b.ID)
	if b.Key != nil {
		v += "/" + string(b.Key.State)
	}
	return v
}

func (d *Door) activatedView(x *exchange, k nodkey.Key) *ActivatedView {
	return &ActivatedView{KeyID: string(k.ID), Name: k.Phone.Name, System: systemName(k.Phone), At: x.say.Clock(k.ActivatedAt.Local())}
}

// systemName is like "Android 16"; some say "16.0.0" for it.
func systemName(p nodkey.Phone) string {
	version := p.OSVersion
	for strings.HasSuffix(version, ".0") {
		version = strings.TrimSuffix(version, ".0")
	}
	name := map[nodkey.Platform]string{nodkey.Android: "Android", nodkey.IOS: "iOS", nodkey.Terminal: "Terminal"}[p.Platform]
	return strings.TrimSpace(name + " " + version)
}

// activationStart makes a new code.
func (d *Door) activationStart(x *exchange) error {
	if _, err := d.services.Activations.Start(x.r.Context(), x.caller); err != nil {
		return err
	}
	return d.leave(x, d.activationHome(x), "")
}

// activationHome is the page that a session's banner stands on.
func (d *Door) activationHome(x *exchange) string {
	if s := x.caller.Session(); s != nil && s.Level == nodkey.Full {
		return "/security/add"
	}
	return "/"
}

// activationQR draws the code that the session's banner shows.
func (d *Door) activationQR(x *exchange) error {
	b, err := d.services.Activations.Current(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	if b.State != nodkey.BannerOpen {
		return &nodkey.Error{Kind: nodkey.NotFound, Key: "activation.none"}
	}
	return d.showQR(x, b.Link, qr.M)
}

func (d *Door) activationStream(x *exchange) error {
	caller := x.caller
	if caller.Session() == nil {
		return &nodkey.Error{Kind: nodkey.Unauthenticated, Key: "session.none"}
	}
	return d.stream(x, string(caller.Session().ID), []string{d.services.Activations.Topic(caller)}, func(ctx context.Context) (State, error) {
		b, err := d.services.Activations.Current(ctx, caller)
		return stateOfBanner(b), err
	})
}

func stateOfBanner(b nodkey.Banner) State {
	return State{State: string(b.State), Remaining: b.Remaining.Milliseconds(), Version: versionOfBanner(b),
		over: b.State == nodkey.BannerActive || b.State == nodkey.BannerEnded}
}

func (d *Door) activationState(x *exchange) error {
	b, err := d.services.Activations.Current(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	return d.state(x, stateOfBanner(b))
}

// activationConfirm takes the six digits that the phone shows.
func (d *Door) activationConfirm(x *exchange) error {
	in, err := x.form("digits")
	if err != nil {
		return err
	}
	typed := strings.NewReplacer(" ", "", "\u00a0", "", "-", "").Replace(in["digits"])
	err = d.services.Activations.Confirm(x.r.Context(), x.caller, typed)
	if err == nil || nodkey.HasKey(err, "digits.none") || nodkey.HasKey(err, "digits.over") {
		return d.leave(x, d.activationHome(x), "")
	}
	p, status, ok := problem(err, map[string]string{"digits.wrong": "digits"})
	if !ok {
		return err
	}
	b, err := d.services.Activations.Current(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	v := HomeView{Page: d.page(x), Greeting: GreetingAt(d.now()), FirstName: firstName(x.user.DisplayName), Desk: d.Desk,
		Activation: d.activationView(b, true, "/", p)}
	return d.show(x, status, "home", v)
}

// activationCancel ends what is under way.
func (d *Door) activationCancel(x *exchange) error {
	if err := d.services.Activations.Cancel(x.r.Context(), x.caller); err != nil {
		return err
	}
	if d.activationHome(x) == "/" {
		return d.leave(x, "/", "")
	}
	return d.leave(x, "/security", "")
}
