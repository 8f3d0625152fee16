package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	codec "layeh.com/radius"

	"github.com/nodkey/nodkey/radius"
	"github.com/nodkey/nodkey/web"
)

func TestRADIUSSettingsThatDoNotGoTogether(t *testing.T) {
	good := map[string]string{"tls.mode": "off", "listen": "127.0.0.1:8080", "portal_host": "http://portal.localhost:8080", "phone_host": "http://phone.localhost:8080", "data_dir": t.TempDir()}
	for name, c := range map[string]struct {
		set  map[string]string
		says string
	}{
		"closed":             {nil, ""},
		"UDP alone":          {map[string]string{"radius.listen": ":1812"}, ""},
		"TLS without a key":  {map[string]string{"radius.radsec_listen": ":2083", "radius.cert": "a.pem"}, "radius.key"},
		"TLS without either": {map[string]string{"radius.radsec_listen": ":2083"}, "radius.cert"},
		"the portal's port":  {map[string]string{"radius.radsec_listen": "127.0.0.1:8080", "radius.cert": "a", "radius.key": "b"}, "radius.radsec_listen"},
		"no such authority":  {map[string]string{"radius.listen": ":1812", "radius.client_ca": "/nowhere.pem"}, "radius.client_ca"},
		"a name":             {map[string]string{"radius.listen": "radius.example.com:1812"}, "radius.listen"},
	} {
		set := map[string]string{}
		for _, from := range []map[string]string{good, c.set} {
			for key, value := range from {
				set[key] = value
			}
		}
		s, err := makeSettings(set)
		if err == nil {
			err = s.checkServe()
		}
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The door is a worker of the server's: it listens before anything starts, counts without names, and ends with the rest.
func TestRADIUSRunsAndEndsWithTheServer(t *testing.T) {
	s := loopback(t)
	s.RADIUS.Listen, s.DataDir = "127.0.0.1:0", filepath.Join(s.DataDir, "data")
	s.MasterKeyFile, s.Database = filepath.Join(s.DataDir, "master.key"), filepath.Join(s.DataDir, "nodkey.db")
	log := &safeBuffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	h, err := openHouse(t.Context(), s, houseOptions{passwords: quickPasswords{}})
	if err != nil {
		t.Fatal(err)
	}
	secret := addRADIUS(t, s, "vpn", `{"networks":["127.0.0.1"]}`, exitOK, "")
	addRADIUS(t, s, "other", `{"networks":["127.0.0.1"]}`, exitUsage, "vpn and other both name the network 127.0.0.1/32")
	addRADIUS(t, s, "other", `{"networks":["127.0.0.300"]}`, exitUsage, "not a network")
	srv := newServer(s, logger, h.sentence)
	sites, err := h.sites(srv, logger, houseOptions{}, web.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	at := h.radius.socket.LocalAddr().String()
	busy := *s
	busy.RADIUS.Listen = Listen(at)
	second := &house{settings: &busy, services: h.services, texts: h.texts}
	if _, err := second.openRADIUS(t.Context(), newMetrics().registerer(), logger); err == nil || !strings.Contains(err.Error(), "another program uses that port") {
		t.Errorf("a port in use: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended, listening := make(chan error, 1), make(chan string, 1)
	go func() {
		ended <- srv.run(ctx, app{sites: sites, workers: h.workers(logger), close: h.close, listening: func(_, status net.Addr) { listening <- status.String() }, graceSpare: time.Second})
	}()
	status := <-listening

	conn, err := net.Dial("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p := codec.New(codec.CodeStatusServer, []byte(secret))
	raw, err := radius.SealRequest(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(raw); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, codec.MaxPacketLength)
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := radius.OpenAnswer(buffer[:n], p); err != nil || a.Code != codec.CodeAccessAccept {
		t.Errorf("%v, %v", a, err)
	}
	answer, err := http.Get("http://" + status + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || !bytes.Contains(body, []byte(`nodkey_radius_packets_total{method="status",outcome="alive",transport="udp"} 1`)) || !bytes.Contains(body, []byte("nodkey_radius_waiting 0")) {
		t.Errorf("%v\n%s", err, body)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	again, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatalf("the port is still in use: %v", err)
	}
	again.Close()
}

// addRADIUS adds an application by command and gives its secret.
func addRADIUS(t *testing.T, s *settings, id, settings string, want int, says string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	code := run(t.Context(), []string{"client", "add", id, "--door", "radius", "--settings", file, "--json", "--data-dir", s.DataDir,
		"--portal-host", "https://portal.example.com", "--phone-host", "https://phone.localhost"}, strings.NewReader(""), &out, &problems)
	if code != want || !strings.Contains(problems.String(), says) {
		t.Fatalf("%d: %s", code, &problems)
	}
	var added struct{ NewSecrets []struct{ Secret string } }
	if want == exitOK {
		if err := json.Unmarshal(out.Bytes(), &added); err != nil {
			t.Fatal(err)
		}
		return added.NewSecrets[0].Secret
	}
	return ""
}
