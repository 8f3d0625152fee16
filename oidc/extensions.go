package oidc

import (
	"net/http"

	connect "github.com/zitadel/oidc/v3/pkg/oidc"
)

// The addresses of what extends OpenID Connect Core: pushed requests (RFC 9126), logout, and the backchannel (CIBA).
const (
	parPath           = "/oidc/par"
	logoutPath        = "/oidc/logout"
	logoutAnswerPath  = "/oidc/logout/answer"
	bcAuthorizePath   = "/oidc/bc-authorize"
	bcCodePath        = "/oidc/bc-code"
	deliveryPoll      = "poll"
	deliveryPing      = "ping"
	grantTypeCIBAName = connect.GrantType(grantCIBA)
)

// extraMetadata is what the library's type does not have.
type extraMetadata struct {
	PAREndpoint     string   `json:"pushed_authorization_request_endpoint,omitempty"` // RFC 9126 §5
	PromptValues    []string `json:"prompt_values_supported,omitempty"`
	BCEndpoint      string   `json:"backchannel_authentication_endpoint,omitempty"` // CIBA Core 1.0 §4
	BCDeliveryModes []string `json:"backchannel_token_delivery_modes_supported,omitempty"`
	BCUserCode      *bool    `json:"backchannel_user_code_parameter_supported,omitempty"`
	CodeEndpoint    string   `json:"nodkey_backchannel_code_endpoint,omitempty"` // docs/doors/ciba.md
}

// moreMetadata adds it.
func (d *Door) moreMetadata(m *metadata) {
	if d.OIDC {
		m.PAREndpoint, m.EndSessionEndpoint = d.at(parPath), d.at(logoutPath)
		m.BackChannelLogoutSupported, m.BackChannelLogoutSessionSupported = true, true
		m.PromptValues = []string{"none", "login", "consent", "select_account"}
	}
	if d.CIBA {
		no := false
		m.BCEndpoint, m.CodeEndpoint, m.BCUserCode = d.at(bcAuthorizePath), d.at(bcCodePath), &no
		m.BCDeliveryModes = []string{deliveryPoll, deliveryPing}
		m.GrantTypesSupported = append(m.GrantTypesSupported, grantTypeCIBAName)
	}
}

// moreRoutes are its addresses, those that the configuration opens.
func (d *Door) moreRoutes() []route {
	var list []route
	if d.OIDC {
		list = append(list,
			route{"POST " + parPath, d.program(d.par), true},
			route{"OPTIONS " + parPath, preflight, true},
			route{"GET " + logoutPath, d.logout, false},
			route{"POST " + logoutPath, d.logoutPosted, true},
			route{"POST " + logoutAnswerPath, d.logoutAnswered, false},
		)
	}
	if d.CIBA {
		list = append(list,
			route{"POST " + bcAuthorizePath, d.program(d.bcAuthorize), true},
			route{"POST " + bcCodePath, d.program(d.bcCode), true},
		)
	}
	return list
}

// goTo is a redirect after which a browser asks anew and without a body (RFC 9700 §4.12).
func goTo(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}
