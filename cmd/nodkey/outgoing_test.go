package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestCallsToApplicationsFollowNoRedirect(t *testing.T) {
	followed := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	t.Cleanup(elsewhere.Close)
	for _, to := range []string{elsewhere.URL, "http://%zz/secret", "file:///etc/passwd"} {
		redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}))
		answer, err := newOutgoing().Post(redirecting.URL, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		redirecting.Close()
		if answer.StatusCode != http.StatusTemporaryRedirect || followed {
			t.Errorf("%s: %d, followed %t", to, answer.StatusCode, followed)
		}
	}
}

func TestCallsWithoutTLSStayOnThisMachine(t *testing.T) {
	for _, elsewhere := range []string{"192.0.2.1:8080", "10.0.0.1:80", "[2001:db8::1]:80", "0.0.0.0:80", "169.254.169.254:80"} {
		if err := onlyHere("tcp", elsewhere, nil); !errors.Is(err, errNotHere) {
			t.Errorf("%s: %v", elsewhere, err)
		}
	}
	for _, here := range []string{"127.0.0.1:80", "[::1]:8080", "[::ffff:127.0.0.1]:80"} {
		if err := onlyHere("tcp", here, nil); err != nil {
			t.Errorf("%s: %v", here, err)
		}
	}
	_, err := newOutgoing().Get("http://192.0.2.1/")
	var inner *url.Error
	if !errors.As(err, &inner) || !errors.Is(err, errNotHere) {
		t.Errorf("a call elsewhere: %v", err)
	}
	proxied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	t.Cleanup(proxied.Close)
	t.Setenv("HTTP_PROXY", proxied.URL)
	direct := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(direct.Close)
	answer, err := newOutgoing().Get(direct.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Errorf("it went through a proxy: %d", answer.StatusCode)
	}
}
