package notify

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/nodkeytest/ntfy"
)

// status answers with a status and headers, which are pairs of name and value.
func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// broken answers with bytes and closes the connection.
func broken(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		conn.Write([]byte(text))
		conn.Close()
	}
}

// lost answers with a redirect that leads to the same path at no address.
func lost(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", "https://"+r.Host+":1:2"+r.RequestURI)
	w.WriteHeader(http.StatusMovedPermanently)
}

// echo answers with what it was asked, as something that is no service does.
func echo(w http.ResponseWriter, r *http.Request) {
	broken(r.Method+" "+r.RequestURI+" HTTP/1.1\r\n\r\n")(w, r)
}

// says answers with a body.
func says(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		w.Write([]byte(body))
	}
}

// refused answers as ntfy does.
func refused(code, number int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { ntfy.Refuse(w, code, number, "no") }
}

// outcome is what an answer means.
type outcome struct {
	answer http.HandlerFunc
	is     nodkey.PushOutcome
	after  time.Duration
}

// everywhere are answers that mean the same in every channel.
func everywhere(now time.Time) map[string]outcome {
	date := func(at time.Time) string { return at.UTC().Format(http.TimeFormat) }
	return map[string]outcome{
		"400":                      {status(400), nodkey.PushRefused, 0},
		"401":                      {status(401), nodkey.PushRefused, 0},
		"403":                      {status(403), nodkey.PushRefused, 0},
		"413":                      {status(413), nodkey.PushRefused, 0},
		"408":                      {status(408), nodkey.PushRetry, 0},
		"429":                      {status(429), nodkey.PushRetry, 0},
		"429 with seconds":         {status(429, "Retry-After", "17"), nodkey.PushRetry, 17 * time.Second},
		"429 with a date":          {status(429, "Retry-After", date(now.Add(20*time.Second))), nodkey.PushRetry, 20 * time.Second},
		"429 with a past":          {status(429, "Retry-After", date(now.Add(-time.Hour))), nodkey.PushRetry, 0},
		"429 with words":           {status(429, "Retry-After", "soon"), nodkey.PushRetry, 0},
		"429 with less":            {status(429, "Retry-After", "-1"), nodkey.PushRetry, 0},
		"500":                      {status(500), nodkey.PushRetry, 0},
		"502":                      {status(502), nodkey.PushRetry, 0},
		"503":                      {status(503, "Retry-After", "3"), nodkey.PushRetry, 3 * time.Second},
		"507":                      {status(507), nodkey.PushRetry, 0},
		"garbage":                  {broken("\x00\xffgarbage\r\n\r\n"), nodkey.PushRetry, 0},
		"closes early":             {broken(""), nodkey.PushRetry, 0},
		"half an answer":           {broken("HTTP/1.1 201 Crea"), nodkey.PushRetry, 0},
		"endless headers":          {broken("HTTP/1.1 201 Created\r\nX: " + strings.Repeat("a", 1<<20)), nodkey.PushRetry, 0},
		"a redirect":               {status(307, "Location", "https://"+pushHost+"/p/other"), nodkey.PushRefused, 0},
		"a redirect for good":      {status(301, "Location", "http://localhost/"), nodkey.PushRefused, 0},
		"a redirect to nowhere":    {status(302), nodkey.PushRefused, 0},
		"a redirect that is none":  {lost, nodkey.PushRefused, 0},
		"what was asked":           {echo, nodkey.PushRetry, 0},
		"a refusal without an end": {says(403, strings.Repeat("no", 1<<19)), nodkey.PushRefused, 0},
	}
}

// ofChannel are answers that mean something in one channel.
var ofChannel = map[string]map[string]outcome{
	"webpush": {
		"200": {status(200), nodkey.PushDelivered, 0}, "201": {status(201), nodkey.PushDelivered, 0},
		"202": {status(202), nodkey.PushDelivered, 0}, "204": {status(204), nodkey.PushDelivered, 0},
		"404": {status(404), nodkey.PushGone, 0}, "410": {status(410), nodkey.PushGone, 0},
		"a body without end":    {says(200, strings.Repeat("x", 1<<20)), nodkey.PushDelivered, 0},
		"a body that is cut":    {broken("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nx"), nodkey.PushDelivered, 0},
		"a status without name": {status(299), nodkey.PushRefused, 0},
	},
	"ntfy": {
		"a page":                 {says(200, "<html>Welcome</html>"), nodkey.PushRetry, 0},
		"nothing":                {status(200), nodkey.PushRetry, 0},
		"another service's JSON": {says(200, `{"ok":true}`), nodkey.PushRetry, 0},
		"not a message":          {says(200, `{"id":"x","event":"open"}`), nodkey.PushRetry, 0},
		"a body without end":     {says(200, `{"id":"x","event":"message","message":"`+strings.Repeat("x", 1<<20)+`"}`), nodkey.PushRetry, 0},
		"a body that is cut":     {broken("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), nodkey.PushRetry, 0},
		"a message":              {says(200, `{"id":"x","event":"message","new":{"member":1}}`), nodkey.PushDelivered, 0},
		"no such topic":          {refused(404, 40401), nodkey.PushGone, 0},
		"the topic is gone":      {refused(410, 41001), nodkey.PushGone, 0},
		"404 of a proxy":         {says(404, "<html>not here</html>"), nodkey.PushRefused, 0},
		"410 of a proxy":         {status(410), nodkey.PushRefused, 0},
		"not with this token":    {refused(403, 40301), nodkey.PushRefused, 0},
		"too many":               {refused(429, 42901), nodkey.PushRetry, 0},
		"created":                {status(201), nodkey.PushRefused, 0},
	},
	"webhook": {
		"200": {status(200), nodkey.PushDelivered, 0}, "202": {status(202), nodkey.PushDelivered, 0},
		"204": {status(204), nodkey.PushDelivered, 0}, "299": {status(299), nodkey.PushDelivered, 0},
		"404": {status(404), nodkey.PushRefused, 0}, "410": {status(410), nodkey.PushRefused, 0},
		"a body without end": {says(200, strings.Repeat("x", 1<<20)), nodkey.PushDelivered, 0},
		"a body that is cut": {broken("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"), nodkey.PushDelivered, 0},
	},
}

// muted fails the test when an error tells more of an address than its host.
func muted(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "://")) {
		t.Errorf("%s: the address stands in the error: %v", what, err)
	}
}

