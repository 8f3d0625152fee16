package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey/i18n"
	"github.com/nodkey/nodkey/notify"
)

var testNumber = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) // E.164

func smsCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "sms", Short: "Try out how text messages leave",
		Args: usageArgs(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var unicode bool
	test := &cobra.Command{
		Use: "test NUMBER", Short: "Send a text message to see whether section [sms] is right",
		Long: "Send a text message by the gateway of section [sms], and say what that gateway answers. It is in English, has signs that\n" +
			"gateways lose when a setting is wrong, and needs neither a database nor a running server. Send it once without and once\n" +
			"with --unicode, and look at both on a telephone.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			to := strings.ReplaceAll(args[0], " ", "")
			if !testNumber.MatchString(to) {
				return &commandError{code: exitUsage, sentence: fmt.Sprintf("%q is not a telephone number such as +41795550142", args[0]), next: "Write it with + and the country in front, and digits."}
			}
			s, err := loadConfig(c.Flags(), os.LookupEnv)
			if err != nil {
				return err
			}
			host, tried, err := s.testSMS(c.Context(), to, unicode)
			if err != nil {
				return err
			}
			return said(c, fmt.Sprintf("%s has taken it (%s). See whether it arrives, and whether its signs are whole.", host, answerOf(tried)),
				map[string]any{"host": host, "status": tried.Status, "said": tried.Said, "taken": true})
		},
	}
	test.Flags().BoolVar(&unicode, "unicode", false, "send signs that need UCS-2")
	addDataFlags(test)
	addJSONFlag(test)
	group.AddCommand(test)
	return group
}

// testSMS sends the test and gives the gateway's host.
func (s *settings) testSMS(ctx context.Context, to string, unicode bool) (host string, tried notify.Tried, err error) {
	if s.SMS.URL == "" {
		return "", tried, &commandError{code: exitConfig, sentence: "sms.url is not set, so no text messages leave", next: "nodkey config show explains every key."}
	}
	for _, check := range []func() (string, error){s.checkOrigins, s.checkSMS} {
		if key, err := check(); err != nil {
			return "", tried, keyError(key, s.from[key], err)
		}
	}
	texts, err := i18n.Load()
	if err != nil {
		return "", tried, err
	}
	sms, err := openSMS(s, texts, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		return "", tried, err
	}
	address, err := url.Parse(s.SMS.URL)
	if err != nil {
		return "", tried, err
	}
	tried, err = sms.Try(ctx, to, s.texter().Test(texts.For(i18n.Fallback), unicode))
	var away *notify.Away
	switch {
	case err == nil:
		return address.Hostname(), tried, nil
	case errors.As(err, &away) && tried.Status == 0:
		return "", tried, &commandError{code: exitBusy, sentence: "no text message was sent: " + away.Error(), err: err, next: "Look at sms.url, and whether the gateway runs."}
	case tried.Status == 0:
		return "", tried, &commandError{code: exitBusy, sentence: err.Error(), err: err, next: "It may arrive all the same."}
	}
	return "", tried, &commandError{code: exitDenied, sentence: fmt.Sprintf("%s did not take it: %s", address.Hostname(), answerOf(tried)), err: err, next: "Look at section [sms]; docs/sms.md has settings for common gateways."}
}

// answerOf is what a gateway said, in one short line.
func answerOf(t notify.Tried) string {
	text := printable(strings.Join(strings.Fields(t.Said), " "))
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return strings.TrimSuffix(fmt.Sprintf("status %d: %s", t.Status, text), ": ")
}
