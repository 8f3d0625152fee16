package portal

import (
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/web"
)

// sample is one page in one state, as a handler would fill it.
type sample struct {
	name string // of the preview file
	page string // the template
	view view
	main int // how many main buttons it has: one, or none where the answer is elsewhere
}

func samplePage(viewer string) Page {
	return Page{
		Lang:      "en",
		Operator:  Operator{Name: "Aldermere", Portal: "Client Portal", Company: "Aldermere Savings"},
		Viewer:    viewer,
		Languages: []Language{{Tag: "en", Name: "English", Current: true}, {Tag: "de", Name: "Deutsch"}, {Tag: "ja", Name: "日本語"}},
		Return:    "/",
		Links:     []Link{{Text: "Help", URL: "https://help.example/"}},
	}
}

func sampleDesk() Desk {
	return Desk{Name: "Aldermere service desk", Phone: "+49 40 5550 100", Email: "desk@aldermere.example", Hours: "Monday to Friday, 8:00 to 18:00"}
}

func sampleLive(path, next string) Live {
	return Live{Stream: path + "/stream", Poll: path + "/state", Version: "v1", Next: next}
}

func sampleWait(number, phone string, purpose Purpose) WaitView {
	return WaitView{
		Page: samplePage(""), Purpose: purpose, Number: number, Phone: phone, Notified: phone != "",
		Countdown: Countdown{Left: 161 * time.Second, Total: 180 * time.Second},
		Steps: []Step{
			{Text: StepPassword, At: "14:32:06", Mark: StepDone}, {Text: StepSent, At: "14:32:06", Mark: StepDone},
			{Text: StepArrived, At: "14:32:07", Mark: StepDone}, {Text: StepWaiting, Mark: StepNow},
		},
		AppURL: "https://phone.aldermere.example/", Live: sampleLive("/sign-in", "/sign-in/wait"), Codes: purpose == ForSignIn,
	}
}

// sampleProgress is a sign-in that came so far to its phones.
func sampleProgress(phone string, notice Notice, phones ...Step) WaitView {
	v := sampleWait("47", phone, ForSignIn)
	sent := Step{Text: StepSent, At: "14:32:06", Mark: StepDone}
	if notice == NoticeUnsent || notice == NoticeUnsentAny {
		sent = Step{Text: StepUnsent, Mark: StepLook}
	}
	v.Notified, v.Notice = true, notice
	v.Steps = append(append([]Step{v.Steps[0], sent}, phones...), Step{Text: StepWaiting, Mark: StepNow})
	return v
}

func sampleWaitOfSeveral() WaitView {
	v := sampleWait("47", "Pixel 8", ForSignIn)
	v.Another = "/sign-in/device"
	return v
}

func sampleDevice(asked DeviceNote, p *Problem) DeviceView {
	v := DeviceView{Page: samplePage("").with("device-form"), All: p != nil, Waits: asked == DeviceAsked, Known: p == nil, Problem: p, Devices: []Device{
		{ID: "k1", Name: "Pixel 8", System: "Android 16", LastUsed: "today, 14:33", Asked: asked},
		{ID: "k2", Name: "Mara’s iPhone", System: "iOS 18.2", LastUsed: "3 March 2026"},
		{ID: "k3", Name: "Terminal"},
	}}
	if asked != "" {
		v.Request = "r1"
	}
	v.preselect("")
	return v
}

func sampleCode(number string, p *Problem, digits ...string) CodeView {
	return CodeView{Page: samplePage("").with("code-form"), Digits: digits, QR: "qr.png", Number: number, Left: 4, Fewer: true, Problem: p,
		Countdown: Countdown{Left: 258 * time.Second, Total: nodkey.ChallengeLife}, Live: sampleLive("/sign-in", "/sign-in/code")}
}

func sampleActivation(state ActivationStep) *ActivationView {
	a := &ActivationView{
		State: state, First: true, QR: "qr.png", Groups: []string{"7K2M", "9QXD", "4VHT", "R3NB", "W8EP"},
		Address: "phone.aldermere.example", OpenURL: "https://phone.aldermere.example/a#c=7K2M9QXD4VHTR3NBW8EP",
		Phone: "Pixel 8", TriesLeft: 3, Countdown: Countdown{Left: 566 * time.Second, Total: 600 * time.Second},
		Live: sampleLive("/activation", "/"),
	}
	if state == ActivationApprove {
		a.Number = "47"
	}
	return a
}

