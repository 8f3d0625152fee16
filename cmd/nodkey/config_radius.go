package main

import (
	"errors"
	"strings"
)

// RADIUSConfig says where network equipment finds this server. Its applications are added with nodkey client (docs/doors/radius.md).
type RADIUSConfig struct {
	Listen       Listen `key:"listen" default:"" doc:"Address and UDP port for RADIUS, such as :1812. Clients are told by the networks in their applications' settings. Empty: the door is closed."`
	RadSecListen Listen `key:"radsec_listen" default:"" doc:"Address and TCP port for RADIUS over TLS, such as :2083. Clients are told by their certificates. Empty: the door is closed."`
	Cert         string `key:"cert" default:"" doc:"Certificate chain for EAP-TTLS and RADIUS over TLS, PEM, the server's own first. Read again when it changes. Empty: tls.cert, if tls.mode is files."`
	Key          string `key:"key" default:"" doc:"Private key of that certificate, PEM."`
	ClientCA     string `key:"client_ca" default:"" doc:"PEM file of authorities whose certificates clients over TLS may come with, by the host names in certificate_names of their settings. Empty: only certificates that settings name by their SHA-256."`
}

// open reports whether the door is.
func (c RADIUSConfig) open() bool { return c.Listen != "" || c.RadSecListen != "" }

// radiusFiles are the certificate and its key, both empty where there are none.
func (s *settings) radiusFiles() (cert, key string) {
	if s.RADIUS.Cert == "" && s.TLS.Mode == "files" {
		return s.TLS.Cert, s.TLS.Key
	}
	return s.RADIUS.Cert, s.RADIUS.Key
}

func (s *settings) checkRADIUS() (string, error) {
	r := s.RADIUS
	if (r.Cert == "") != (r.Key == "") {
		return "radius.key", errors.New("goes together with radius.cert: set both or neither")
	}
	if cert, _ := s.radiusFiles(); cert == "" && r.RadSecListen != "" {
		return "radius.cert", errors.New("must name a certificate while radius.radsec_listen is set and tls.mode is not files")
	}
	if r.RadSecListen != "" && !strings.HasSuffix(string(r.RadSecListen), ":0") && (r.RadSecListen == s.Listen || r.RadSecListen == s.MetricsListen) {
		return "radius.radsec_listen", errors.New("must differ from listen and metrics_listen")
	}
	if r.ClientCA != "" {
		if _, err := rootsFromFile(r.ClientCA); err != nil {
			return "radius.client_ca", err
		}
	}
	return "", nil
}
