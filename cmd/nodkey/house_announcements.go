package main

import (
	"context"
	"log/slog"
	"time"
)

// announcePause is how long an announcement that another process started, or whose time has come, waits at most.
const announcePause = time.Second

// announce hands out announcements: at once when one is started in this process, and else after a look at the store. It goes
// on where the last one to do so left off, whoever that was.
func (h *house) announce(log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		wake, cancel := h.services.Announcements.Wake()
		defer cancel()
		turn := time.NewTicker(announcePause)
		defer turn.Stop()
		for {
			for {
				_, more, err := h.services.Announcements.Send(ctx)
				if ctx.Err() != nil {
					return nil
				}
				if err != nil {
					log.ErrorContext(ctx, "sending an announcement failed", "error", err)
				}
				if err != nil || !more {
					break // what failed is tried again at the next turn
				}
			}
			select {
			case <-ctx.Done():
				return nil
			case <-wake:
			case <-turn.C:
			}
		}
	}
}
