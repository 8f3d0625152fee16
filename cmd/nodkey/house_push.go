package main

import (
	"context"
	"crypto/x509"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/notify"
)

// messages is what carries messages to phones, with what monitoring is told of it. It is nil where Web Push is off.
type messages struct {
	web     *notify.WebPush
	tries   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

// channels tells the domain which channels there are. It is a [nodkey.PushServices].
type channels struct{ web *notify.Services }

// Has reports whether a channel is on.
func (c channels) Has(channel string) bool { return channel == nodkey.ChannelWebPush }

// Service gives the service that an endpoint of a channel is of.
func (c channels) Service(channel, endpoint string) (service, host string, ok bool) {
	if channel != nodkey.ChannelWebPush {
		return "", "", false
	}
	return c.web.Service(endpoint)
}

// pushServices reads which push services there are; nil where Web Push is off.
func (s *settings) pushServices() (*notify.Services, error) {
	if !s.Push.Web {
		return nil, nil
	}
	if key, err := s.checkPush(); err != nil {
		return nil, keyError(key, s.from[key], err)
	}
	return notify.NewServices(s.Push.Services, s.Push.OwnServices)
}

// pushSubject is where push services find the operator.
func (s *settings) pushSubject() string {
	if s.Push.Subject != "" {
		return s.Push.Subject
	}
	return "https://" + s.PortalHost.Hostname()
}

// openMessages makes the channels.
func openMessages(s *settings, services *notify.Services, outbox *nodkey.Outbox, clock nodkey.Clock) (*messages, error) {
	var roots *x509.CertPool
	if s.Push.CARoots != "" {
		var err error
		if roots, err = rootsFromFile(s.Push.CARoots); err != nil {
			return nil, err
		}
	}
	web, err := notify.NewWebPush(notify.WebPushConfig{
		Services: services, Key: outbox.PushKey(), Subject: s.pushSubject(), Roots: roots, Now: clock.Now,
	})
	if err != nil {
		return nil, err
	}
	return &messages{
		web: web,
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nodkey_push_messages_total", Help: "Messages to phones, by channel, push service and what became of them; paused ones were not tried, as the service kept failing.",
		}, []string{"channel", "service", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "nodkey_push_accepted_seconds", Help: "Time from a request's making to the push service's receipt of its message.",
			Buckets: []float64{.005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5, 15, 60, 180},
		}, []string{"channel", "service"}),
	}, nil
}

func (m *messages) measure(r prometheus.Registerer) {
	r.MustRegister(m.tries, m.seconds, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "nodkey_push_paused_hosts", Help: "Hosts of push services that are left alone, as they keep failing.",
	}, func() float64 { return float64(m.web.Paused()) }))
}

// observe is a notify.Worker's. Services are those of the configuration, so labels are few.
func (m *messages) observe(a notify.Attempt) {
	m.tries.WithLabelValues(a.Channel, a.Service, a.Outcome).Inc()
	if a.Outcome == nodkey.PushDelivered.String() {
		m.seconds.WithLabelValues(a.Channel, a.Service).Observe(a.Since.Seconds())
	}
}

func (m *messages) run(h *house, log *slog.Logger) func(context.Context) error {
	worker := &notify.Worker{Queue: h.services.Outbox, Channel: m.web, Log: log, Now: h.clock.Now, Observe: m.observe}
	return worker.Run
}
