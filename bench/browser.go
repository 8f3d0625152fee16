package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

// browser is one person's browser at one portal. One goroutine uses it at a time, but for the stream.
type browser struct {
	portal string // origin
	source string // address that the trusted proxy, played by the bench, saw
	http   *http.Client
	jar    *jar
}

const agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"

func newBrowser(portal, source string, transport http.RoundTripper) *browser {
	j := &jar{cookies: map[string]string{}}
	return &browser{portal: portal, source: source, jar: j, http: &http.Client{
		Transport: transport, Jar: j,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send makes one request and insists on a status.
func (b *browser) send(ctx context.Context, method, path string, form url.Values, want int) (*http.Response, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, b.portal+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("X-Forwarded-For", b.source)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.http.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != want {
		page, _ := io.ReadAll(io.LimitReader(res.Body, 32<<10)) // it only helps to say what went wrong
		res.Body.Close()
		return nil, fmt.Errorf("%s %s: status %d: %s", method, path, res.StatusCode, firstWords(string(page)))
	}
	return res, nil
}

// page fetches a page whole.
func (b *browser) page(ctx context.Context, method, path string, form url.Values, want int) (text, location string, err error) {
	res, err := b.send(ctx, method, path, form, want)
	if err != nil {
		return "", "", err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return string(raw), res.Header.Get("Location"), err
}

// begin sends name and password.
func (b *browser) begin(ctx context.Context, name, password string) (location string, err error) {
	_, location, err = b.page(ctx, http.MethodPost, "/sign-in", url.Values{"username": {name}, "password": {password}}, http.StatusSeeOther)
	return location, err
}

var (
	number = regexp.MustCompile(`data-number="([0-9]{2})"`)
	link   = regexp.MustCompile(`href="([^"]*/a#[^"]*)"`)
	tags   = regexp.MustCompile(`(?s)<head>.*</head>|<[^>]*>|\s+`)
)

// waitingPage opens the page that waits and gives the two digits that it shows, empty where it shows none.
func (b *browser) waitingPage(ctx context.Context) (string, error) {
	text, _, err := b.page(ctx, http.MethodGet, "/sign-in/wait", nil, http.StatusOK)
	if err != nil {
		return "", err
	}
	if found := number.FindStringSubmatch(text); found != nil {
		return found[1], nil
	}
	return "", nil
}

// activationLink begins an activation and gives what the QR code holds.
func (b *browser) activationLink(ctx context.Context) (string, error) {
	if _, _, err := b.page(ctx, http.MethodPost, "/activation", url.Values{}, http.StatusSeeOther); err != nil {
		return "", err
	}
	text, _, err := b.page(ctx, http.MethodGet, "/", nil, http.StatusOK)
	if err != nil {
		return "", err
	}
	found := link.FindStringSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("the home page shows no activation: %s", firstWords(text))
	}
	return html.UnescapeString(found[1]), nil
}

// finish collects the session.
func (b *browser) finish(ctx context.Context) error {
	_, location, err := b.page(ctx, http.MethodGet, "/sign-in/wait", nil, http.StatusSeeOther)
	if err != nil {
		return err
	}
	if location != "/" || !b.jar.has("portal-session") {
		return fmt.Errorf("no session at the end of a sign-in, but %q", location)
	}
	return nil
}

// waitStream is the waiting page's event stream.
type waitStream struct {
	body io.ReadCloser
	in   *bufio.Reader
}

// waitEvent is what the stream tells.
type waitEvent struct {
	State     string `json:"state"`
	Remaining int64  `json:"remaining"`
	Version   string `json:"version"`
}

// stream opens the waiting page's stream and reads the state that it begins with.
func (b *browser) stream(ctx context.Context) (*waitStream, error) {
	res, err := b.send(ctx, http.MethodGet, "/sign-in/stream", nil, http.StatusOK)
	if err != nil {
		return nil, err
	}
	s := &waitStream{body: res.Body, in: bufio.NewReaderSize(res.Body, 512)}
	first, err := s.next()
	if err == nil && first.State != "pending" {
		err = fmt.Errorf("a sign-in that was begun is %s", first.State)
	}
	if err != nil {
		res.Body.Close()
		return nil, err
	}
	return s, nil
}

// next waits for the next state.
func (s *waitStream) next() (waitEvent, error) {
	for {
		line, err := s.in.ReadSlice('\n')
		if err != nil {
			return waitEvent{}, fmt.Errorf("the waiting page's stream: %w", err)
		}
		if data, ok := strings.CutPrefix(string(line), "data: "); ok {
			var e waitEvent
			return e, json.Unmarshal([]byte(data), &e)
		}
	}
}

// end reads the stream to its end, so that its connection can be used again.
func (s *waitStream) end() error {
	_, err := io.Copy(io.Discard, s.in)
	return errors.Join(err, s.body.Close())
}

// jar keeps one site's cookies.
type jar struct {
	mu      sync.Mutex
	cookies map[string]string
}

// SetCookies is of http.CookieJar.
func (j *jar) SetCookies(_ *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(j.cookies, c.Name)
			continue
		}
		j.cookies[c.Name] = c.Value
	}
}

// Cookies is of http.CookieJar.
func (j *jar) Cookies(*url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	list := make([]*http.Cookie, 0, len(j.cookies))
	for name, value := range j.cookies {
		list = append(list, &http.Cookie{Name: name, Value: value})
	}
	return list
}

func (j *jar) has(part string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for name := range j.cookies {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// forgetSession is a browser that comes back another day: it is known still, and signed out.
func (j *jar) forgetSession() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for name := range j.cookies {
		if !strings.Contains(name, "portal-browser") {
			delete(j.cookies, name)
		}
	}
}

// firstWords is what a page says, without its tags, at most 200 characters.
func firstWords(page string) string {
	text := []rune(strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " "))
	if len(text) > 200 {
		text = text[:200]
	}
	return html.UnescapeString(string(text))
}

// patience is how long one step of a sign-in may take before it counts as failed.
const patience = 15 * time.Second
