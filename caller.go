package nodkey

import (
	"net/netip"
	"time"
)

// Caller is who calls the domain, and from where. Doors make anonymous ones; only the domain itself turns one into a
// session's or a phone's, after checking the cookie or the proof, so no door can claim to be somebody.
type Caller struct {
	Source  netip.Addr // the client's address, after trusted proxies
	Agent   string     // "Firefox, Windows": browser and system in no language, to be kept
	With    string     // the same in words, for what is shown at once; empty: Agent serves
	Browser Token      // the cookie of a browser that signed in before; may be empty
	Locale  string     // BCP 47

	session  *Session
	key      *Key
	proof    usedProof
	operator string

	application *Application
	door        Door // that it came through
}

type usedProof struct {
	jti   string
	until time.Time
}

// Operator is somebody with the machine in their hands: the command line on the server.
func Operator(name string) Caller { return Caller{operator: name} }

// Session gives the caller's session, nil when the caller has none.
func (c Caller) Session() *Session { return c.session }

// KeyID gives the calling phone's key, empty when the caller is no phone.
func (c Caller) KeyID() KeyID {
	if c.key == nil {
		return ""
	}
	return c.key.ID
}

// Application gives the application that calls, the zero one when the caller is none.
func (c Caller) Application() Application {
	if c.application == nil {
		return Application{}
	}
	return *c.application
}

// as is the caller with the application that it has proved to be, at a door.
func (c Caller) as(a Application, door Door) Caller {
	c.application, c.door = &a, door
	return c
}

// asApplication requires an application.
func (c Caller) asApplication() (Application, error) {
	if c.application == nil {
		return Application{}, fail(Unauthenticated, "application.wrong")
	}
	return *c.application, nil
}

// actor is how the audit log names the caller.
func (c Caller) actor() string {
	switch {
	case c.operator != "":
		return "operator:" + c.operator
	case c.key != nil:
		return "key:" + string(c.key.ID)
	case c.session != nil:
		return "session:" + string(c.session.ID)
	case c.application != nil:
		return "application:" + string(c.application.ID)
	}
	return "anonymous"
}

// with is what the caller uses, in words.
func (c Caller) with() string {
	if c.With == "" {
		return c.Agent
	}
	return c.With
}

// address is the source for people and the audit log; empty when unknown.
func (c Caller) address() string {
	if !c.Source.IsValid() {
		return ""
	}
	return c.Source.Unmap().String()
}

// prefix is the source as limits count it: an IPv4 address, or the /64 of an IPv6 address, which one customer usually has whole.
// What an application says of where the person is counts for that application alone, or it could have everybody there slowed down; one
// that says nothing counts by itself.
func (c Caller) prefix() string {
	addr := c.Source.Unmap()
	if !addr.IsValid() && c.application != nil {
		return ofApplication + string(c.application.ID)
	}
	if !addr.IsValid() {
		return "none"
	}
	said := ""
	if c.application != nil {
		said = "said by " + string(c.application.ID) + " "
	}
	if addr.Is4() {
		return said + addr.String()
	}
	p, _ := addr.WithZone("").Prefix(64) // 64 bits always fit an IPv6 address
	return said + p.Masked().String()
}

// ofApplication begins the prefix of callers who are known by their application alone.
const ofApplication = "application:"

// withSession requires a session of at least this level.
func (c Caller) withSession(level Level) (*Session, error) {
	if c.session == nil {
		return nil, fail(Unauthenticated, "session.none")
	}
	if level == Full && c.session.Level != Full {
		return nil, fail(Refused, "session.restricted")
	}
	return c.session, nil
}

func (c Caller) asOperator() error {
	if c.operator == "" {
		return fail(Refused, "operator.only")
	}
	return nil
}
