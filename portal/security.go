package portal

import (
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// securityShow lists what can sign in as the user, and what has.
func (d *Door) securityShow(x *exchange) error {
	keys, err := d.services.Keys.List(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	full := x.caller.Session().Level == nodkey.Full
	v := SecurityView{Page: d.page(x), Limit: d.KeyLimit, Asks: d.Asks.sentences(), MayAdd: full, MayChange: full}
	active := 0
	for _, k := range keys {
		if k.State == nodkey.KeyActive {
			active++
		}
	}
	for _, k := range keys {
		card := d.phoneCard(x, k, active)
		if card.Delivery, err = d.deliveryOf(x, k); err != nil {
			return err
		}
		if k.State == nodkey.KeyConfirm || k.State == nodkey.KeyApprove {
			v.Pending = append(v.Pending, card)
			continue
		}
		v.Phones = append(v.Phones, card)
	}
	if full {
		if err := d.history(x, &v, keys); err != nil {
			return err
		}
		if v.Contacts, err = d.contactRows(x); err != nil {
			return err
		}
	}
	return d.show(x, http.StatusOK, "security", v)
}

// history fills in browsers and past sign-ins.
func (d *Door) history(x *exchange, v *SecurityView, keys []nodkey.Key) error {
	now := d.now()
	sessions, err := d.services.Sessions.List(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		v.Browsers = append(v.Browsers, BrowserRow{SessionID: string(s.ID), Agent: agentName(x.say, web.ParseAgent(s.Agent)), Source: s.Source,
			Since: x.say.MomentWithin(s.CreatedAt, now), App: s.App, This: s.ID == x.caller.Session().ID})
	}
	signIns, err := d.services.Sessions.Past(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	names := map[nodkey.KeyID]string{}
	for _, k := range keys {
		names[k.ID] = k.Phone.Name
	}
	for _, s := range signIns {
		v.SignIns = append(v.SignIns, SignInRow{When: x.say.Moment(s.CreatedAt, now), From: s.Source, Agent: agentName(x.say, web.ParseAgent(s.Agent)),
			App: s.App, For: string(s.Asked), Phone: names[s.KeyID], Code: s.Factor == nodkey.FactorCode, Chip: SignInChip(s.State, s.Cause)})
	}
	return nil
}

func (d *Door) phoneCard(x *exchange, k nodkey.Key, active int) PhoneCard {
	card := PhoneCard{KeyID: string(k.ID), Name: k.Phone.Name, System: systemName(k.Phone), Factor: factorOf(k), Chip: PhoneChip(k.State),
		Told: told(k.Phone), Help: factorHelp(k), Active: k.State == nodkey.KeyActive, Last: active == 1 && k.State == nodkey.KeyActive}
	if !k.ActivatedAt.IsZero() {
		card.Activated = x.say.Date(k.ActivatedAt.Local())
	}
	if !k.LastUsedAt.IsZero() {
		card.LastNod = x.say.Moment(k.LastUsedAt, d.now())
	}
	return card
}

func factorOf(k nodkey.Key) Factor {
	switch {
	case k.HasPIN() && k.Credential != nil:
		return FactorBoth
	case k.Credential != nil:
		return FactorBiometric
	}
	return FactorPIN
}

// phoneAdd offers a further phone.
func (d *Door) phoneAdd(x *exchange) error {
	if s := x.caller.Session(); s != nil && s.Level != nodkey.Full {
		return d.leave(x, "/", "")
	}
	v := PhoneAddView{Page: d.page(x), Limit: d.KeyLimit}
	b, err := d.services.Activations.Current(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	if b.State == nodkey.BannerActive && d.now().Sub(b.Key.ActivatedAt) < nodkey.ActivationLife {
		return d.showActivated(x, *b.Key)
	}
	if b.State == nodkey.BannerActive || b.State == nodkey.BannerEnded && b.Key == nil {
		if b, err = d.services.Activations.Start(x.r.Context(), x.caller); nodkey.HasKey(err, "activation.limit") {
			return d.phonesFull(x, v)
		}
		if err != nil {
			return err
		}
	}
	v.Activation = d.activationView(b, false, "/security/add", nil)
	if v.Activation.State == ActivationOffer { // what comes after has a question of its own
		if v.Active, err = d.activePhones(x); err != nil {
			return err
		}
	}
	return d.show(x, http.StatusOK, "phone_add", v)
}

// showActivated says at home which phone became active just now.
func (d *Door) showActivated(x *exchange, k nodkey.Key) error {
	keys, err := d.services.Keys.List(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	v := HomeView{Page: d.page(x), Greeting: GreetingAt(d.now()), FirstName: firstName(x.user.DisplayName), Desk: d.Desk,
		Activated: d.activatedView(x, k), Phones: len(keys)}
	return d.show(x, http.StatusOK, "home", v)
}

// activePhones are the phones that a test request can be sent to.
func (d *Door) activePhones(x *exchange) ([]PhoneCard, error) {
	keys, err := d.services.Keys.List(x.r.Context(), x.caller)
	if err != nil {
		return nil, err
	}
	var cards []PhoneCard
	for _, k := range keys {
		if card := d.phoneCard(x, k, len(keys)); card.Active {
			cards = append(cards, card)
		}
	}
	return cards, nil
}

func (d *Door) phonesFull(x *exchange, v PhoneAddView) error {
	keys, err := d.services.Keys.List(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	v.Full = true
	for _, k := range keys {
		v.Phones = append(v.Phones, d.phoneCard(x, k, len(keys)))
	}
	return d.show(x, http.StatusOK, "phone_add", v)
}

// own gives one of the user's keys by the id in the path.
func (d *Door) own(x *exchange) (nodkey.Key, int, error) {
	keys, err := d.services.Keys.List(x.r.Context(), x.caller)
	if err != nil {
		return nodkey.Key{}, 0, err
	}
	for _, k := range keys {
		if string(k.ID) == x.r.PathValue("id") {
			return k, len(keys), nil
		}
	}
	return nodkey.Key{}, 0, &nodkey.Error{Kind: nodkey.NotFound, Key: "key.unknown"}
}

// phoneRemoveAsk is the question for browsers without script.
func (d *Door) phoneRemoveAsk(x *exchange) error {
	k, n, err := d.own(x)
	if err != nil {
		return err
	}
	return d.show(x, http.StatusOK, "confirm", ConfirmView{Page: d.page(x), Question: AskRemove, Name: k.Phone.Name,
		Action: "/phones/" + string(k.ID) + "/remove", Back: "/security", Last: n == 1})
}

// phoneRemove asks the user's phones whether this one may go.
func (d *Door) phoneRemove(x *exchange) error {
	asked, err := d.services.Keys.AskRemove(x.r.Context(), x.caller, nodkey.KeyID(x.r.PathValue("id")))
	if err != nil {
		return err
	}
	if asked == "" {
		return d.leave(x, "/security", "toast.phone_removed")
	}
	return d.leave(x, "/change", "")
}

// phoneDisownAsk is the question for browsers without script.
func (d *Door) phoneDisownAsk(x *exchange) error {
	k, _, err := d.own(x)
	if err != nil {
		return err
	}
	return d.show(x, http.StatusOK, "confirm", ConfirmView{Page: d.page(x), Question: AskDisown, Name: k.Phone.Name,
		Action: "/phones/" + string(k.ID) + "/not-mine", Back: "/"})
}

// phoneDisown undoes an activation.
func (d *Door) phoneDisown(x *exchange) error {
	if err := d.services.Activations.NotMine(x.r.Context(), x.caller, nodkey.KeyID(x.r.PathValue("id"))); err != nil {
		return err
	}
	return d.leave(x, "/", "toast.not_mine")
}

// phoneRenameAsk shows the form for another name.
func (d *Door) phoneRenameAsk(x *exchange) error {
	k, _, err := d.own(x)
	if err != nil {
		return err
	}
	return d.renameForm(x, http.StatusOK, k.ID, k.Phone.Name, nil)
}

func (d *Door) renameForm(x *exchange, status int, id nodkey.KeyID, name string, p *Problem) error {
	return d.show(x, status, "rename", RenameView{Page: d.page(x).with("rename-form"), KeyID: string(id), Name: name, Problem: p})
}

// phoneRename gives a phone another name.
func (d *Door) phoneRename(x *exchange) error {
	in, err := x.form("name")
	if err != nil {
		return err
	}
	id := nodkey.KeyID(x.r.PathValue("id"))
	if again, err := d.switched(x); err != nil {
		return err
	} else if again {
		if _, _, err := d.own(x); err != nil {
			return err
		}
		return d.renameForm(x, http.StatusOK, id, in["name"], nil)
	}
	err = d.services.Keys.Rename(x.r.Context(), x.caller, id, in["name"])
	if p, status, ok := problem(err, map[string]string{"phone.name": "name"}); ok && nodkey.HasKey(err, "phone.name") {
		return d.renameForm(x, status, id, in["name"], p)
	}
	if err != nil {
		return err
	}
	return d.leave(x, "/security", "toast.phone_renamed")
}

// browserEnd ends another session.
func (d *Door) browserEnd(x *exchange) error {
	id := nodkey.SessionID(x.r.PathValue("id"))
	if err := d.services.Sessions.End(x.r.Context(), x.caller, id); err != nil {
		return err
	}
	return d.leave(x, "/security", "toast.browser_ended")
}
