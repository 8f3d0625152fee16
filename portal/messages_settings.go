package portal

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/nodkey/nodkey"
)

// settingsShow shows the reader's settings.
func (d *Door) settingsShow(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	s, err := d.services.Messages.Settings(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	v := SettingsView{Quiet: s.QuietFrom != s.QuietTo, From: "22:00", To: "07:00", Guess: s.Zone == "" && s.QuietFrom == s.QuietTo}
	if v.Quiet {
		v.From, v.To = clockOf(s.QuietFrom), clockOf(s.QuietTo)
	}
	return d.settingsPage(x, http.StatusOK, s, v)
}

// settingsSave keeps what was chosen.
func (d *Door) settingsSave(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	in, err := x.form("first", "second", "delivery", "quiet_from", "quiet_to", "zone")
	if err != nil {
		return err
	}
	changed, err := d.switched(x)
	if err != nil {
		return err
	}
	on := func(name string) bool { return x.r.PostForm.Get(name) != "" }
	s := nodkey.MessageSettings{First: in["first"], Second: in["second"], Delivery: nodkey.SummaryDelivery(in["delivery"]), Account: on("account"),
		Announcements: on("announcements"), Reminders: on("reminders"), Zone: in["zone"]}
	v := SettingsView{Quiet: on("quiet"), From: in["quiet_from"], To: in["quiet_to"]}
	if changed {
		return d.settingsPage(x, http.StatusOK, s, v)
	}
	if v.Quiet {
		var ok1, ok2 bool
		s.QuietFrom, ok1 = minuteOf(v.From)
		s.QuietTo, ok2 = minuteOf(v.To)
		if !ok1 || !ok2 || s.QuietFrom == s.QuietTo {
			v.Problem = &Problem{Field: "quiet_to", Text: Sentence{Key: "message_settings.quiet_wrong"}}
			return d.settingsPage(x, http.StatusBadRequest, s, v)
		}
	}
	var off []nodkey.MessageKind
	if x.r.PostForm.Has("security") && !on("security") { // the page has no way to say so
		off = append(off, nodkey.MessageSecurity)
	}
	if err := d.services.Messages.SaveSettings(x.r.Context(), x.caller, s, off...); err != nil {
		p, status, ok := problem(err, nil)
		if !ok {
			return err
		}
		v.Problem = p
		return d.settingsPage(x, status, s, v)
	}
	return d.leave(x, messageSettings, "toast.settings_saved")
}

// settingsPage fills in what v does not say yet.
func (d *Door) settingsPage(x *exchange, status int, s nodkey.MessageSettings, v SettingsView) error {
	v.Page = d.page(x).with("settings-form")
	v.Saved = v.Toast != nil && v.Toast.Key == "toast.settings_saved"
	v.Account, v.Announcements, v.Reminders = s.Account, s.Announcements, s.Reminders
	name := func(tag string) string { return languageNames[tag] }
	v.First = options(x, nodkey.Languages(), s.First, name)[1:]
	v.Second = options(x, nodkey.Languages(), s.Second, name)
	v.Second[0].Text = x.say.T("message_settings.no_second", nil)
	v.Zone = zoneOptions(x, s.Zone)
	var err error
	if v.Contacts, err = d.contactRows(x); err != nil {
		return err
	}
	email, phone := v.Contacts[0], v.Contacts[1]
	closed := d.closedWays(v.Contacts)
	v.Contacts = slices.DeleteFunc(v.Contacts, func(r ContactRow) bool { return r.Have == "" && closed[r.Way.Name] })
	for _, c := range []struct {
		delivery nodkey.SummaryDelivery
		title    string
		to       []ContactRow
	}{
		{nodkey.DeliverCentre, "message_settings.centre", nil}, {nodkey.DeliverEmail, "message_settings.email", []ContactRow{email}},
		{nodkey.DeliverSMS, "message_settings.sms", []ContactRow{phone}}, {nodkey.DeliverBoth, "message_settings.both", []ContactRow{email, phone}},
	} {
		choice := DeliveryChoice{Value: string(c.delivery), Title: c.title, Text: deliveryText(c.to), Chosen: c.delivery == s.Delivery}
		for _, row := range c.to {
			if closed[row.Way.Name] && !choice.Closed {
				choice.Closed, choice.Text = true, Sentence{Key: deliveryWords[row.Way.Name].closed}
			}
			if row.Have != "" || choice.Closed {
				continue
			}
			if choice.Missing = true; choice.Chosen {
				v.Missing = append(v.Missing, row)
			}
		}
		v.Delivery = append(v.Delivery, choice)
	}
	return d.show(x, status, "message_settings", v)
}

// languageNames are the names of the languages of messages, in the language of the page: keys of the catalogues.
var languageNames = map[string]string{"en": "message_settings.lang_en", "de": "message_settings.lang_de", "ja": "message_settings.lang_ja"}

// deliveryWords are the keys of what is said of a way, by its name.
var deliveryWords = map[string]struct{ to, missing, closed string }{
	contactEmail.Name: {"message_settings.to_email", "message_settings.missing_email", "message_settings.closed_email"},
	contactPhone.Name: {"message_settings.to_phone", "message_settings.missing_phone", "message_settings.closed_phone"},
}

// closedWays are those by which nothing leaves here, by name.
func (d *Door) closedWays(rows []ContactRow) map[string]bool {
	open := d.services.Contacts.Channels()
	closed := map[string]bool{}
	for _, r := range rows {
		closed[r.Way.Name] = !slices.Contains(open, channelOf(r.Way))
	}
	return closed
}

// deliveryText says where summaries go, or that there is nowhere to send them to.
func deliveryText(to []ContactRow) Sentence {
	switch {
	case len(to) == 0:
		return Sentence{Key: "message_settings.centre_text"}
	case slices.ContainsFunc(to, func(r ContactRow) bool { return r.Have == "" }):
		for _, r := range to {
			if r.Have == "" {
				return Sentence{Key: deliveryWords[r.Way.Name].missing}
			}
		}
	case len(to) == 2:
		return Sentence{Key: "message_settings.both_text", Args: map[string]any{"Email": to[0].Have, "Phone": to[1].Have}}
	}
	return Sentence{Key: deliveryWords[to[0].Way.Name].to, Args: map[string]any{"Hint": to[0].Have}}
}

func zoneOptions(x *exchange, chosen string) []Option {
	list := zones
	if chosen != "" && !slices.Contains(zones, chosen) {
		list = append([]string{chosen}, zones...)
	}
	out := []Option{{Text: x.say.T("message_settings.utc", nil), Chosen: chosen == ""}}
	for _, zone := range list {
		out = append(out, Option{Value: zone, Text: zone, Chosen: zone == chosen})
	}
	return out
}

// clockOf writes a minute of the day as a field for times has it: "22:00".
func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// minuteOf reads what such a field sends; some browsers add seconds.
func minuteOf(clock string) (int, bool) {
	if len(clock) > 5 {
		clock = clock[:5]
	}
	t, err := time.Parse("15:04", clock)
	return t.Hour()*60 + t.Minute(), err == nil
}
