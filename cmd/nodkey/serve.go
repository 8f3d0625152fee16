package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey/web"
)

func serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the server: client portal, phone app and phone API",
		Long: "Run the server until it is told to stop (SIGTERM or Ctrl-C): open pages and phones are\n" +
			"told, running requests finish, then it exits. `nodkey config show` explains every key.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := loadConfig(c.Flags(), os.LookupEnv)
			if err != nil {
				return err
			}
			if err := s.checkServe(); err != nil {
				return err
			}
			log := newLog(s.Log, c.ErrOrStderr())
			h, err := openHouse(c.Context(), s, houseOptions{log: log})
			if err != nil {
				return err
			}
			if err := h.syncClients(c.Context()); err != nil {
				return errors.Join(err, h.close())
			}
			srv := newServer(s, log, h.sentence)
			h.measure(srv.metrics.registerer())
			sites, err := h.sites(srv, log, houseOptions{}, web.Origin{})
			if err != nil {
				return errors.Join(err, h.close())
			}
			return srv.run(c.Context(), app{
				sites: sites, workers: h.workers(log), close: h.close,
				ready: []readyCheck{{name: "database", check: h.store.Ready}},
			})
		},
	}
	addConfigFlags(c.Flags())
	return c
}
