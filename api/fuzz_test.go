package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func FuzzAsking(f *testing.F) {
	for _, seed := range []string{asksYes, asksSignIn, `{"user":"mara","kind":"sign_in","password":"x","codeOnly":true,"seconds":30}`, `{"seconds":18446744103}`,
		`{"address":"fe80::1%eth0"}`, `{"address":"::ffff:192.0.2.1"}`, `{"user":"\ud800"}`, `[]`, `{"a":`} {
		f.Add(seed, "order-7")
	}
	f.Fuzz(func(t *testing.T, body, key string) {
		r := httptest.NewRequest(http.MethodPost, "/api/approvals", strings.NewReader(body))
		r.Header["Content-Type"], r.Header["Idempotency-Key"] = []string{"application/json"}, []string{key}
		in, err := readAsking(httptest.NewRecorder(), r)
		if err != nil {
			return
		}
		if len(body) > bodyMost {
			t.Errorf("%d bytes were read", len(body))
		}
		if in.Life < -time.Second || in.Life > 24*time.Hour || in.Life%time.Second != 0 {
			t.Errorf("it would wait %v", in.Life)
		}
		if in.Source.Is4In6() || in.Source.Zone() != "" {
			t.Errorf("the address is %v", in.Source)
		}
		if in.Idempotency != key || in.Tell != "" {
			t.Errorf("%+v", in)
		}
	})
}

func FuzzCredentials(f *testing.F) {
	for _, seed := range []string{"Basic YmFuazpzZWNyZXQ=", "Bearer bank.secret", "bearer  a.b.c", "Basic Og==", "Bearer", "Bearer .", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["Authorization"] = []string{value}
		id, secret, ok := credentials(r)
		if ok && (len(id) > credentialMost || len(secret) > credentialMost) {
			t.Errorf("%d and %d characters", len(id), len(secret))
		}
		if ok && strings.HasPrefix(value, "Bearer ") && !strings.HasSuffix(value, id+"."+secret) {
			t.Errorf("%q is %q and %q", value, id, secret)
		}
	})
}

func FuzzWaitSpan(f *testing.F) {
	for _, seed := range []string{"", "timeout=30", "timeout=60", "timeout=61", "timeout=%31", "timeout=1&timeout=2", "a=b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if span, ok := waitSpan(query); ok && (span < time.Second || span > waitMost) {
			t.Errorf("%q waits %v", query, span)
		}
	})
}
