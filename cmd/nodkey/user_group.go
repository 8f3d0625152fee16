package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

func userGroup() *cobra.Command {
	return &cobra.Command{
		Use: "group NAME add|remove GROUP", Short: "Put a user in a group, or take them out of it",
		Long: "Groups say which applications may ask about a user (nodkey client add --group), and are told to those that ask for them.\n" +
			"A group that nobody is in is none: there is nothing to make first.",
		Example: "  nodkey user group mara add staff",
		Args:    usageArgs(cobra.ExactArgs(3)),
		RunE: func(c *cobra.Command, args []string) error {
			name, verb, group := args[0], args[1], args[2]
			if verb != "add" && verb != "remove" {
				return &commandError{code: exitUsage, sentence: fmt.Sprintf("%q is neither add nor remove", verb), next: "See nodkey user group --help"}
			}
			return operated(c, func(h *house, operator nodkey.Caller) error {
				change, done := h.services.Users.JoinGroup, "%s is in the group %s."
				if verb == "remove" {
					change, done = h.services.Users.LeaveGroup, "%s is not in the group %s."
				}
				if err := change(c.Context(), operator, name, group); err != nil {
					return err
				}
				groups, err := h.services.Users.Groups(c.Context(), operator, name)
				if err != nil {
					return err
				}
				if groups == nil {
					groups = []string{}
				}
				return said(c, fmt.Sprintf(done, name, group), map[string]any{"name": name, "groups": groups})
			})
		},
	}
}
