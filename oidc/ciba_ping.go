package oidc

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/nodkey/nodkey"
)

// pingCall tells an application that one of its requests has ended, so that it asks the token endpoint (CIBA Core 1.0 §10.2). It does not
// say how. An application that polls, or for which it is too late, is told nothing.
func (d *Door) pingCall(ctx context.Context, c client, one nodkey.Callback) (*http.Request, error) {
	var with told
	if err := json.Unmarshal(one.Data, &with); err != nil {
		return nil, err
	}
	if c.settings.BackchannelTokenDeliveryMode != deliveryPing || !d.clock.Now().Before(one.CreatedAt.Add(nodkey.SignInLife)) {
		return nil, nil
	}
	body, err := json.Marshal(map[string]string{"auth_req_id": authReqID(one.Token, with.Scopes)})
	if err != nil {
		return nil, err
	}
	r, err := post(ctx, c.settings.BackchannelClientNotificationEndpoint, "application/json", string(body))
	if err == nil {
		r.Header.Set("Authorization", "Bearer "+with.Notify)
	}
	return r, err
}