func sampleCards() []PhoneCard {
	return []PhoneCard{
		{KeyID: "k1", Name: "Pixel 8", System: "Android 16", Factor: FactorPIN, Chip: PhoneChip(nodkey.KeyActive), Active: true, Help: "/help/screen-lock#android",
			Told: []Told{{Name: "security.told_lock", Value: "security.on"}, {Name: "security.told_rooted", Value: "security.yes", Odd: true}}, Activated: "3 March 2026", LastNod: "Today, 14:33", Delivery: sampleDelivery()},
		{KeyID: "k2", Name: "Old iPhone", System: "iOS 18", Factor: FactorBiometric, Chip: PhoneChip(nodkey.KeySuspended), Activated: "9 June 2024", Last: true},
	}
}

func sampleDelivery() *DeliveryView {
	return &DeliveryView{Ways: "web push", Last: &Sentence{Key: "delivery.arrived", Args: map[string]any{"When": "Yesterday, 14:33", "Took": "1.3 s"}}}
}

// samplePushTest is a test notification in one phase.
func samplePushTest(phase PushPhase) PushTestView {
	v := PushTestView{Page: samplePage("Mara Lindqvist"), KeyID: "k1", Name: "Pixel 8", Phase: phase, Elapsed: 1300 * time.Millisecond, Took: "1.3 s",
		Live: sampleLive("/phones/k1/notify-test", "/phones/k1/notify-test"), Steps: []Step{{Text: StepTestMade, At: "14:32:06", Mark: StepDone},
			{Text: StepTaken, At: "14:32:06", Mark: StepDone}, {Text: StepAwaited, Phone: "Pixel 8", Mark: StepNow}}}
	if phase != PushWaiting && phase != PushArrived {
		v.Repairs = repairs(nodkey.Android)
	}
	return v
}

func sampleSecurity() SecurityView {
	return SecurityView{
		Page: samplePage("Mara Lindqvist"), Phones: sampleCards(), Limit: 3, MayAdd: true, MayChange: true,
		Contacts: []ContactRow{{Way: contactEmail, Have: "m…@example.com"}, {Way: contactPhone}},
		Asks:     Asks{MinAndroid: "6.0", MinIOS: "11.0", NotRooted: true, ScreenLock: true}.sentences(),
		Pending:  []PhoneCard{{KeyID: "k3", Name: "Galaxy A16", System: "Android 15", Chip: PhoneChip(nodkey.KeyApprove)}},
		Browsers: []BrowserRow{
			{SessionID: "s1", Agent: "Firefox on Windows", Source: "Hamburg, Germany", Since: "today, 14:33", This: true},
			{SessionID: "s2", Agent: "Safari on iPad", Source: "Hamburg, Germany", Since: "Mon, 09:12"},
			{SessionID: "s9", Agent: "Firefox on Windows", Source: "203.0.113.24", Since: "today, 09:12", App: "Wohnungsbaugenossenschaftsmandantenakte"},
		},
		SignIns: []SignInRow{
			{When: "Today, 14:32", From: "Hamburg, Germany", Agent: "Firefox on Windows", Phone: "Pixel 8", Chip: SignInChip(nodkey.SignInDone, "")},
			{When: "Today, 12:05", From: "Hamburg, Germany", Agent: "Firefox on Windows", App: "Aldermere Wiki", Phone: "Pixel 8", Chip: SignInChip(nodkey.SignInDone, "")},
			{When: "Today, 11:58", App: "Aldermere VPN", For: "sign_in", Phone: "Pixel 8", Chip: SignInChip(nodkey.SignInDone, "")},
			{When: "Today, 11:57", From: "203.0.113.9", App: "Aldermere Till", For: "confirm", Phone: "Pixel 8", Chip: SignInChip(nodkey.SignInDenied, nodkey.ReasonNotMe)},
			{When: "Today, 03:17", From: "Riga, Latvia", Agent: "Unknown browser", Chip: SignInChip(nodkey.SignInDenied, nodkey.ReasonNotMe)},
			{When: "Mon, 08:05", From: "203.0.113.24", Agent: "Firefox on Windows", Phone: "Pixel 8", Chip: SignInChip(nodkey.SignInDenied, nodkey.ReasonWrongNumber)},
			{When: "Mon, 08:01", From: "Hamburg, Germany", Agent: "Firefox on Windows", Phone: "Pixel 8", Code: true, Chip: SignInChip(nodkey.SignInDone, "")},
			{When: "Mon, 08:00", From: "Hamburg, Germany", Agent: "Firefox on Windows", Code: true, Chip: SignInChip(nodkey.SignInDone, "")},
			{When: "Sun, 21:40", From: "Kiel, Germany", Agent: "Safari on iPad", Phone: "Pixel 8", Chip: SignInChip(nodkey.SignInExpired, "")},
			{When: "Sun, 21:39", From: "Kiel, Germany", Agent: "Safari on iPad", Chip: SignInChip(nodkey.SignInCancelled, "")},
			{When: "Sun, 21:38", From: "Kiel, Germany", Agent: "Safari on iPad", Chip: SignInChip(nodkey.SignInPending, "")},
		},
	}
}

