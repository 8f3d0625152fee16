package nodkey_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"pgregory.net/rapid"
)

// attempt is one browser's sign-in as the test believes it to be.
type attempt struct {
	browser   *nodkeytest.Browser
	request   nodkeytest.Statement // of the moment
	asked     []*nodkeytest.PhoneKey
	past      []nodkeytest.Statement // requests before it
	number    string
	state     nodkey.SignInState   // choosing has no request
	by        *nodkeytest.PhoneKey // who said yes
	expires   time.Time            // of the sign-in
	collected bool
}

// signingIn is what the machine knows of one user with two phones.
type signingIn struct {
	house
	*person
	keys     []*nodkeytest.PhoneKey
	active   map[*nodkeytest.PhoneKey]bool
	attempts []*attempt
	policy   string // which phones are asked
	decided  int    // approvals that were decided, so many audit rows there must be
}

func TestSignInsHoldInEveryOrder(t *testing.T) {
	houses := map[string]house{}
	policies := []string{nodkey.DevicesChoose, nodkey.DevicesChooseOrAll, nodkey.DevicesAll}
	for _, devices := range policies {
		houses[devices] = start(t, func(p *nodkey.Policy) {
			p.SessionLife, p.SessionIdle, p.Devices = 100*time.Hour, 100*time.Hour, devices
		})
	}
	rapid.Check(t, func(rt *rapid.T) {
		devices := rapid.SampledFrom(policies).Draw(rt, "devices")
		h := houses[devices]
		p := h.join(rt)
		second := p.addPhone(rt, p.enter(rt), "Pixel 9")
		h.Clock.Advance(time.Hour)
		m := &signingIn{house: h, person: p, policy: devices, keys: []*nodkeytest.PhoneKey{p.key, second},
			active: map[*nodkeytest.PhoneKey]bool{p.key: true, second: true}, decided: 2}
		rt.Repeat(map[string]func(*rapid.T){
			"": m.check, "begin": m.begin, "begin again": m.begin, "choose": m.choose, "choose now": m.choose, "late": m.late, "yes": m.yes, "yes by biometric": m.biometric, "no": m.no,
			"wrong number": m.wrongNumber, "wrong PIN": m.wrongPIN, "cancel": m.cancel, "again": m.again, "finish": m.finish,
			"collect": m.finish, "remove": m.remove, "unlock": m.unlock, "time": m.time, "tick": m.tick,
		})
	})
}

func (m *signingIn) begin(rt *rapid.T) {
	m.house.Clock.Advance(time.Second)
	b := m.NewBrowser(m.address())
	err := b.Begin(m.ctx, m.name, password)
	if err != nil {
		if m.anyActive() && !nodkey.HasKey(err, "sign_in.slow") {
			rt.Fatalf("begin: %v", err)
		}
		return
	}
	if b.SignIn == "" || !m.anyActive() {
		rt.Fatal("let in without a phone")
	}
	a := &attempt{browser: b, state: nodkey.SignInChoosing, expires: m.house.Clock.Now().Add(nodkey.SignInLife)}
	if m.policy == nodkey.DevicesAll || len(m.activeKeys()) == 1 {
		m.asked(rt, a, m.activeKeys())
	}
	m.attempts = append(m.attempts, a)
}

func (m *signingIn) activeKeys() (active []*nodkeytest.PhoneKey) {
	for _, k := range m.keys {
		if m.active[k] {
			active = append(active, k)
		}
	}
	return active
}

func (m *signingIn) anyActive() bool { return m.active[m.keys[0]] || m.active[m.keys[1]] }

// asked notes the request that has just been made, and that these phones and no others have it.
func (m *signingIn) asked(rt *rapid.T, a *attempt, keys []*nodkeytest.PhoneKey) {
	w, err := a.browser.Wait(m.ctx)
	if err != nil || w.State != nodkey.SignInPending || w.Number == "" {
		rt.Fatalf("the waiting page: %+v, %v", w, err)
	}
	if a.request.ID != "" {
		a.past = append(a.past, a.request)
	}
	a.number, a.state, a.asked = w.Number, nodkey.SignInPending, keys
	for _, k := range m.keys {
		if !m.active[k] {
			continue
		}
		list, err := k.Open(m.ctx)
		if err != nil {
			rt.Fatal(err)
		}
		i := slices.IndexFunc(list, func(s nodkeytest.Statement) bool { return s.ID == string(w.Request) })
		if has := i >= 0; has != slices.Contains(keys, k) {
			rt.Fatalf("a phone is asked: %v", has)
		}
		if i >= 0 {
			a.request = list[i]
		}
	}
	if a.request.ID != string(w.Request) || len(a.request.Keys) != len(keys) {
		rt.Fatalf("the request names %d keys, not %d", len(a.request.Keys), len(keys))
	}
}

