package web

import (
	"net/http"
	"strings"
)

// Agent is browser and system as the User-Agent header names them. It is for people to recognise and proves nothing.
type Agent struct{ Browser, System string } // either may be empty

// The marks of browsers and systems in User-Agent headers, the special ones before those they also claim to be.
var (
	browserMarks = [][2]string{
		{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"},
		{"Vivaldi/", "Vivaldi"}, {"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"}, {"CriOS/", "Chrome"}, {"HeadlessChrome/", "Chrome"}, {"Chrome/", "Chrome"},
		{"Safari/", "Safari"}, {"curl/", "curl"},
	}
	systemMarks = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"}, {"Macintosh", "macOS"}, {"FreeBSD", "FreeBSD"}, {"Linux", "Linux"},
	}
)

// AgentOf names a request's browser and system.
func AgentOf(r *http.Request) Agent {
	header := r.UserAgent()
	if len(header) > 512 {
		header = header[:512]
	}
	return Agent{Browser: named(header, browserMarks), System: named(header, systemMarks)}
}

// Words names the agent in the language of say, which gives a sentence of the catalogues.
func (a Agent) Words(say func(key string, args map[string]any) string) string {
	switch {
	case a.Browser != "" && a.System != "":
		return say("agent.on", map[string]any{"Browser": a.Browser, "System": a.System})
	case a.Browser != "":
		return a.Browser
	case a.System != "":
		return say("agent.unknown_on", map[string]any{"System": a.System})
	}
	return say("agent.unknown", nil)
}

// String gives the agent in no language, as it is kept: "Firefox, Windows", one of them alone, or nothing.
func (a Agent) String() string {
	if a.Browser == "" || a.System == "" {
		return a.Browser + a.System
	}
	return a.Browser + agentComma + a.System
}

const agentComma = ", "

// ParseAgent reads what String gave. Other text is taken for a browser's name.
func ParseAgent(kept string) Agent {
	browser, system, both := strings.Cut(kept, agentComma)
	if both {
		return Agent{Browser: browser, System: system}
	}
	for _, m := range systemMarks {
		if kept == m[1] {
			return Agent{System: kept}
		}
	}
	return Agent{Browser: kept}
}

func named(header string, marks [][2]string) string {
	for _, m := range marks {
		if strings.Contains(header, m[0]) {
			return m[1]
		}
	}
	return ""
}

// LanguageName is a language's own name, empty for one that there are no texts in.
func LanguageName(tag string) string {
	return map[string]string{"en": "English", "de": "Deutsch", "ja": "日本語"}[tag]
}
