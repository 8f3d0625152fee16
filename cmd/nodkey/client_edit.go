package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

func clientEdit() *cobra.Command {
	var name, settings string
	var groups []string
	var everybody, plainly bool
	c := &cobra.Command{
		Use: "edit ID", Short: "Change an application's name, groups, settings, or whether it goes without the number",
		Long: "Change an application. What is not named stays as it is. Those whom it may ask about no more are signed out of it with its next\n" +
			"question. Its doors stay: add another application for another door.",
		Example: "  nodkey client edit vpn --group staff --group desk --settings vpn.json",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			var in nodkey.ApplicationEdit
			flags := c.Flags()
			if flags.Changed("name") {
				in.Name = &name
			}
			if everybody && flags.Changed("group") {
				return &commandError{code: exitUsage, sentence: "--group and --everybody exclude each other", next: "Nothing was changed. Give one of them."}
			}
			if everybody || flags.Changed("group") {
				in.Groups = &groups
			}
			if flags.Changed("plain") {
				in.Plain = &plainly
			}
			if settings != "" {
				raw, err := readSettings(settings)
				if err != nil {
					return err
				}
				in.Settings = raw
			}
			if in.Name == nil && in.Groups == nil && in.Plain == nil && in.Settings == nil {
				return &commandError{code: exitUsage, sentence: "there is nothing to change", next: "Name it: --name, --group, --everybody, --plain or --settings."}
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				id := nodkey.ApplicationID(args[0])
				if in.Settings != nil {
					before, err := h.services.Applications.Show(c.Context(), operator, id)
					if err != nil {
						return err
					}
					if err := h.checkSettings(c.Context(), in.With(before)); err != nil {
						return err
					}
				}
				a, err := h.services.Applications.Edit(c.Context(), operator, id, in)
				if err != nil {
					return err
				}
				if asJSON(c) {
					return printJSON(c.OutOrStdout(), applicationJSON(a))
				}
				return printApplication(c.OutOrStdout(), a)
			})
		},
	}
	c.Flags().StringVar(&name, "name", "", "what phones show as who asks, at most 40 characters")
	c.Flags().StringSliceVar(&groups, "group", nil, "whose users it may ask about, in the place of those before; more than once for several")
	c.Flags().BoolVar(&everybody, "everybody", false, "it may ask about everybody")
	c.Flags().BoolVar(&plainly, "plain", false, "wake phones without a number where it cannot show one; --plain=false: not any more")
	c.Flags().StringVar(&settings, "settings", "", "JSON `file` with what its doors need, in the place of the settings before")
	return c
}

// readSettings reads the JSON that an application's doors make sense of.
func readSettings(path string) (json.RawMessage, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, &commandError{code: exitUsage, sentence: "the settings cannot be read: " + err.Error(), err: err, next: "Nothing was changed. Give a JSON file with --settings."}
	}
	if len(strings.TrimSpace(string(raw))) == 0 {
		return nil, &commandError{code: exitUsage, sentence: fmt.Sprintf("there is nothing in %s", path), next: "Nothing was changed. For no settings write {} there."}
	}
	return raw, nil
}
