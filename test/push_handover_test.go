package test

import (
	"testing"

	"github.com/nodkey/nodkey/nodkeytest/browser"
)

// pushService makes pages believe in a push service behind their browser, which a browser without a network does not reach.
// Only the subscription is played; the server takes it as it takes any. What a page's allows says, the person said of notifications.
const pushService = `{ let kept = null;
Object.assign(PushManager.prototype, {
  permissionState: async () => globalThis.allows ?? "granted",
  getSubscription: async () => kept,
  subscribe: async ({applicationServerKey}) => {
    const pair = await crypto.subtle.generateKey({name: "ECDH", namedCurve: "P-256"}, true, ["deriveBits"]);
    const [point, auth] = [await crypto.subtle.exportKey("raw", pair.publicKey), crypto.getRandomValues(new Uint8Array(16)).buffer];
    return kept ??= {
      endpoint: "https://fcm.googleapis.com/fcm/send/mara", options: {applicationServerKey},
      getKey: (name) => name === "auth" ? auth : point,
      unsubscribe: async () => { kept = null; return true; },
    };
  },
}); }`

func TestAPhoneHandsItsSubscriptionToTheServer(t *testing.T) {
	h := onHomeScreen(t, undecided("granted"), func(phone *browser.Tab) { phone.Before(pushService) })
	h.phone.Wait("[data-screen=notifications]")
	h.phone.Says("main", "even when it is closed")
	h.phone.Visit("notifications-ask-push")
	h.phone.Click("#allow")
	h.phone.Wait("[data-screen=home]")
	h.phone.Click("#more")
	h.phone.Click("#settings")
	h.phone.Until("a phone that the server reaches", `document.querySelector("#notifications .row-second").textContent === "Allowed"`)
	h.server.logged("POST /api/phone/v1/push/subscribe", 1)
	h.phone.Click("#notifications")
	h.phone.Wait("[data-check=subscription][data-state=good]")
	h.phone.Says("main", "can come late, or not at all")
	h.phone.Visit("notifications-allowed-push")
}
