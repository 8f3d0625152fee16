package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/notify"
)

// remindEvery is how often unread messages are looked for whose time to be spoken of has come.
const remindEvery = time.Minute

// summaries is what carries summaries and codes out of the house, with what monitoring is told of it.
type summaries struct {
	carriers []notify.Carrier
	couriers []*notify.Courier
	tries    *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// openSummaries makes the carriers that the configuration has; there may be none.
func openSummaries(s *settings, services *nodkey.Services, texts *i18n.Bundle, clock nodkey.Clock, log *slog.Logger) (*summaries, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	for _, check := range []func() (string, error){s.checkMail, s.checkSMS} {
		if key, err := check(); err != nil {
			return nil, keyError(key, s.from[key], err)
		}
	}
	m := &summaries{
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nodkey_summaries_total", Help: "Summaries and codes that were to leave, by channel and what became of them; away: the service took nothing at all.",
		}, []string{"channel", "what", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "nodkey_summary_seconds", Help: "Time that a service needed to take a summary or code.", Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 20},
		}, []string{"channel"}),
	}
	if s.Mail.Server != "" {
		mail, err := openMail(s, texts, clock.Now)
		if err != nil {
			return nil, err
		}
		m.carriers = append(m.carriers, mail)
	}
	if s.SMS.URL != "" {
		sms, err := openSMS(s, texts, log, clock.Now)
		if err != nil {
			return nil, err
		}
		m.carriers = append(m.carriers, sms)
	}
	for _, c := range m.carriers {
		m.couriers = append(m.couriers, &notify.Courier{Summaries: services.Summaries, Codes: services.Contacts, Carrier: c, Log: log, Now: clock.Now, Observe: m.observe})
	}
	return m, nil
}

func (m *summaries) close() {
	for _, c := range m.carriers {
		if c, open := c.(interface{ Close() }); open {
			c.Close()
		}
	}
}

func (m *summaries) measure(r prometheus.Registerer) {
	if len(m.couriers) == 0 {
		return
	}
	r.MustRegister(m.tries, m.seconds)
	for _, c := range m.couriers {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "nodkey_summaries_paused", Help: "Whether a channel's service is left alone, as it takes nothing: 1.", ConstLabels: prometheus.Labels{"channel": string(c.Carrier.Channel())},
		}, func() float64 {
			if c.Paused() {
				return 1
			}
			return 0
		}))
	}
}

// observe is a notify.Courier's. Labels are few.
func (m *summaries) observe(c notify.Carried) {
	m.tries.WithLabelValues(string(c.Channel), c.What, c.Outcome).Inc()
	if c.Outcome == nodkey.PushDelivered.String() {
		m.seconds.WithLabelValues(string(c.Channel)).Observe(c.Took.Seconds())
	}
}

// run carries what leaves, each channel by a courier of its own: none waits for another.
func (m *summaries) run(ctx context.Context, log *slog.Logger) {
	var couriers sync.WaitGroup
	for _, c := range m.couriers {
		c.Log = log
		couriers.Go(func() {
			if err := c.Run(ctx); err != nil {
				log.ErrorContext(ctx, "summaries stopped", "channel", c.Carrier.Channel(), "error", err)
			}
		})
	}
	couriers.Wait()
}

// summaryWorkers carry summaries and codes, and remind of what is unread.
func (h *house) summaryWorkers(log *slog.Logger) []func(context.Context) error {
	remind := every(remindEvery, log, "reminders", func(ctx context.Context) error {
		for _, step := range []func(context.Context) (int, error){h.services.Summaries.Remind, h.services.Summaries.Expire} {
			for { // each step is short
				if n, err := step(ctx); err != nil {
					return err
				} else if n == 0 {
					break
				}
			}
		}
		return nil
	})
	if len(h.outgoing.couriers) == 0 {
		return []func(context.Context) error{remind}
	}
	return []func(context.Context) error{remind, func(ctx context.Context) error {
		h.outgoing.run(ctx, log)
		return nil
	}}
}
