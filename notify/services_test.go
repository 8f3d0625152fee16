package notify

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestEndpointsAreOfTheServicesOnTheList(t *testing.T) {
	s, err := NewServices(DefaultServices, "push.internal:8443=10.1.2.3:443, 127.0.0.1:9000 own.internal")
	if err != nil {
		t.Fatal(err)
	}
	for endpoint, want := range map[string]string{
		"https://fcm.googleapis.com/fcm/send/abc:def":                 "fcm.googleapis.com",
		"https://FCM.googleapis.com/fcm/send/abc":                     "fcm.googleapis.com",
		"https://fcm.googleapis.com:443/x":                            "fcm.googleapis.com",
		"https://jmt17.google.com/fcm/send/abc":                       "jmt17.google.com",
		"https://updates.push.services.mozilla.com/wpush/v2/gAAAA":    "updates.push.services.mozilla.com",
		"https://web.push.apple.com/QGuQyavXutnMH8jBx":                "*.push.apple.com",
		"https://a.b.push.apple.com/x":                                "*.push.apple.com",
		"https://wns2-par02p.notify.windows.com/w/?token=BQ":          "*.notify.windows.com",
		"https://push.internal:8443/x":                                "push.internal:8443",
		"https://127.0.0.1:9000/x":                                    "127.0.0.1:9000",
		"https://own.internal/x":                                      "own.internal:443",
		"http://fcm.googleapis.com/x":                                 "",
		"https://fcm.googleapis.com:8443/x":                           "",
		"https://fcm.googleapis.com.evil.example/x":                   "",
		"https://evilfcm.googleapis.com/x":                            "",
		"https://push.apple.com/x":                                    "",
		"https://evilpush.apple.com/x":                                "",
		"https://.push.apple.com/x":                                   "",
		"https://a..push.apple.com/x":                                 "",
		"https://fcm.googleapis.com./x":                               "",
		"https://fcm.googleapis.com@127.0.0.1/x":                      "",
		"https://127.0.0.1\\@fcm.googleapis.com/x":                    "",
		"https://user@fcm.googleapis.com/x":                           "",
		"https://push.internal/x":                                     "",
		"https://127.0.0.1/x":                                         "",
		"https://[::1]/x":                                             "",
		"https://169.254.169.254/latest/meta-data":                    "",
		"https://localhost/x":                                         "",
		"https://fcm.googleapis.com%2eevil.example/x":                 "",
		"https:fcm.googleapis.com/x":                                  "",
		"//fcm.googleapis.com/x":                                      "",
		"https://ｆcm.googleapis.com/x":                                "",
		"https://x.push.apple.com" + strings.Repeat(".a", 200) + "/x": "",
		"": "", "https://": "", "https:///x": "", "data:,x": "", "file:///etc/passwd": "",
	} {
		if got, _, ok := s.Service(endpoint); got != want || ok != (want != "") {
			t.Errorf("%s is of %q (%t), want %q", endpoint, got, ok, want)
		}
	}
	if _, host, _ := s.Service("https://evil.example/secret"); host != "evil.example" {
		t.Errorf("the host is told as %q", host)
	}
}

func TestListsOfServicesAreRead(t *testing.T) {
	for _, bad := range [][2]string{
		{"localhost", ""}, {"https://push.example", ""}, {"*", ""}, {"*.com.", ""}, {"10.0.0.1", ""}, {"a.example/x", ""}, {"*.*.example", ""},
		{"", "push.example=somewhere:1"}, {"", "push.example:x:y"}, {"", "push.example=10.1.2.3"}, {"", "https://push.example"},
	} {
		if _, err := NewServices(bad[0], bad[1]); err == nil {
			t.Errorf("%q and %q are taken", bad[0], bad[1])
		}
	}
}

func TestPrivateAddressesAreNobodysOutThere(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "0.0.0.0", "0.1.2.3", "100.64.0.1", "192.0.0.8",
		"198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "fe80::1", "fc00::1", "fd12::1",
		"fec0::1", "ff02::1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "2001::1",
	} {
		if isPublic(netip.MustParseAddr(a)) {
			t.Errorf("%s is dialled", a)
		}
	}
	for _, a := range []string{"8.8.8.8", "142.250.1.1", "2607:f8b0::1", "::ffff:8.8.8.8", "172.32.0.1", "100.128.0.1"} {
		if !isPublic(netip.MustParseAddr(a)) {
			t.Errorf("%s is not dialled", a)
		}
	}
}

// The guard looks at what a name has led to, so the list alone does not have to be right.
func TestANameThatLeadsToAPrivateAddressIsNotDialled(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	place := listener.Addr().String()
	s, err := NewServices(DefaultServices, "")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(place)
	for _, to := range []string{place, "localhost:" + port} {
		if c, err := s.dial(context.Background(), "tcp", to); !errors.Is(err, ErrPrivate) {
			t.Errorf("%s was dialled: %v, %v", to, c, err)
		}
	}
	own, err := NewServices("", place)
	if err != nil {
		t.Fatal(err)
	}
	c, err := own.dial(context.Background(), "tcp", place)
	if err != nil {
		t.Fatalf("the house's own service: %v", err)
	}
	c.Close()
}

// What is checked is what is dialled: an endpoint that passes leads, as net/http reads it, to the very place of the list.
func FuzzEndpoint(f *testing.F) {
	for _, seed := range []string{
		"https://push.example.com/x", "https://a.push.example.net/x", "https://own.internal:8443/x", "https://ntfy.example.com/topic",
		"https://push.example.com\\@evil.example/x", "https://push.example.com@evil.example/x", "https://evil.example/https://push.example.com/x",
		"https://push.example.com:443@evil.example/", "https://[::1]/x", "https://push.example.com%2f.evil.example/x", "https:push.example.com/x", "HTTPS://PUSH.EXAMPLE.COM",
		"https://a@b", "https://[::1]:1/", "https://a.push.example.net:443/%",
	} {
		f.Add(seed)
	}
	services, err := NewServices("push.example.com, *.push.example.net", "own.internal:8443")
	if err != nil {
		f.Fatal(err)
	}
	servers, err := NewNtfyServers("ntfy.example.com", "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		_, _, web := services.Service(endpoint)
		_, _, topic := servers.Service(endpoint)
		if !web && !topic {
			return
		}
		request, err := http.NewRequest(http.MethodPost, endpoint, nil)
		if err != nil {
			return // nothing is sent
		}
		u := request.URL
		port := cmp.Or(u.Port(), "443")
		host := strings.ToLower(u.Hostname())
		listed := port == "443" && (web && (host == "push.example.com" || strings.HasSuffix(host, ".push.example.net")) || topic && host == "ntfy.example.com") ||
			web && host == "own.internal" && port == "8443"
		if u.Scheme != "https" || u.User != nil || !listed || topic && (strings.Count(u.Path, "/") != 1 || u.RawQuery != "" || u.Fragment != "") {
			t.Errorf("%q leads to %s", endpoint, u)
		}
	})
}
