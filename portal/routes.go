package portal

import (
	"net/http"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// Routes registers the portal on a mux.
func (d *Door) Routes(mux *http.ServeMux) {
	for _, route := range []struct {
		pattern string
		handler func(*exchange) error
	}{
		{"GET /{$}", d.homeShow},
		{"GET /sign-in", d.signInShow},
		{"POST /sign-in", d.signInBegin},
		{"GET /sign-in/wait", d.signInWait},
		{"GET /sign-in/stream", d.signInStream},
		{"GET /sign-in/state", d.signInState},
		{"POST /sign-in/cancel", d.signInCancel},
		{"POST /sign-in/again", d.signInAgain},
		{"GET /sign-in/device", d.deviceShow},
		{"POST /sign-in/device", d.deviceChoose},
		{"GET /sign-in/code", d.codeShow},
		{"POST /sign-in/code", d.codeTake},
		{"POST /sign-in/code/new", d.codeAsk},
		{"GET /sign-in/code/qr", d.codeQR},
		{"GET /first-visit", d.firstVisitShow},
		{"POST /first-visit", d.firstVisitTake},
		{"GET /desk", d.deskShow},
		{"GET " + continuePath, d.continueShow},
		{"POST " + continuePath, d.continueAnswer},
		{"GET /applications", d.applicationsShow},
		{"POST /applications/{id}/withdraw", d.withdraw},
		{"POST /sign-out", d.signOut},
		{"POST /activation", d.activationStart},
		{"GET /activation/qr", d.activationQR},
		{"GET /activation/stream", d.activationStream},
		{"GET /activation/state", d.activationState},
		{"POST /activation/confirm", d.activationConfirm},
		{"POST /activation/cancel", d.activationCancel},
		{"POST /activation/contact", d.proofAsk},
		{"POST /activation/contact/code", d.proofConfirm},
		{"GET /security", d.securityShow},
		{"GET /security/add", d.phoneAdd},
		{"GET /phones/{id}/remove", d.phoneRemoveAsk},
		{"POST /phones/{id}/remove", d.phoneRemove},
		{"GET /phones/{id}/not-mine", d.phoneDisownAsk},
		{"POST /phones/{id}/not-mine", d.phoneDisown},
		{"GET /phones/{id}/rename", d.phoneRenameAsk},
		{"POST /phones/{id}/rename", d.phoneRename},
		{"GET /phones/{id}/test", d.phoneTestAsk},
		{"POST /phones/{id}/test", d.phoneTest},
		{"POST /phones/{id}/notify-test", d.pushTest},
		{"GET /phones/{id}/notify-test", d.pushTestShow},
		{"GET /phones/{id}/notify-test/stream", d.pushTestStream},
		{"GET /phones/{id}/notify-test/state", d.pushTestState},
		{"POST /browsers/{id}/end", d.browserEnd},
		{"POST /browsers/end-others", d.browsersEnd},
		{"GET /password", d.passwordShow},
		{"POST /password", d.passwordChange},
		{"GET /change", d.changeWait},
		{"GET /change/stream", d.changeStream},
		{"GET /change/state", d.changeState},
		{"POST /change/cancel", d.changeCancel},
		{"GET /messages", d.messagesShow},
		{"GET /messages/new", d.writeShow},
		{"GET /messages/newest", d.newestShow},
		{"POST /messages/new", d.writeTake},
		{"GET /messages/sent/{reference}", d.sentShow},
		{"GET " + messageSettings, d.settingsShow},
		{"POST " + messageSettings, d.settingsSave},
		{"GET " + nodkey.UnsubscribePath, d.unsubscribeShow},
		{"POST " + nodkey.UnsubscribePath, d.unsubscribe},
		{"POST /messages/{reference}/reply", d.replyTake},
		{"GET /messages/{reference}", d.messageShow},
		{"POST /messages/{reference}/close", d.messageClose},
		{"POST /messages/{reference}/reopen", d.messageReopen},
		{"GET /messages/files/{id}", d.messageFile},
		{"POST /language", d.languageSet},
		{"GET /help/screen-lock", d.screenLockShow},
		{"GET /help/notifications", d.notificationsHelp},
		{"GET /", d.nowhere},
	} {
		mux.Handle(route.pattern, d.handle(route.handler))
	}
	mux.Handle("GET /messages/stream", d.watch(d.badgeStream))
	mux.Handle("GET /messages/state", d.watch(d.badgeState))
	d.contactRoutes(mux)
	mux.Handle("GET "+web.Prefix, d.assets)
}
