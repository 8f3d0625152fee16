package portal

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
)

// repairAfter is how long a test notification may take before the page says what to look at.
const repairAfter = 30 * time.Second

// pushTestShown is how long after it a test's own page still shows it.
const pushTestShown = 10 * time.Minute

// phoneTestAsk lets a person choose between the two tests of a phone.
func (d *Door) phoneTestAsk(x *exchange) error {
	k, _, err := d.own(x)
	if err != nil {
		return err
	}
	if err := mayChange(x); err != nil {
		return err
	}
	if k.State != nodkey.KeyActive {
		return d.leave(x, "/security", "")
	}
	delivery, err := d.deliveryOf(x, k)
	if err != nil {
		return err
	}
	return d.show(x, http.StatusOK, "test_phone", TestPhoneView{Page: d.page(x), KeyID: string(k.ID), Name: k.Phone.Name, Delivery: delivery})
}

// ways are the channels in words.
var ways = map[string]string{nodkey.ChannelWebPush: "delivery.webpush", nodkey.ChannelNtfy: "delivery.ntfy", nodkey.ChannelWebhook: "delivery.webhook"}

// deliveryOf says how messages reach a phone.
func (d *Door) deliveryOf(x *exchange, k nodkey.Key) (*DeliveryView, error) {
	if k.State != nodkey.KeyActive {
		return nil, nil
	}
	state, err := d.services.Keys.PushStateOf(x.r.Context(), x.caller, k.ID)
	if err != nil {
		return nil, err
	}
	v := &DeliveryView{}
	var names []string
	for _, c := range state.Channels {
		names = append(names, x.say.T(ways[c.Channel], nil))
		v.Failing = v.Failing || c.Failing
	}
	v.Ways = strings.Join(names, ", ")
	if t := state.Test; t != nil {
		v.Last = lastTest(*t, d.now(), x.say)
	}
	return v, nil
}

// lastTest says when a phone was last sent a test notification, and what became of it.
func lastTest(t nodkey.PushTest, now time.Time, say *i18n.Localizer) *Sentence {
	args := map[string]any{"When": say.Moment(t.AskedAt, now)}
	switch {
	case !t.ReceivedAt.IsZero():
		args["Took"] = say.Precisely(t.ReceivedAt.Sub(t.AskedAt))
		return &Sentence{Key: "delivery.arrived", Args: args}
	case now.Sub(t.AskedAt) < nodkey.PushTestLife:
		return &Sentence{Key: "delivery.under_way", Args: args}
	}
	return &Sentence{Key: "delivery.missing", Args: args}
}

// pushTest sends a test notification.
func (d *Door) pushTest(x *exchange) error {
	id := nodkey.KeyID(x.r.PathValue("id"))
	_, err := d.services.Approvals.AskPushTest(x.r.Context(), x.caller, id)
	if nodkey.HasKey(err, "push.off") || nodkey.HasKey(err, "push.none") {
		return d.leave(x, "/phones/"+string(id)+"/test", "") // which says that there is none
	}
	if err != nil {
		return err
	}
	return d.leave(x, "/phones/"+string(id)+"/notify-test", "")
}

// pushTestShow shows what became of a test notification.
func (d *Door) pushTestShow(x *exchange) error {
	k, _, err := d.own(x)
	if err != nil {
		return err
	}
	if err := mayChange(x); err != nil {
		return err
	}
	state, err := d.services.Keys.PushStateOf(x.r.Context(), x.caller, k.ID)
	if err != nil {
		return err
	}
	now := d.clock.Now()
	if state.Test == nil || now.Sub(state.Test.AskedAt) > pushTestShown {
		return d.leave(x, "/phones/"+string(k.ID)+"/test", "")
	}
	t := *state.Test
	phase := phaseOf(state, now)
	v := PushTestView{Page: d.page(x), KeyID: string(k.ID), Name: k.Phone.Name, Phase: phase, Elapsed: now.Sub(t.AskedAt)}
	if !t.ReceivedAt.IsZero() {
		v.Took = x.say.Precisely(t.ReceivedAt.Sub(t.AskedAt))
	}
	taken := Step{Text: StepTaking, Mark: StepAhead}
	if !t.AcceptedAt.IsZero() {
		taken = Step{Text: StepTaken, At: x.say.Clock(t.AcceptedAt.Local()), Mark: StepDone}
	}
	v.Steps = []Step{{Text: StepTestMade, At: x.say.Clock(t.AskedAt.Local()), Mark: StepDone}, taken, {Text: StepAwaited, Phone: k.Phone.Name, Mark: StepNow}}
	if phase != PushWaiting && phase != PushArrived {
		v.Repairs = repairs(k.Phone.Platform)
	}
	path := "/phones/" + string(k.ID) + "/notify-test"
	s := stateOfPushTest(state, now)
	v.Live = Live{Stream: path + "/stream", Poll: path + "/state", Version: s.Version, Progress: s.Progress, Next: path}
	v.Return = path
	return d.show(x, http.StatusOK, "push_test", v)
}

