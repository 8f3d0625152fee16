package main

import (
	"context"
	"log/slog"

	"github.com/nodkey/nodkey"
)

// sealAudit puts audit rows into blocks every second, and once more when the server has stopped: rows of its last moment
// are then as protected as all others.
func (h *house) sealAudit(log *slog.Logger) func(context.Context) error {
	seal := func(ctx context.Context) error {
		_, err := h.services.Audit.Seal(ctx)
		return err
	}
	often := every(nodkey.UpkeepEvery, log, "audit sealing", seal)
	return func(ctx context.Context) error {
		if err := often(ctx); err != nil {
			return err
		}
		if err := seal(context.WithoutCancel(ctx)); err != nil {
			log.ErrorContext(ctx, "audit sealing failed", "error", err)
		}
		return nil
	}
}
