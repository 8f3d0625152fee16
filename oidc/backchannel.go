package oidc

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"time"

	connect "github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/nodkey/nodkey"
)

const (
	typLogout   = "logout+jwt" // OpenID Connect Back-Channel Logout 1.0 §2.4
	eventLogout = "http://schemas.openid.net/event/backchannel-logout"
	// logoutLife is how long a logout token is good: it is made anew for each try.
	logoutLife = 2 * time.Minute
)

// logoutToken is what an application is told of a session that has ended (OpenID Connect Back-Channel Logout 1.0 §2.4).
type logoutToken struct {
	Issuer   string              `json:"iss"`
	Subject  string              `json:"sub"`
	Audience string              `json:"aud"`
	IssuedAt connect.Time        `json:"iat"`
	Expires  connect.Time        `json:"exp"`
	ID       string              `json:"jti"`
	Events   map[string]struct{} `json:"events"`
	Session  string              `json:"sid,omitempty"`
}

// logoutCall tells an application that the browser's session which a grant came from has ended. Each try has a jti of its own: applications
// refuse one that they saw, and the answer to it may have been lost.
func (d *Door) logoutCall(ctx context.Context, c client, one nodkey.Callback) (*http.Request, error) {
	if c.settings.BackchannelLogoutURI == "" {
		return nil, nil
	}
	now := d.clock.Now()
	token, err := d.sign(ctx, c.settings.alg(), typLogout, logoutToken{Issuer: d.issuer(), Subject: string(one.User), Audience: string(c.ID), IssuedAt: connect.FromTime(now),
		Expires: connect.FromTime(now.Add(logoutLife)), ID: rand.Text(), Events: map[string]struct{}{eventLogout: {}}, Session: one.SID})
	if err != nil {
		return nil, err
	}
	return post(ctx, c.settings.BackchannelLogoutURI, "application/x-www-form-urlencoded", url.Values{"logout_token": {token}}.Encode())
}
