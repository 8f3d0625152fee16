package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by -ldflags "-X main.version=…"; builds by "go install" know
// theirs from the module instead.
var version string

// build is what this binary says of itself.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // commit, where the build knew it
	Modified bool   `json:"modified,omitempty"` // built from a changed work tree
	Go       string `json:"go"`
}

func thisBuild() build {
	b := build{Version: version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Go = info.GoVersion
	if b.Version == "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Say which build this is",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			b := thisBuild()
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(b)
			}
			line := "nodkey " + b.Version
			if b.Revision != "" {
				line += ", revision " + b.Revision
			}
			if b.Modified {
				line += " with changes"
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), line+", "+b.Go)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one line of JSON")
	return c
}
