package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nodkey/nodkey/radius"
)

// radiusDoor is the door for network equipment with what it listens on.
type radiusDoor struct {
	*radius.Door
	socket   *net.UDPConn // nil: closed
	listener net.Listener // nil: closed
}

// openRADIUS listens where the configuration says, if anywhere, so that a port in use is found before anything starts.
func (h *house) openRADIUS(ctx context.Context, r prometheus.Registerer, log *slog.Logger) (_ *radiusDoor, err error) {
	c := h.settings.RADIUS
	if !c.open() {
		return nil, nil
	}
	config := radius.Config{Observe: observeRADIUS(r)}
	if cert, key := h.settings.radiusFiles(); cert != "" {
		files, err := newCertFiles(cert, key)
		if err != nil {
			return nil, err
		}
		files.log = log
		config.Certificate = files.getCertificate
	}
	if c.ClientCA != "" {
		if config.ClientCA, err = rootsFromFile(c.ClientCA); err != nil {
			return nil, err
		}
	}
	d := &radiusDoor{Door: radius.New(config, h.services.Applications, log, h.texts)}
	if err := d.Refresh(ctx); err != nil {
		return nil, &commandError{code: exitConfig, sentence: err.Error(), err: err, next: "Change one of them with nodkey client, then start again."}
	}
	if c.Listen != "" {
		if d.socket, err = openSocket("radius.listen", c.Listen); err != nil {
			return nil, err
		}
		log.Info("listening", "listener", "radius", "address", d.socket.LocalAddr().String(), "tls", false)
	}
	if c.RadSecListen != "" {
		if d.listener, err = openListener("radius.radsec_listen", c.RadSecListen); err != nil {
			return nil, errors.Join(err, d.close())
		}
		log.Info("listening", "listener", "radsec", "address", d.listener.Addr().String(), "tls", true)
	}
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "nodkey_radius_waiting", Help: "RADIUS requests without an answer yet."}, func() float64 { return float64(d.Waiting()) }))
	return d, nil
}

// serve is a worker of the server's.
func (d *radiusDoor) serve(ctx context.Context) error { return d.Serve(ctx, d.socket, d.listener) }

// close is for a door that was opened and never served. Twice is as good as once.
func (d *radiusDoor) close() error {
	if d == nil {
		return nil
	}
	if d.socket != nil {
		_ = d.socket.Close()
	}
	if d.listener != nil {
		_ = d.listener.Close()
	}
	return nil
}

// observeRADIUS counts packets. Every label is one of a few.
func observeRADIUS(r prometheus.Registerer) func(radius.Exchange) {
	packets := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nodkey_radius_packets_total", Help: "RADIUS packets that came, by what became of them."}, []string{"transport", "method", "outcome"})
	r.MustRegister(packets)
	return func(x radius.Exchange) { packets.WithLabelValues(x.Transport, x.Method, string(x.Outcome)).Inc() }
}

// openSocket opens a UDP port, or says in one sentence why it cannot.
func openSocket(key string, address Listen) (*net.UDPConn, error) {
	socket, err := net.ListenPacket("udp", string(address))
	if err == nil {
		return socket.(*net.UDPConn), nil
	}
	trouble := &commandError{code: exitFailed, err: err, sentence: fmt.Sprintf("cannot listen on %s (%s): %v", address, key, errors.Unwrap(err))}
	if errors.Is(err, syscall.EADDRINUSE) {
		trouble.code, trouble.next = exitBusy, "Stop the other program, or choose another port."
		trouble.sentence = fmt.Sprintf("cannot listen on %s (%s): another program uses that port", address, key)
	}
	return nil, trouble
}
