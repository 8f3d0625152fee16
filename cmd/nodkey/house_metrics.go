package main

import "github.com/prometheus/client_golang/prometheus"

// measure tells monitoring how much the house has to do.
func (h *house) measure(r prometheus.Registerer) {
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	counter := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value)
	}
	r.MustRegister(
		counter("nodkey_store_updates_total", "Changes written to the database.", func() float64 { return float64(h.store.Stats().Updates) }),
		counter("nodkey_store_commits_total", "Durable commits that the changes shared.", func() float64 { return float64(h.store.Stats().Commits) }),
		gauge("nodkey_store_waiting", "Changes that wait for their turn.", func() float64 { return float64(h.store.Stats().Waiting) }),
		gauge("nodkey_streams_waiting", "Pages and phones that wait to be told of a change.", func() float64 { return float64(h.bus.Waiters()) }),
	)
	if h.messages != nil {
		h.messages.measure(r)
	}
	h.outgoing.measure(r)
	if h.pool != nil {
		r.MustRegister(
			gauge("nodkey_passwords_running", "Passwords being hashed.", func() float64 { return float64(h.pool.Load().Running) }),
			gauge("nodkey_passwords_waiting", "Passwords that wait to be hashed.", func() float64 { return float64(h.pool.Load().Waiting) }),
		)
	}
}
