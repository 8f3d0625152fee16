package main

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/letter"
	"github.com/nodkey/nodkey/notify"
)

// mailTestWithin is how long a test e-mail may take.
const mailTestWithin = 20 * time.Second

func mailCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "mail", Short: "Try out how e-mail leaves",
		Args: usageArgs(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	test := &cobra.Command{
		Use: "test ADDRESS", Short: "Send an e-mail to see whether section [mail] is right",
		Long: "Send an e-mail by the mail server of section [mail], and say what that server answers. It is in English, says that it\n" +
			"is a test, and needs neither a database nor a running server.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			to, err := addressFlag("the address", args[0])
			if err != nil {
				return err
			}
			s, err := loadConfig(c.Flags(), os.LookupEnv)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), mailTestWithin)
			defer cancel()
			if err := s.testMail(ctx, to.Address); err != nil {
				return err
			}
			return said(c, "The mail server "+s.Mail.Server+" has taken it. See whether it arrives, and where.", map[string]any{"server": s.Mail.Server, "taken": true})
		},
	}
	addDataFlags(test)
	addJSONFlag(test)
	group.AddCommand(test)
	return group
}

// testMail sends the test.
func (s *settings) testMail(ctx context.Context, to string) error {
	if s.Mail.Server == "" {
		return &commandError{code: exitConfig, sentence: "mail.server is not set, so no e-mail leaves", next: "nodkey config show explains every key."}
	}
	for _, check := range []func() (string, error){s.checkOrigins, s.checkMail} {
		if key, err := check(); err != nil {
			return keyError(key, s.from[key], err)
		}
	}
	texts, err := i18n.Load()
	if err != nil {
		return err
	}
	mail, err := openMail(s, texts, time.Now)
	if err != nil {
		return err
	}
	defer mail.Close()
	say := texts.For(i18n.Fallback)
	l, err := s.writer(texts).Test(say)
	if err != nil {
		return err
	}
	_, err = mail.Send(ctx, to, rand.Text(), l)
	var away *notify.Away
	switch {
	case err == nil:
		return nil
	case errors.As(err, &away):
		return &commandError{code: exitBusy, sentence: "no e-mail was sent: " + away.Error(), err: err, next: "Look at section [mail]: server, security, user and password."}
	case errors.Is(err, letter.ErrText):
		return &commandError{code: exitConfig, sentence: "the e-mail cannot be written: " + err.Error(), err: err, next: "Look for odd characters in mail.from and operator_name."}
	}
	return &commandError{code: exitDenied, sentence: "the mail server " + s.Mail.Server + " did not take it: " + err.Error(), err: err, next: "Ask those who run it."}
}
