package portal

import "github.com/nodkey/nodkey"

// askSamples are the pages of a door where an application asks a person's phone.
func askSamples(anyone Page) []sample {
	const wiki, action = "Aldermere Wiki", "/oauth/v1/prompt?client_id=DIEXAMPLEEXAMPLEEXAM&way=x.y.z"
	page := anyone
	page.Onward = wiki
	live := sampleLive("", action)
	live.Stream = ""
	wait, several := sampleWait("47", "Pixel 8", ForSignIn), sampleWaitOfSeveral()
	ask := func(w WaitView) AskView {
		return AskView{Page: page, Number: w.Number, Phone: w.Phone, Notified: w.Notified, Codes: true, Countdown: w.Countdown, AppURL: w.AppURL, Action: action, Live: live}
	}
	plain := ask(wait)
	plain.Number, plain.Codes = "", false
	refused := ask(wait)
	refused.Problem = &Problem{Text: Sentence{Key: "code.no_phone"}}
	code := func(p *Problem, digits ...string) AskCodeView {
		c := sampleCode("47", p, digits...)
		return AskCodeView{Page: page, Digits: c.Digits, QR: "/oauth/v1/prompt/qr?way=x.y.z", Number: c.Number, Left: c.Left, Fewer: c.Fewer, Problem: p,
			Countdown: c.Countdown, Action: action, Live: live}
	}
	over := func(state nodkey.SignInState, cause string, again bool) AskOverView {
		return AskOverView{Page: page, Outcome: SignInOutcome(state, cause), App: wiki, Again: again, Action: action}
	}
	wrong := &Problem{Field: "code", Text: Sentence{Key: "code.wrong", Args: map[string]any{"Left": 3, "Count": 3}}}
	return []sample{
		{"ask", "ask", ask(wait), 0},
		{"ask-several", "ask", ask(several), 0},
		{"ask-plain", "ask", plain, 0},
		{"ask-refused", "ask", refused, 0},
		{"ask-code", "ask_code", code(nil, "318", "402"), 1},
		{"ask-code-wrong", "ask_code", code(wrong, "318", "402"), 1},
		{"ask-code-scan", "ask_code", code(nil), 1},
		{"ask-denied", "ask_over", over(nodkey.SignInDenied, nodkey.ReasonNotMe, true), 1},
		{"ask-expired", "ask_over", over(nodkey.SignInExpired, "", false), 1},
	}
}