// open tells whether an attempt's request can still be decided.
func (m *signingIn) open(a *attempt) bool {
	return a.state == nodkey.SignInPending && m.house.Clock.Now().UnixMilli() < a.request.Exp
}

func (m *signingIn) pick(rt *rapid.T) (*attempt, *nodkeytest.PhoneKey, bool) {
	if len(m.attempts) == 0 {
		return nil, nil, false
	}
	m.house.Clock.Advance(time.Millisecond) // no two decisions are the same
	return m.attempts[rapid.IntRange(0, len(m.attempts)-1).Draw(rt, "attempt")], m.keys[rapid.IntRange(0, 1).Draw(rt, "key")], true
}

// decide sends an answer and checks what becomes of it.
func (m *signingIn) decide(rt *rapid.T, answer func(*attempt) nodkeytest.Answer, state nodkey.SignInState, yes bool) {
	a, k, ok := m.pick(rt)
	if !ok {
		return
	}
	got, err := k.Answer(m.ctx, a.request, answer(a))
	may := m.open(a) && (m.active[k] || !yes && m.suspended(rt, k)) && m.named(a, k)
	if (err == nil) != may {
		rt.Fatalf("decided: %+v, %v; it may: %v", got, err, may)
	}
	if err != nil {
		return
	}
	m.decided++
	a.state = state
	if string(state) != got.State {
		rt.Fatalf("%q, not %q", got.State, state)
	}
	if state == nodkey.SignInApproved {
		a.by = k
	}
}

func (m *signingIn) suspended(rt *rapid.T, k *nodkeytest.PhoneKey) bool {
	r, err := k.Receipt(m.ctx)
	if err != nil {
		rt.Fatal(err)
	}
	return r.State == "suspended"
}

func (m *signingIn) named(a *attempt, k *nodkeytest.PhoneKey) bool {
	for _, id := range a.request.Keys {
		if id == k.ID {
			return true
		}
	}
	return false
}

func (m *signingIn) yes(rt *rapid.T) {
	m.decide(rt, func(a *attempt) nodkeytest.Answer { return nodkeytest.Answer{PIN: pin, Number: a.number} }, nodkey.SignInApproved, true)
}

func (m *signingIn) biometric(rt *rapid.T) {
	a, _, ok := m.pick(rt)
	if !ok || m.keys[0].Authenticator == nil {
		return
	}
	k := m.keys[0] // the only one that has it
	got, err := k.Answer(m.ctx, a.request, nodkeytest.Answer{Number: a.number})
	if may := m.open(a) && m.active[k] && m.named(a, k); (err == nil) != may {
		rt.Fatalf("decided: %+v, %v; it may: %v", got, err, may)
	}
	if err == nil {
		m.decided++
		a.state, a.by = nodkey.SignInApproved, k
	}
}

func (m *signingIn) no(rt *rapid.T) {
	m.decide(rt, func(*attempt) nodkeytest.Answer { return nodkeytest.Answer{No: "mistake"} }, nodkey.SignInDenied, false)
}

func (m *signingIn) wrongNumber(rt *rapid.T) {
	m.decide(rt, func(a *attempt) nodkeytest.Answer { return nodkeytest.Answer{PIN: pin, Number: "x" + a.number} }, nodkey.SignInDenied, true)
}

func (m *signingIn) wrongPIN(rt *rapid.T) {
	a, k, ok := m.pick(rt)
	if !ok {
		return
	}
	for range rapid.IntRange(1, 5).Draw(rt, "times") {
		_, err := k.Answer(m.ctx, a.request, nodkeytest.Answer{PIN: "9999", Number: a.number})
		if err == nil {
			rt.Fatal("a wrong PIN")
		}
		if nodkey.HasKey(err, "key.suspended") {
			m.active[k] = false
		}
	}
}

func (m *signingIn) cancel(rt *rapid.T) {
	a, _, ok := m.pick(rt)
	if !ok {
		return
	}
	if err := m.SignIns.Cancel(m.ctx, a.browser.Anonymous(), a.browser.SignIn); err != nil {
		rt.Fatal(err)
	}
	w, err := a.browser.Wait(m.ctx)
	if err != nil {
		rt.Fatal(err)
	}
	switch a.state {
	case nodkey.SignInPending:
		if w.State == nodkey.SignInExpired && !m.open(a) { // its end was written down before
			return
		}
		a.state = nodkey.SignInCancelled
	case nodkey.SignInApproved, nodkey.SignInChoosing:
		a.state = nodkey.SignInCancelled
	}
}

