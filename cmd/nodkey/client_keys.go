package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

// clientKeysRotate is below client keys: those are the keys of evidence, these the keys of tokens.
func clientKeysRotate() *cobra.Command {
	after, drop := nodkey.SigningKeyAhead, false
	c := &cobra.Command{
		Use: "rotate", Short: "Make new keys for the tokens of OpenID Connect",
		Long: "Make new keys for the tokens that applications of OpenID Connect get. They are published at once and sign after --after; the old\n" +
			"ones stay published for a week longer, so that no application has to do anything. Servers do this by themselves every 90 days.\n" +
			"With --drop the new ones sign at once and the old ones count no more: for keys that somebody else may have.",
		Example: "  nodkey client keys rotate\n  nodkey client keys rotate --after 0s",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if drop && !c.Flags().Changed("after") {
				after = 0
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				made, err := h.services.SigningKeys.Rotate(c.Context(), operator, after, drop)
				if err != nil {
					return err
				}
				out := make([]map[string]any, len(made))
				lines := []string{"No tokens were signed yet, so there are no keys to rotate."}
				for i, k := range made {
					out[i] = map[string]any{"id": k.ID, "alg": k.Alg, "signsFrom": k.SignsFrom}
					lines = append(lines[:i], fmt.Sprintf("Key %s (%s) is made and published. It signs from %s.", k.ID, k.Alg, k.SignsFrom.Local().Format("2006-01-02 15:04")))
				}
				return said(c, strings.Join(lines, "\n"), map[string]any{"keys": out})
			})
		},
	}
	c.Flags().DurationVar(&after, "after", after, "when the new keys begin to sign: applications keep key sets for a day at most; up to 720h")
	c.Flags().BoolVar(&drop, "drop", false, "the old keys count no more, at once")
	return c
}
