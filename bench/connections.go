package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/nodkey/nodkey/wire"
)

// Connections is what a small request takes, from the first byte to the last of its answer: medians, one at a time.
type Connections struct {
	New  time.Duration // with a connection of its own: TCP, and TLS where there is any
	Kept time.Duration // on a connection that is open already
}

// MeasureConnections asks for the server's name n times each way.
func MeasureConnections(ctx context.Context, t Target, n int) (Connections, error) {
	transport, err := newTransport(t)
	if err != nil {
		return Connections{}, err
	}
	defer transport.CloseIdleConnections()
	ask := func() (time.Duration, error) {
		start := time.Now()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.Phone+wire.APIPrefix+"/server", nil)
		if err != nil {
			return 0, err
		}
		res, err := transport.RoundTrip(req)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return 0, err
		}
		if res.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("GET %s: status %d", req.URL, res.StatusCode)
		}
		return time.Since(start), nil
	}
	median := func(before func()) (time.Duration, error) {
		took := make([]time.Duration, 0, n)
		for i := range n + n/10 + 1 {
			before()
			d, err := ask()
			if err != nil {
				return 0, err
			}
			if i > n/10 { // the first ones warm up
				took = append(took, d)
			}
		}
		slices.Sort(took)
		return took[len(took)/2], nil
	}
	var c Connections
	if c.New, err = median(transport.CloseIdleConnections); err != nil {
		return c, err
	}
	c.Kept, err = median(func() {})
	return c, err
}
