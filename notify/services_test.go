package notify

import (
	"context"
	"errors"
	"net"
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

// FuzzService: whatever a phone says, what is sent to is on the list.
func FuzzService(f *testing.F) {
	s, err := NewServices(DefaultServices, "push.internal:8443")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"https://fcm.googleapis.com/x", "https://a@b", "https://[::1]:1/", "https://web.push.apple.com:443/%", "https://push.internal:8443/x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		service, host, ok := s.Service(endpoint)
		if ok != (service != "") || ok && host == "" {
			t.Fatalf("%q: %q %q %t", endpoint, service, host, ok)
		}
		if suffix, wild := strings.CutPrefix(service, "*"); ok && service != host && !(wild && strings.HasSuffix(host, suffix)) && service != host+":8443" {
			t.Fatalf("%q of %q is taken for %q", endpoint, host, service)
		}
	})
}
