package nodkey

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"
)

// Ports is what the domain asks of the world.
type Ports struct {
	Store     Store
	Clock     Clock
	Bus       Bus
	Passwords Passwords
	JOSE      JOSE
	WebAuthn  WebAuthn
	Push      PushServices // nil: no Web Push
	Places    Places       // nil: nobody knows where addresses are
}

// Services are the domain's calls, grouped by what they are about. Doors take the groups they need.
type Services struct {
	Users       *Users
	Sessions    *Sessions
	SignIns     *SignIns
	Activations *Activations
	Keys        *Keys
	Approvals   *Approvals
	Audit       *Audit
	Upkeep      *Upkeep
	DataKeys    *DataKeys
	Outbox      *Outbox

	Messages      *Messages
	MessageDesk   *MessageDesk
	Announcements *Announcements
	Summaries     *Summaries
	Contacts      *Contacts
	Applications  *Applications
	SigningKeys   *SigningKeys
	Grants        *Grants
	Callbacks     *Callbacks
	Forwards      *Forwards
}

// base is what every service stands on.
type base struct {
	Ports
	site   Site
	policy Policy
	id     *identity
}

// Open makes the services on a store. At the first start it makes the installation's identity; rpID is the phone host
// and can never change. master is the key outside the database.
func Open(ctx context.Context, ports Ports, site Site, policy Policy, rpID string, master [32]byte) (*Services, error) {
	if err := CheckCategories(site.Categories); err != nil {
		return nil, err
	}
	id, err := openIdentity(ctx, ports, rpID, master)
	if err != nil {
		return nil, fmt.Errorf("opening the installation: %w", err)
	}
	counted := &countedStore{Store: ports.Store}
	ports.Store = counted
	b := &base{Ports: ports, site: site, policy: policy, id: id}
	id.newer = func() error {
		soon, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return b.loadDataKeys(soon)
	}
	approvals := &Approvals{base: b}
	sessions := &Sessions{base: b}
	signIns := &SignIns{base: b}
	applications := &Applications{base: b, signIns: signIns}
	grants := &Grants{base: b, applications: applications}
	return &Services{
		Users:       &Users{base: b},
		Sessions:    sessions,
		SignIns:     signIns,
		Activations: &Activations{base: b},
		Keys:        &Keys{base: b},
		Approvals:   approvals,
		Audit:       &Audit{base: b},
		Upkeep:      &Upkeep{base: b},
		DataKeys:    &DataKeys{base: b},
		Outbox:      &Outbox{base: b},

		Messages: &Messages{base: b}, MessageDesk: &MessageDesk{base: b}, Announcements: &Announcements{base: b},
		Summaries: &Summaries{base: b}, Contacts: &Contacts{base: b}, Applications: applications,
		SigningKeys: &SigningKeys{base: b},
		Grants:      grants, Callbacks: &Callbacks{base: b},
		Forwards: &Forwards{base: b, grants: grants, apps: applications, memory: &forwardMemory{store: counted}},
	}, nil
}

// now is the clock to the millisecond, which is what the store keeps.
func (b *base) now() time.Time { return b.Clock.Now().UTC().Truncate(time.Millisecond) }

// place is [Places.Place], where there is somebody to ask and something to ask about.
func (b *base) place(address netip.Addr, language string) (country, name string) {
	if b.Places == nil || !address.IsValid() {
		return "", ""
	}
	return b.Places.Place(address.Unmap(), language)
}

// record writes an audit row into the transaction of the change that it tells of. facts are pairs of name and value.
func (b *base) record(tx Tx, c Caller, now time.Time, action string, user UserID, subject string, facts ...any) error {
	detail := map[string]any{}
	for i := 0; i+1 < len(facts); i += 2 {
		detail[facts[i].(string)] = facts[i+1]
	}
	raw, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	return tx.AppendAudit(AuditRow{At: now, Action: action, UserID: user, Actor: c.actor(), Source: c.address(), Subject: subject, Detail: string(raw)})
}

// The topics of the bus.
func topicOfSignIn(id SignInID) string     { return "sign-in:" + string(id) }
func topicOfKey(id KeyID) string           { return "key:" + string(id) }
func topicOfApproval(id ApprovalID) string { return "approval:" + string(id) }
func topicOfActivations(u UserID) string   { return "activations:" + string(u) }

func topicsOfKeys(ids []KeyID) []string {
	topics := make([]string, len(ids))
	for i, id := range ids {
		topics[i] = topicOfKey(id)
	}
	return topics
}

func activeKeys(keys []Key) []Key {
	var active []Key
	for _, k := range keys {
		if k.State == KeyActive {
			active = append(active, k)
		}
	}
	return active
}