func samples() []sample {
	anyone, mara := samplePage(""), samplePage("Mara Lindqvist")
	restricted := mara
	restricted.Restricted = true
	toast := mara
	toast.Toast = &Sentence{Key: "activated.title", Args: map[string]any{"Phone": "Pixel 8"}}
	wrong := func(field string) *Problem {
		return &Problem{Field: field, Text: Sentence{Key: "desk.password"}}
	}
	security, pending := sampleSecurity(), sampleSecurity()
	security.Pending = nil
	looking := SecurityView{Page: restricted, Limit: 3, Browsers: security.Browsers[:1]}
	seal := web.Seal([]byte("a key"))
	several := OutcomeView{Page: anyone, Outcome: SignInOutcome(nodkey.SignInExpired, ""), Phone: "Pixel 8", Retry: "/sign-in/again", Another: "/sign-in/device"}
	several.Outcome.Main = "outcome.ask_again_phone"
	digits := sampleActivation(ActivationDigits)
	digits.Problem, digits.TriesLeft = wrong("digits"), 1
	further := sampleActivation(ActivationOffer)
	further.First = false
	spent := sampleActivation(ActivationEnded)
	spent.Spent = true

	all := []sample{
		{"sign-in", "sign_in", SignInView{Page: anyone.with("sign-in-form"), Host: "portal.aldermere.example", Username: "m.lindqvist", Seal: seal}, 1},
		{"sign-in-wrong", "sign_in", SignInView{Page: anyone, Host: "portal.aldermere.example", Problem: wrong("password")}, 1},
		{"sign-in-problem", "sign_in", SignInView{Page: anyone, Host: "portal.aldermere.example", Problem: wrong("")}, 1},
		{"first-visit", "first_visit", FirstVisitView{Page: anyone.with("first-visit-form"), Username: "mara", Code: "ABCD-EFGH-JKMN", Least: 10}, 1},
		{"first-visit-wrong", "first_visit", FirstVisitView{Page: anyone, Least: 10, Problem: wrong("new-password")}, 1},
		{"wait", "wait", sampleWait("47", "Pixel 8", ForSignIn), 0},
		{"wait-any", "wait", sampleWait("47", "", ForSignIn), 0},
		{"wait-test", "wait", sampleWait("47", "Pixel 8", ForTest), 0},
		{"wait-ahead", "wait", sampleProgress("Pixel 8", "", Step{Text: StepOnTheWay, Phone: "Pixel 8", Mark: StepAhead}), 0},
		{"wait-opened", "wait", sampleProgress("Pixel 8", "", Step{Text: StepOpened, Phone: "Pixel 8", At: "14:32:09", Mark: StepDone}), 0},
		{"wait-unconfirmed", "wait", sampleProgress("Pixel 8", NoticeUnconfirmed, Step{Text: StepSilent, Phone: "Pixel 8", Mark: StepLook}), 0},
		{"wait-unsent", "wait", sampleProgress("Pixel 8", NoticeUnsent, Step{Text: StepUnreached, Phone: "Pixel 8", Mark: StepLook}), 0},
		{"wait-all", "wait", sampleProgress("", NoticeUnconfirmedAny, Step{Text: StepSilent, Phone: "Pixel 8", Mark: StepLook}, Step{Text: StepInApp, Phone: "Old iPhone", Mark: StepAhead}), 0},
		{"wait-all-unsent", "wait", sampleProgress("", NoticeUnsentAny, Step{Text: StepUnreached, Phone: "Pixel 8", Mark: StepLook}, Step{Text: StepUnreached, Phone: "Old iPhone", Mark: StepLook}), 0},
		{"wait-plain", "wait", sampleWait("", "Pixel 8", ForRemoval), 0},
		{"device", "device", sampleDevice("", nil), 1},
		{"device-all", "device", sampleDevice("", wrong("")), 1},
		{"device-waits", "device", sampleDevice(DeviceAsked, nil), 1},
		{"device-silent", "device", sampleDevice(DeviceSilent, nil), 1},
		{"device-late", "outcome", OutcomeView{Page: anyone, Outcome: NobodyChosen(), Next: "/sign-in"}, 1},
		{"outcome-several", "outcome", several, 1},
		{"wait-several", "wait", sampleWaitOfSeveral(), 0},
		{"code", "code", sampleCode("47", nil, "318", "402"), 1},
		{"code-wrong", "code", sampleCode("", wrong("code"), "318", "402"), 1},
		{"code-scanned", "code", sampleCode("47", wrong("")), 1},
		{"code-over", "outcome", OutcomeView{Page: anyone, Outcome: CodesUsedUp(), Retry: "/sign-in/code/new", Back: "/sign-in/wait"}, 1},
		{"code-late", "outcome", OutcomeView{Page: anyone, Outcome: CodeTooLate(), Retry: "/sign-in/code/new"}, 1},
		{"home-offer", "home", HomeView{Page: restricted, Greeting: Afternoon, FirstName: "Mara", Activation: sampleActivation(ActivationOffer)}, 1},
		{"home-digits", "home", HomeView{Page: restricted, Greeting: Morning, FirstName: "Mara", Activation: digits}, 1},
		{"home-approve", "home", HomeView{Page: mara, Greeting: Evening, FirstName: "Mara", Activation: sampleActivation(ActivationApprove), Phones: 1}, 0},
		{"home-ended", "home", HomeView{Page: restricted, Greeting: Morning, FirstName: "Mara", Activation: sampleActivation(ActivationEnded)}, 1},
		{"home-activated", "home", HomeView{Page: mara, Greeting: Morning, FirstName: "Mara", Activated: &ActivatedView{KeyID: "k1", Name: "Pixel 8", System: "Android 16", At: "14:32:21"}, Phones: 1}, 1},
		{"home", "home", HomeView{Page: toast, Greeting: Morning, FirstName: "Mara", Phones: 2, LastEntry: "today, 14:33"}, 0},
		{"home-closed", "home", HomeView{Page: restricted, Greeting: Morning, FirstName: "Mara", Closed: true, Desk: sampleDesk()}, 0},
		{"security", "security", security, 1},
		{"security-pending", "security", pending, 1},
		{"security-restricted", "security", looking, 0},
		{"phone-add", "phone_add", PhoneAddView{Page: mara, Activation: further, Limit: 3, Active: sampleCards()[:1]}, 1},
		{"phone-add-full", "phone_add", PhoneAddView{Page: mara, Full: true, Limit: 3, Phones: sampleCards()}, 0},
		{"confirm-remove", "confirm", ConfirmView{Page: mara, Question: AskRemove, Name: "Pixel 8", Action: "/phones/k1/remove", Back: "/security", Last: true}, 0},
		{"confirm-not-mine", "confirm", ConfirmView{Page: mara, Question: AskDisown, Name: "Pixel 8", Action: "/phones/k1/not-mine", Back: "/"}, 0},
		{"test-phone", "test_phone", TestPhoneView{Page: mara, KeyID: "k1", Name: "Pixel 8", Delivery: sampleDelivery()}, 0},
		{"test-phone-none", "test_phone", TestPhoneView{Page: mara, KeyID: "k1", Name: "Pixel 8", Delivery: &DeliveryView{}}, 0},
		{"test-phone-failing", "test_phone", TestPhoneView{Page: mara, KeyID: "k1", Name: "Pixel 8", Delivery: &DeliveryView{Ways: "web push", Failing: true}}, 0},
		{"push-test-waiting", "push_test", samplePushTest(PushWaiting), 0},
		{"push-test-arrived", "push_test", samplePushTest(PushArrived), 1},
		{"push-test-late", "push_test", samplePushTest(PushLate), 1},
		{"push-test-silent", "push_test", samplePushTest(PushSilent), 1},
		{"push-test-unsent", "push_test", samplePushTest(PushUnsent), 1},
		{"help-notifications", "notifications", NotificationsHelpView{anyone}, 0},
		{"screen-lock", "screen_lock", ScreenLockView{anyone}, 0},
		{"home-spent", "home", HomeView{Page: restricted, Greeting: Morning, FirstName: "Mara", Activation: spent}, 1},
		{"desk", "desk", DeskView{Page: anyone, Desk: sampleDesk()}, 1},
		{"desk-lost", "desk", DeskView{Page: anyone, Lost: true, Desk: Desk{}}, 0},
		{"rename", "rename", RenameView{Page: mara.with("rename-form"), KeyID: "k1", Name: "Pixel 8", Problem: wrong("name")}, 1},
		{"password", "password", PasswordView{Page: mara, Least: 10, Problem: wrong("repeat")}, 1},
	}
	all = append(all, sampleMessages()...)
	all = append(all, sampleWriting()...)
	all = append(all, sampleSettingsPages()...)
	all = append(all, contactSamples(mara, restricted)...)
	all = append(all, continueSamples(anyone, mara, restricted)...)
	all = append(all, askSamples(anyone)...)
	for _, state := range []nodkey.SignInState{nodkey.SignInApproved, nodkey.SignInDenied, nodkey.SignInExpired, nodkey.SignInCancelled} {
		outcome := SignInOutcome(state, nodkey.ReasonNotMe)
		all = append(all, sample{"outcome-" + outcome.Name, "outcome", OutcomeView{Page: anyone, Outcome: outcome, Phone: "Pixel 8", Retry: "/sign-in/again"}, 1})
	}
	all = append(all, sample{"outcome-wrong-number", "outcome", OutcomeView{Page: anyone, Outcome: SignInOutcome(nodkey.SignInDenied, nodkey.ReasonWrongNumber), Next: "/sign-in"}, 1})
	for _, state := range []nodkey.ApprovalState{nodkey.ApprovalApproved, nodkey.ApprovalDenied, nodkey.ApprovalExpired, nodkey.ApprovalCancelled} {
		tested := TestOutcome(state, nodkey.ReasonNotMe)
		all = append(all, sample{"test-" + tested.Name, "outcome", OutcomeView{Page: mara, Outcome: tested, Phone: "Pixel 8", Took: "8 seconds", Tips: []string{"test.tip_app"}, Retry: "/phones/k1/test", Next: "/security"}, 1})
		outcome := ChangeOutcome(state, nodkey.ReasonNotMe)
		all = append(all, sample{"change-" + outcome.Name, "outcome", OutcomeView{Page: mara, Outcome: outcome, Next: "/security"}, 1})
	}
	all = append(all, sample{"change-wrong-number", "outcome", OutcomeView{Page: mara, Outcome: ChangeOutcome(nodkey.ApprovalDenied, nodkey.ReasonWrongNumber), Next: "/security"}, 1})
	for _, key := range []string{"code.disabled", "code.no_phone", "code.off", "code.slow", "code.none"} {
		message, ok := MessageOfCode(key)
		if !ok {
			panic(key + " has no page")
		}
		args := map[string]any{"ServiceDesk": "0800 123", "Seconds": 40, "Count": 40}
		all = append(all, sample{message.Name, "message", MessageView{Page: anyone, Message: message, Happened: &Sentence{Key: key, Args: args}, Next: "/sign-in/wait"}, 1})
	}
	for kind := nodkey.Internal; kind <= nodkey.Unavailable; kind++ {
		message := MessageOf(kind)
		all = append(all, sample{"message-" + message.Name, "message", MessageView{Page: anyone, Message: message, Reference: "4VHT-R3NB", Next: "/"}, 1})
	}
	return all
}
