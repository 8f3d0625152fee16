package nodkey_test

import (
	"slices"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest"
	"pgregory.net/rapid"
)

// choose picks one phone or all of them, from a page of now or an older one.
func (m *signingIn) choose(rt *rapid.T) {
	a, k, ok := m.pick(rt)
	if !ok {
		return
	}
	instead, chosen, id := a.request.ID, []*nodkeytest.PhoneKey{k}, k.ID
	if len(a.past) > 0 && rapid.IntRange(0, 3).Draw(rt, "stale") == 0 {
		instead = a.past[0].ID
	}
	if rapid.IntRange(0, 3).Draw(rt, "all") == 0 {
		chosen, id = m.activeKeys(), ""
	}
	waits := a.state == nodkey.SignInChoosing || a.state == nodkey.SignInPending
	may := waits && m.house.Clock.Now().Before(a.expires) && instead == a.request.ID && m.policy != nodkey.DevicesAll &&
		(id != "" && m.active[k] || id == "" && m.policy == nodkey.DevicesChooseOrAll && len(chosen) > 0)
	err := m.SignIns.Choose(m.ctx, a.browser.Anonymous(), a.browser.SignIn, nodkey.KeyID(id), nodkey.ApprovalID(instead))
	if may && nodkey.HasKey(err, "sign_in.slow") {
		return
	}
	if (err == nil) != may {
		rt.Fatalf("choosing: %v; it may: %v", err, may)
	}
	if err == nil && !(m.open(a) && slices.Equal(chosen, a.asked)) { // asked already: nothing changes
		m.asked(rt, a, chosen)
	}
}

// late answers a request that another took the place of: that decides nothing.
func (m *signingIn) late(rt *rapid.T) {
	a, k, ok := m.pick(rt)
	if !ok || len(a.past) == 0 {
		return
	}
	old := rapid.SampledFrom(a.past).Draw(rt, "old")
	for _, answer := range []nodkeytest.Answer{{PIN: pin, Number: a.number}, {No: "not_me"}} {
		if got, err := k.Answer(m.ctx, old, answer); err == nil {
			rt.Fatalf("decided after it was over: %+v", got)
		}
	}
}
