package main

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

func configCommand() *cobra.Command {
	group := &cobra.Command{
		Use:   "config",
		Short: "Show and check the configuration",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	show := &cobra.Command{
		Use:   "show",
		Short: "Print the configuration in force, with what each key means",
		Long: "Print the configuration in force as a configuration file: what each key means,\n" +
			"its value, and where that came from. Secrets are masked.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := loadConfig(c.Flags(), os.LookupEnv)
			if err != nil {
				return err
			}
			return s.print(c.OutOrStdout())
		},
	}
	check := &cobra.Command{
		Use:   "check",
		Short: "Say whether a server could run with this configuration",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := loadConfig(c.Flags(), os.LookupEnv)
			if err != nil {
				return err
			}
			if err := s.checkServe(); err != nil {
				return err
			}
			if s.TLS.Mode == "files" {
				if _, err := newCertFiles(s.TLS.Cert, s.TLS.Key); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "The configuration is good.")
			return err
		},
	}
	for _, c := range []*cobra.Command{show, check} {
		addConfigFlags(c.Flags())
		group.AddCommand(c)
	}
	return group
}

// print writes the settings as TOML that loadConfig reads again, but for the
// masked secrets.
func (s *settings) print(w io.Writer) error {
	var text strings.Builder
	section := ""
	for _, f := range fields() {
		name := f.key
		if i := strings.LastIndexByte(f.key, '.'); i >= 0 {
			if section != f.key[:i] {
				section = f.key[:i]
				fmt.Fprintf(&text, "[%s]\n\n", section)
			}
			name = f.key[i+1:]
		}
		for _, line := range wrap(f.doc, 96) {
			fmt.Fprintf(&text, "# %s\n", line)
		}
		fmt.Fprintf(&text, "%s = %s # %s\n\n", name, s.literal(f), s.from[f.key])
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func (s *settings) literal(f field) string {
	value := f.text(&s.Config)
	switch {
	case f.isTables():
		value := reflect.ValueOf(&s.Config).Elem().FieldByIndex(f.index).Interface()
		return value.(interface{ toml() string }).toml()
	case f.isBool(), f.isInt():
		return value
	case f.secret && value != "":
		return `"********"`
	}
	return strconv.QuoteToASCII(value) // one line of text: its escapes are TOML's too
}

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
