package main

import (
	"context"
	"crypto/x509"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/notify"
)

// channels tells the domain which channels there are. It is a [nodkey.PushServices].
type channels struct {
	web     *notify.Services    // nil: no Web Push
	ntfy    *notify.NtfyServers // nil: no ntfy
	webhook bool
}

// Has reports whether a channel is on.
func (c channels) Has(channel string) bool {
	switch channel {
	case nodkey.ChannelWebPush:
		return c.web != nil
	case nodkey.ChannelNtfy:
		return c.ntfy != nil
	case nodkey.ChannelWebhook:
		return c.webhook
	}
	return false
}

// Service gives the service that an endpoint of a channel is of.
func (c channels) Service(channel, endpoint string) (service, host string, ok bool) {
	switch {
	case !c.Has(channel):
		return "", "", false
	case channel == nodkey.ChannelWebPush:
		return c.web.Service(endpoint)
	case channel == nodkey.ChannelNtfy:
		return c.ntfy.Service(endpoint)
	}
	return nodkey.ChannelWebhook, nodkey.ChannelWebhook, true
}

// any reports whether there is a channel at all.
func (c channels) any() bool { return c.web != nil || c.ntfy != nil || c.webhook }

// pushChannels reads which channels there are.
func (s *settings) pushChannels() (c channels, err error) {
	if key, err := s.checkPush(); err != nil {
		return channels{}, keyError(key, s.from[key], err)
	}
	if s.Push.Web {
		if c.web, err = notify.NewServices(s.Push.Services, s.Push.OwnServices); err != nil {
			return channels{}, err
		}
	}
	if s.Push.Ntfy != "" {
		if c.ntfy, err = notify.NewNtfyServers(s.Push.Ntfy, s.Push.OwnServices); err != nil {
			return channels{}, err
		}
	}
	c.webhook = s.Push.Webhook != ""
	return c, nil
}

// pushSubject is where push services find the operator.
func (s *settings) pushSubject() string {
	if s.Push.Subject != "" {
		return s.Push.Subject
	}
	return "https://" + s.PortalHost.Hostname()
}

// carrier is a channel that is at work.
type carrier interface {
	notify.Channel
	Paused() int
	Close()
}

// messages is what carries messages to phones, with what monitoring is told of it. It is nil where every channel is off.
type messages struct {
	web      *notify.WebPush // nil: off
	carriers []carrier       // all of them
	tries    *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// openMessages makes the channels.
func openMessages(s *settings, c channels, outbox *nodkey.Outbox, texts *i18n.Bundle, clock nodkey.Clock) (*messages, error) {
	var roots *x509.CertPool
	if s.Push.CARoots != "" {
		var err error
		if roots, err = rootsFromFile(s.Push.CARoots); err != nil {
			return nil, err
		}
	}
	m := &messages{
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nodkey_push_messages_total", Help: "Messages to phones, by channel, service and what became of them; paused ones were not tried, as the service kept failing.",
		}, []string{"channel", "service", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "nodkey_push_accepted_seconds", Help: "Time from a request's making to the service's receipt of its message.",
			Buckets: []float64{.005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5, 15, 60, 180},
		}, []string{"channel", "service"}),
	}
	if c.web != nil {
		web, err := notify.NewWebPush(notify.WebPushConfig{Services: c.web, Key: outbox.PushKey(), Subject: s.pushSubject(), Roots: roots, Now: clock.Now})
		if err != nil {
			return nil, err
		}
		m.web, m.carriers = web, append(m.carriers, web)
	}
	if c.ntfy != nil {
		ntfy, err := notify.NewNtfy(notify.NtfyConfig{
			Servers: c.ntfy, Token: s.Push.NtfyToken, Title: s.ServerName, Click: s.PhoneHost.String() + "/", Roots: roots, Now: clock.Now,
			Sentence: func(locale string) string { return texts.For(locale).T("notify.waiting", nil) },
		})
		if err != nil {
			return nil, err
		}
		m.carriers = append(m.carriers, ntfy)
	}
	if c.webhook {
		webhook, err := notify.NewWebhook(notify.WebhookConfig{
			URL: s.Push.Webhook, Secret: s.Push.WebhookSecret, Phone: s.PhoneHost.String() + "/", Roots: roots, Now: clock.Now,
		})
		if err != nil {
			return nil, err
		}
		m.carriers = append(m.carriers, webhook)
	}
	return m, nil
}

func (m *messages) close() {
	for _, c := range m.carriers {
		c.Close()
	}
}

func (m *messages) measure(r prometheus.Registerer) {
	r.MustRegister(m.tries, m.seconds)
	for _, c := range m.carriers {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "nodkey_push_paused_hosts", Help: "Hosts of a channel that are left alone, as they keep failing.", ConstLabels: prometheus.Labels{"channel": c.Name()},
		}, func() float64 { return float64(c.Paused()) }))
	}
}

// observe is a notify.Worker's. Services are those of the configuration, so labels are few.
func (m *messages) observe(a notify.Attempt) {
	m.tries.WithLabelValues(a.Channel, a.Service, a.Outcome).Inc()
	if a.Outcome == nodkey.PushDelivered.String() {
		m.seconds.WithLabelValues(a.Channel, a.Service).Observe(a.Since.Seconds())
	}
}

// run carries messages, each channel by a worker of its own: none waits for another.
func (m *messages) run(h *house, log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		var workers sync.WaitGroup
		for _, c := range m.carriers {
			worker := &notify.Worker{Queue: h.services.Outbox, Channel: c, Log: log, Now: h.clock.Now, Observe: m.observe}
			workers.Go(func() {
				if err := worker.Run(ctx); err != nil {
					log.ErrorContext(ctx, "messages to phones stopped", "channel", c.Name(), "error", err)
				}
			})
		}
		workers.Wait()
		return nil
	}
}
