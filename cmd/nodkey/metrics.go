package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/nodkey/nodkey/web"
)

// metrics counts what the server does. Labels are taken from fixed sets only:
// doors, methods, route patterns, statuses.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nodkey_http_requests_total", Help: "Requests answered, by door, method, route and status.",
		}, []string{"door", "method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "nodkey_http_request_duration_seconds", Help: "Time from a request's arrival to the end of its answer; for streams, their life.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60, 300},
		}, []string{"door", "route"}),
	}
	b := thisBuild()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "nodkey_build_info", Help: "1, labelled with the running build.",
		ConstLabels: prometheus.Labels{"version": b.Version, "revision": b.Revision, "go": b.Go},
	})
	info.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// registerer takes the metrics of other parts: store, password pool, bus.
func (m *metrics) registerer() prometheus.Registerer { return m.registry }

// observe is a web.Observe.
func (m *metrics) observe(x web.Exchange) {
	m.requests.WithLabelValues(x.Door, x.Method, x.Route, strconv.Itoa(x.Status)).Inc()
	m.seconds.WithLabelValues(x.Door, x.Route).Observe(float64(x.Duration) / float64(time.Second))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