func (m *signingIn) again(rt *rapid.T) {
	a, _, ok := m.pick(rt)
	if !ok {
		return
	}
	m.house.Clock.Advance(time.Second)
	same := m.activeKeys()
	if m.policy != nodkey.DevicesAll {
		same = slices.DeleteFunc(same, func(k *nodkeytest.PhoneKey) bool { return !slices.Contains(a.asked, k) })
	}
	if len(same) == 0 && len(m.activeKeys()) == 1 {
		same = m.activeKeys()
	}
	may := a.state == nodkey.SignInPending && !m.open(a) && m.house.Clock.Now().Before(a.expires) && len(same) > 0
	err := m.SignIns.Again(m.ctx, a.browser.Anonymous(), a.browser.SignIn)
	if (err == nil) != may {
		rt.Fatalf("again: %v; it may: %v", err, may)
	}
	if err == nil {
		m.asked(rt, a, same)
	}
}

// finish collects in two tabs.
func (m *signingIn) finish(rt *rapid.T) {
	a, _, ok := m.pick(rt)
	if !ok {
		return
	}
	may := a.state == nodkey.SignInApproved && !a.collected && m.active[a.by] && m.house.Clock.Now().Before(a.expires)
	first, second := *a.browser, *a.browser
	err := first.Finish(m.ctx)
	if (err == nil) != may {
		rt.Fatalf("collecting: %v; it may: %v", err, may)
	}
	if err := second.Finish(m.ctx); err == nil {
		rt.Fatal("collected twice")
	}
	if err != nil {
		return
	}
	a.state, a.collected, a.browser.Session = nodkey.SignInDone, true, first.Session
	s := callerOf(rt, &first).Session()
	if s == nil || s.UserID != m.id || s.Level != nodkey.Full || string(s.KeyID) != a.by.ID || string(s.ApprovalID) != a.request.ID {
		rt.Fatalf("%+v", s)
	}
}

func (m *signingIn) remove(rt *rapid.T) {
	if rapid.IntRange(0, 3).Draw(rt, "really") > 0 {
		return
	}
	k := m.keys[rapid.IntRange(0, 1).Draw(rt, "key")]
	c, err := k.Caller(m.ctx)
	if err != nil {
		rt.Fatal(err)
	}
	_ = m.Keys.RemoveOwn(m.ctx, c) // which says that it is gone the second time
	m.active[k] = false
	for _, a := range m.attempts {
		if a.by == k && a.collected && callerOf(rt, a.browser).Session() != nil {
			rt.Fatal("a session of a removed key")
		}
	}
}

func (m *signingIn) unlock(rt *rapid.T) {
	if _, err := m.Users.Unlock(m.ctx, m.Desk(), m.name); err != nil {
		rt.Fatal(err)
	}
	for _, k := range m.keys {
		r, err := k.Receipt(m.ctx)
		if err != nil {
			rt.Fatal(err)
		}
		m.active[k] = r.State == "active"
	}
}

func (m *signingIn) time(rt *rapid.T) {
	m.house.Clock.Advance(time.Duration(rapid.SampledFrom([]int{1, 60, 179, 180, 600}).Draw(rt, "seconds")) * time.Second)
}

func (m *signingIn) tick(rt *rapid.T) {
	if err := m.Upkeep.Tick(m.ctx); err != nil {
		rt.Fatal(err)
	}
}

// check holds after every step: every page shows what the model believes, and every decision has its audit row.
func (m *signingIn) check(rt *rapid.T) {
	for _, a := range m.attempts {
		w, err := a.browser.Wait(m.ctx)
		if err != nil {
			rt.Fatal(err)
		}
		want := a.state
		late := !m.house.Clock.Now().Before(a.expires)
		if want == nodkey.SignInPending && !m.open(a) || want == nodkey.SignInChoosing && late {
			want = nodkey.SignInExpired
		}
		if w.State != want || (w.Number != "") != (want == nodkey.SignInPending) {
			rt.Fatalf("the page says %s with %q, it is %s", w.State, w.Number, want)
		}
		offered := want == nodkey.SignInChoosing || m.policy != nodkey.DevicesAll && len(m.activeKeys()) == 2 &&
			(want == nodkey.SignInPending || want == nodkey.SignInExpired && !late && a.request.ID != "")
		if n := len(w.Choices); offered && n != len(m.activeKeys()) || !offered && n > 0 {
			rt.Fatalf("%d phones to choose from, of %d; %s", n, len(m.activeKeys()), want)
		}
		for _, c := range w.Choices {
			if !slices.ContainsFunc(m.activeKeys(), func(k *nodkeytest.PhoneKey) bool { return k.ID == string(c.KeyID) }) {
				rt.Fatal("a phone to choose that is not active")
			}
		}
		if a.state != nodkey.SignInApproved && a.state != nodkey.SignInDone && a.browser.Session != "" {
			rt.Fatal("a session without a yes")
		}
	}
	rows := len(m.actions(rt, m.id, "approval.approved")) + len(m.actions(rt, m.id, "approval.denied"))
	if rows != m.decided {
		rt.Fatalf("%d audit rows of %d decisions", rows, m.decided)
	}
}
