package portal

import (
	"bytes"
	"context"
	"image/png"
	"strconv"
	"strings"

	"github.com/boombuler/barcode"
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

// qrModule is how many pixels a module of the picture has; 4 modules around it stay white (ISO/IEC 18004 §5.3.8).
const (
	qrModule = 8
	qrQuiet  = 4
)

// activationQR draws the code that the session's banner shows.
func (d *Door) activationQR(x *exchange) error {
	b, err := d.services.Activations.Current(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	if b.State != nodkey.BannerOpen {
		return &nodkey.Error{Kind: nodkey.NotFound, Key: "activation.none"}
	}
	picture, err := drawQR(b.Link)
	if err != nil {
		return err
	}
	x.w.Header().Set("Content-Type", "image/png")
	x.w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	_, _ = x.w.Write(picture) // the browser may be gone
	return nil
}

// drawQR makes a PNG of a QR code, error correction M, with its quiet zone.
func drawQR(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, err
	}
	modules := code.Bounds().Dx()
	scaled, err := barcode.Scale(code, modules*qrModule, modules*qrModule)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, withQuietZone(scaled, qrQuiet*qrModule)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
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
