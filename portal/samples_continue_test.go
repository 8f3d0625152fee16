package portal

// continueSamples are the pages on a browser's way to an application, and the list of applications.
func continueSamples(anyone, mara, restricted Page) []sample {
	const wiki = "Aldermere Wiki"
	way := func(p Page) Page {
		p.Way, p.Onward = "?to=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", wiki
		return p
	}
	sign := SignInView{Page: way(anyone).with("sign-in-form"), Host: "portal.aldermere.example", Username: "m.lindqvist"}
	again, other, alone := sign, sign, sign
	alone.Alone = true
	again.Page, again.Why = way(mara).with("sign-in-form"), &Sentence{Key: "continue.again", Args: map[string]any{"App": wiki}}
	other.Page, other.Fixed, other.Why = again.Page, true, &Sentence{Key: "continue.other", Args: map[string]any{"App": wiki, "Viewer": "Jonas Weiß", "Name": "m.lindqvist"}}
	wait, code, device := sampleWait("47", "Pixel 8", ForSignIn), sampleCode("47", nil, "318", "402"), sampleDevice("", nil)
	wait.Page, code.Page, device.Page = way(anyone), way(code.Page), way(device.Page)
	tiles := []Tile{
		{ID: "wiki", Name: wiki, Initial: "A", Host: "wiki.aldermere.example", URL: "https://wiki.aldermere.example/"},
		{ID: "mail", Name: "Post", Initial: "P", Host: "mail.aldermere.example:8443", URL: "https://mail.aldermere.example:8443/start?x=1"},
		{ID: "schrift", Name: "Wohnungsbaugenossenschaft-Mandantenakte", Initial: "W", Host: "akten.wohnungsbaugenossenschaft-lichtenrade.example", URL: "https://akten.wohnungsbaugenossenschaft-lichtenrade.example/"},
		{ID: "hours", Name: "勤怠管理", Initial: "勤", Host: "hours.aldermere.example", URL: "https://hours.aldermere.example/"},
	}
	allowed := []AllowedRow{
		{ID: "wiki", Name: wiki, Initial: "A", Shares: []string{"that you signed in", "your name", "your e-mail address"}, Since: "3 March 2026"},
		{ID: "calendar", Name: "Calendar", Initial: "C", Shares: []string{"that you signed in", "also when you are not signed in", "calendar:write"}, Since: "9 June 2024"},
	}
	home := HomeView{Page: mara, Greeting: Morning, FirstName: "Mara", Phones: 2, LastEntry: "today, 14:33", Tiles: tiles, More: 3}
	few := home
	few.Tiles, few.More = tiles[:1], 0
	activation := HomeView{Page: restricted, Greeting: Morning, FirstName: "Mara", Activation: sampleActivation(ActivationOffer)}
	activated := HomeView{Page: restricted, Greeting: Morning, FirstName: "Mara", Activated: &ActivatedView{KeyID: "k1", Name: "Pixel 8", System: "Android 16", At: "14:32:21"}, Phones: 1}
	activation.Onward, activated.Onward = wiki, wiki
	consent := ConsentView{Page: way(mara), App: wiki, As: "Mara Lindqvist", Name: "m.lindqvist", Shares: sharesOf([]string{"offline_access", "email", "openid", "calendar:write", "groups", "profile"})}
	plain := consent
	plain.Shares = sharesOf([]string{"openid"})
	back := "/oidc/return" + consent.Way
	return []sample{
		{"continue-sign-in", "sign_in", sign, 1},
		{"continue-alone", "sign_in", alone, 1},
		{"continue-again", "sign_in", again, 1},
		{"continue-other", "sign_in", other, 1},
		{"continue-first-visit", "first_visit", FirstVisitView{Page: way(anyone).with("first-visit-form"), Least: 10}, 1},
		{"continue-wait", "wait", wait, 0},
		{"continue-code", "code", code, 1},
		{"continue-device", "device", device, 1},
		{"continue-desk", "desk", DeskView{Page: way(anyone), Desk: sampleDesk()}, 1},
		{"consent", "consent", consent, 1},
		{"consent-openid", "consent", plain, 1},
		{"onward", "onward", OnwardView{Page: way(mara), App: wiki, Target: back}, 1},
		{"sign-out", "sign_out", SignOutView{Page: mara, App: wiki, Action: "/oidc/logout/answer"}, 1},
		{"sign-out-nobody", "sign_out", SignOutView{Page: mara, Action: "/oidc/logout/answer"}, 1},
		{"away-over", "away", AwayView{Page: anyone, Away: AwayOver, Desk: sampleDesk()}, 1},
		{"away-stray", "away", AwayView{Page: anyone, Away: AwayStray("oidc.redirect_uri"), Desk: sampleDesk()}, 1},
		{"away-over-signed-in", "away", AwayView{Page: mara, Away: AwayOver, Account: "Mara Lindqvist", Desk: sampleDesk()}, 1},
		{"away-group", "away", AwayView{Page: way(mara), Away: AwayNotForYou, App: wiki, Account: "Mara Lindqvist", Desk: sampleDesk()}, 1},
		{"away-passed", "away", AwayView{Page: way(anyone), Away: AwayNotForThem, App: wiki, Desk: sampleDesk()}, 1},
		{"applications", "applications", LaunchView{Page: mara, Tiles: tiles, Allowed: allowed}, 0},
		{"applications-none", "applications", LaunchView{Page: mara}, 0},
		{"home-applications", "home", home, 0},
		{"home-application", "home", few, 0},
		{"home-onward", "home", activation, 1},
		{"home-onward-activated", "home", activated, 1},
	}
}