// phaseOf tells where a test notification stands.
func phaseOf(state nodkey.PushState, now time.Time) PushPhase {
	t := *state.Test
	switch waited := now.Sub(t.AskedAt); {
	case !t.ReceivedAt.IsZero() && t.ReceivedAt.Sub(t.AskedAt) <= repairAfter:
		return PushArrived
	case !t.ReceivedAt.IsZero():
		return PushLate
	case refused(state), waited >= repairAfter && t.AcceptedAt.IsZero():
		return PushUnsent
	case waited >= repairAfter:
		return PushSilent
	}
	return PushWaiting
}

// refused tells whether nobody is left who may still take the test notification.
func refused(state nodkey.PushState) bool {
	if !state.Test.AcceptedAt.IsZero() {
		return false
	}
	for _, c := range state.Channels {
		if c.RefusedAt.Before(state.Test.AskedAt) {
			return false
		}
	}
	return true
}

// repairs are what a person can look at on a phone: keys of the catalogues.
func repairs(p nodkey.Platform) []string {
	all := []string{"delivery.repair_open"}
	switch p {
	case nodkey.Android:
		return append(all, "help.notify_android_1", "help.notify_android_2", "help.notify_android_3", "help.notify_android_4")
	case nodkey.IOS:
		return append(all, "help.notify_iphone_1", "help.notify_iphone_2", "help.notify_iphone_3", "help.notify_iphone_4", "help.notify_iphone_5")
	}
	return all
}

// stateOfPushTest is what its page is told. It is over once the phone has spoken, or can no longer.
func stateOfPushTest(state nodkey.PushState, now time.Time) State {
	if state.Test == nil {
		return State{State: "gone", Version: "gone", over: true}
	}
	t := *state.Test
	phase := phaseOf(state, now)
	s := State{State: string(phase), Version: string(t.ApprovalID) + "/" + string(phase), over: !t.ReceivedAt.IsZero() || now.Sub(t.AskedAt) >= nodkey.PushTestLife}
	if !t.AcceptedAt.IsZero() {
		s.Progress = "taken"
	}
	for _, after := range []time.Duration{repairAfter, nodkey.PushTestLife} {
		if left := after - now.Sub(t.AskedAt); left > 0 && s.turns == 0 {
			s.turns = left
		}
	}
	return s
}

func (d *Door) pushTestStream(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	id, caller := nodkey.KeyID(x.r.PathValue("id")), x.caller
	state, err := d.services.Keys.PushStateOf(x.r.Context(), caller, id)
	if err != nil {
		return err
	}
	topics := []string{d.services.Activations.Topic(caller)}
	if state.Test != nil {
		topics = append(topics, d.services.Approvals.Topic(state.Test.ApprovalID))
	}
	return d.stream(x, string(caller.Session().ID), topics, func(ctx context.Context) (State, error) {
		state, err := d.services.Keys.PushStateOf(ctx, caller, id)
		return stateOfPushTest(state, d.clock.Now()), err
	})
}

func (d *Door) pushTestState(x *exchange) error {
	if err := mayChange(x); err != nil {
		return err
	}
	state, err := d.services.Keys.PushStateOf(x.r.Context(), x.caller, nodkey.KeyID(x.r.PathValue("id")))
	if err != nil {
		return err
	}
	return d.state(x, stateOfPushTest(state, d.clock.Now()))
}

// notificationsHelp tells what to do when no notification comes.
func (d *Door) notificationsHelp(x *exchange) error {
	return d.show(x, http.StatusOK, "notifications", NotificationsHelpView{d.page(x)})
}