func TestWhatAServiceAnswersIsUnderstood(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	for name, to := range targets(t, func() time.Time { return now }) {
		cases := everywhere(now)
		maps.Copy(cases, ofChannel[name])
		for _, what := range slices.Sorted(maps.Keys(cases)) {
			c := cases[what]
			to.as(c.answer)
			answer, err := to.channel(0).Send(t.Context(), to.message)
			if answer.Outcome != c.is || answer.RetryAfter != c.after || (err == nil) != (c.is == nodkey.PushDelivered) {
				t.Errorf("%s, %s: %v after %s, %v", name, what, answer.Outcome, answer.RetryAfter, err)
			}
			muted(t, name+", "+what, err)
		}
		to.as(nil)
		if answer, err := to.channel(0).Send(t.Context(), to.message); err != nil || answer.Outcome != nodkey.PushDelivered {
			t.Errorf("%s, well again: %v, %v", name, answer, err)
		}
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	var asked atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	for name, to := range targets(t, time.Now) {
		c := to.channel(0)
		for _, code := range []int{301, 302, 303, 307, 308} {
			to.as(status(code, "Location", strings.Replace(inside.URL, "127.0.0.1", "localhost", 1)+"/admin"))
			if answer, err := c.Send(t.Context(), to.message); answer.Outcome != nodkey.PushRefused || err == nil {
				t.Errorf("%s, %d: %v, %v", name, code, answer, err)
			}
		}
	}
	if asked.Load() != 0 {
		t.Error("a redirect was followed to localhost")
	}
}

func TestAServiceThatIsSlowIsGivenUp(t *testing.T) {
	t.Parallel() // it waits, mostly
	release := make(chan struct{})
	defer close(release)
	for name, to := range targets(t, time.Now) {
		for what, answer := range map[string]http.HandlerFunc{
			"silent": func(http.ResponseWriter, *http.Request) { <-release },
			"half a line": func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					panic(err)
				}
				conn.Write([]byte("HTTP/1.1 20"))
				<-release
				conn.Close()
			},
		} {
			to.as(answer)
			began := time.Now()
			answer, err := to.channel(100*time.Millisecond).Send(t.Context(), to.message)
			if answer.Outcome != nodkey.PushRetry || err == nil {
				t.Errorf("%s, %s: %v, %v", name, what, answer, err)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("%s, %s: it took %s", name, what, took)
			}
			muted(t, name, err)
		}
		// Who answered and then says no more is not waited for either; what the status says holds, if that is enough.
		to.as(func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("{"))
			http.NewResponseController(w).Flush()
			<-release
		})
		began := time.Now()
		answer, err := to.channel(time.Second).Send(t.Context(), to.message) // so long that a busy machine, too, hears the status in it
		if took := time.Since(began); took > 10*time.Second || (answer.Outcome == nodkey.PushDelivered) != (name != "ntfy") {
			t.Errorf("%s: %v after %s, %v", name, answer, took, err)
		}
	}
}

func TestAServiceThatIsDownIsTriedAgain(t *testing.T) {
	for name, to := range targets(t, time.Now) {
		c := to.channel(0)
		to.down()
		answer, err := c.Send(t.Context(), to.message)
		if answer.Outcome != nodkey.PushRetry || err == nil {
			t.Errorf("%s: %v, %v", name, answer, err)
		}
		muted(t, name, err)
	}
}

func TestAHostThatKeepsFailingIsLeftAlone(t *testing.T) {
	for _, name := range []string{"webpush", "ntfy", "webhook"} {
		t.Run(name, func(t *testing.T) {
			clock := &standing{at: time.Now()}
			to := targets(t, clock.Now)[name]
			to.as(status(500))
			w := to.channel(0)
			send := func(want nodkey.PushOutcome, paused bool) {
				t.Helper()
				answer, err := w.Send(t.Context(), to.message)
				if answer.Outcome != want || errors.Is(err, ErrPaused) != paused || paused && answer.RetryAfter <= 0 {
					t.Fatalf("%v, %v", answer, err)
				}
			}
			for range breakAfter {
				send(nodkey.PushRetry, false)
			}
			send(nodkey.PushRetry, true)
			if to.tried() != breakAfter || w.Paused() != 1 {
				t.Errorf("tried %d times, %d paused", to.tried(), w.Paused())
			}
			clock.advance(breakFor)
			send(nodkey.PushRetry, false) // one, to see
			send(nodkey.PushRetry, true)
			clock.advance(breakFor)
			to.as(nil)
			send(nodkey.PushDelivered, false)
			send(nodkey.PushDelivered, false)
			if w.Paused() != 0 {
				t.Error("a host that works is paused")
			}
		})
	}
}
