package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newRoot makes the tree of commands. Cobra brings "completion" and "help".
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "nodkey",
		Short: "Sign in with a nod of your phone",
		Long: "Nodkey is a server that asks a person's phone before it lets a browser in,\n" +
			"and the tools around it.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 not found, 5 conflict,\n" +
			"6 busy or away, 7 configuration or data not usable.",
		SilenceErrors: true, // report prints them
		SilenceUsage:  true,
		Args:          usageArgs(cobra.NoArgs),
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError(c, err) })
	root.AddCommand(serveCommand(), demoCommand(), userCommand(), clientCommand(), approveRequestCommand(), verifyCommand(), messageCommand(), mailCommand(), smsCommand(), phoneCommand(), auditCommand(), keyCommand(), benchCommand(), benchServerCommand(), benchSenderCommand(), benchDoorsServerCommand(), benchSinkCommand(), versionCommand(), configCommand())
	return root
}

// usageArgs gives a wrong number or kind of arguments the usage exit code.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if c.HasSubCommands() && len(args) > 0 {
			sentence := fmt.Sprintf("there is no command %q", strings.TrimSpace(c.CommandPath()+" "+args[0]))
			if near := nearest(args[0], commandNames(c)); near != "" {
				sentence += fmt.Sprintf("; did you mean %q?", near)
			}
			return &commandError{code: exitUsage, sentence: sentence, next: "See " + c.CommandPath() + " --help"}
		}
		if err := check(c, args); err != nil {
			return usageError(c, err)
		}
		return nil
	}
}

func usageError(c *cobra.Command, err error) error {
	return &commandError{code: exitUsage, sentence: err.Error(), next: "See " + c.CommandPath() + " --help", err: err}
}

func commandNames(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return names
}
