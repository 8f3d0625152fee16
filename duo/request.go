package duo

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// call is a request of an application that has proved to be one.
type call struct {
	caller    nodkey.Caller
	settings  Settings
	params    map[string]string
	signature []byte
	at        time.Time // its date; zero in the dialect of before

	user   string
	source netip.Addr // where the person is, as the application says
	with   string     // what they use there
}

// dateWindow is how far a request's date may be off.
const dateWindow = 5 * time.Minute

// read reads a request and proves whose it is. dated is false for the dialect of before, which has no date. Its errors are faults, or
// the domain's.
func (d *Door) read(r *http.Request, dated bool) (*call, error) {
	ctx := r.Context()
	if !dated && !web.ClientOf(ctx).Secure {
		return nil, faultTLS // it is signed with nothing that ages, so nobody may see it go by
	}
	key, signature, err := credentials(r.Header.Get("Authorization"))
	if err != nil {
		return nil, faultCredentials
	}
	var at time.Time
	s := signed{dated: dated, method: r.Method, path: r.URL.Path, hosts: d.hosts, headers: duoHeaders(r.Header)}
	if dated {
		s.date = dateOf(r.Header)
		if at, err = parseDate(s.date); err != nil {
			return nil, faultNoDate
		}
		if off := d.clock.Now().Sub(at); off > dateWindow || off < -dateWindow {
			return nil, faultDate
		}
	}
	list, err := s.readParams(r)
	if err != nil {
		return nil, err
	}
	id, err := d.directory.find(ctx, key)
	if err != nil {
		return nil, err
	}
	anonymous := nodkey.Caller{Source: web.ClientOf(ctx).Addr}
	c := &call{signature: signature, at: at}
	c.caller, err = d.applications.CallerBy(ctx, anonymous, id, nodkey.DoorDuo, func(secret []byte) bool { return s.verify(secret, signature) })
	if err != nil {
		return nil, err
	}
	raw, err := d.applications.Settings(c.caller)
	if err != nil {
		return nil, err
	}
	if c.settings, err = ParseSettings(raw); err != nil {
		return nil, err
	}
	if !dated && !c.settings.Legacy {
		return nil, faultLegacy
	}
	if c.params, err = named(list); err != nil {
		return nil, faultParams(err.Error())
	}
	return c, nil
}

// readParams reads query and body. All of the parameters are given back; those that are signed one by one are kept.
func (s *signed) readParams(r *http.Request) ([]param, error) {
	var err error
	if s.params, err = parseForm(r.URL.RawQuery); err != nil {
		return nil, faultParams(err.Error())
	}
	if s.body, err = io.ReadAll(r.Body); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, faultTooLarge
		}
		return nil, faultParams("the body broke off")
	}
	if len(s.body) == 0 {
		return s.params, nil
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost || err != nil:
		return nil, faultContentType
	case media == "application/x-www-form-urlencoded":
		form, err := parseForm(string(s.body))
		if err != nil {
			return nil, faultParams(err.Error())
		}
		s.params = append(s.params, form...)
		return s.params, nil
	case media == "application/json" && s.dated:
		s.json = true
		members, err := parseJSON(s.body)
		if err != nil {
			return nil, faultParams(err.Error())
		}
		return append(members, s.params...), nil
	}
	return nil, faultContentType
}

// about reads whom a call is about, and from where. The person's name is called differently in each dialect.
func (c *call) about(name string) error {
	if c.user = c.params[name]; c.user == "" {
		return faultMissing(name)
	}
	if addr, err := netip.ParseAddr(strings.TrimSpace(c.params["ipaddr"])); err == nil {
		c.source = addr.Unmap().WithZone("")
	}
	if c.with = brief(c.params["hostname"]); c.with == "" {
		c.with = brief(c.params["type"])
	}
	return nil
}

// async says that the client does not wait for the answer, and looks for it: what it is told meanwhile can be shown.
func (c *call) async() bool { return c.params["async"] == "1" }

// handler is what a route does with a call.
type handler func(ctx context.Context, c *call) (any, error)
