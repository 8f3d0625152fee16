package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

func approveRequestCommand() *cobra.Command {
	var life time.Duration
	c := &cobra.Command{
		Use: "approve-request USER TEXT", Short: "Ask a user for a signed yes to a text, and print the evidence",
		Long: "Ask a user for a yes to a text, in the server's own name: the phone shows it whole, and signs the answer with it. The number\n" +
			"that is to be typed on the phone is printed at once on standard error: tell it to the person, and to nobody else. The evidence\n" +
			"of a yes is printed as JSON on standard output; nodkey verify checks it, also without this server.\n" +
			"Exit code 3: the person said no, or nobody answered in time.",
		Example: "  nodkey approve-request mara \"Pay 250.00 EUR to Anna Weber\" > evidence.json",
		Args:    usageArgs(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			return operated(c, func(h *house, operator nodkey.Caller) error {
				caller, err := h.services.Applications.AsOperator(operator)
				if err != nil {
					return err
				}
				in := nodkey.Asking{User: args[0], Text: args[1], Kind: nodkey.ApproveConfirm, Shown: true, Life: life}
				return approveRequest(c, h.services.Applications, caller, in)
			})
		},
	}
	c.Flags().DurationVar(&life, "wait", nodkey.ApprovalLife, "how long to wait for the answer, 10s to 3m")
	addDataFlags(c)
	return c
}

func approveRequest(c *cobra.Command, apps *nodkey.Applications, caller nodkey.Caller, in nodkey.Asking) error {
	asked, err := apps.Ask(c.Context(), caller, in)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "Asked %s.\n", in.User)
	if asked.Number != "" {
		fmt.Fprintf(c.ErrOrStderr(), "Number   %s\n", asked.Number)
	}
	if !asked.Notified {
		fmt.Fprintln(c.ErrOrStderr(), "The phone was asked too often and was not woken: the app has to be opened.")
	}
	w, err := awaitAnswer(c.Context(), apps, caller, asked.Token)
	if c.Context().Err() != nil { // interrupted: nobody is to say yes to what nobody waits for
		if err := apps.Cancel(context.WithoutCancel(c.Context()), caller, asked.Token); err != nil {
			return err
		}
		return &commandError{code: exitDenied, sentence: "interrupted; the request was taken back", err: c.Context().Err()}
	}
	if err != nil {
		return err
	}
	sentences := map[nodkey.SignInState]string{
		nodkey.SignInDenied: in.User + " said no", nodkey.SignInExpired: "nobody answered in time", nodkey.SignInCancelled: "the request was taken back",
	}
	if sentence, ended := sentences[w.State]; ended {
		if w.Cause == nodkey.ReasonWrongNumber {
			sentence = "the number that was typed on the phone was another"
		}
		return &commandError{code: exitDenied, sentence: sentence, next: "Nothing was agreed to.", err: errNoYes}
	}
	proof, err := apps.Collect(c.Context(), caller, asked.Token)
	if err != nil {
		return err
	}
	return printJSON(c.OutOrStdout(), proof.Evidence)
}

// awaitAnswer looks often: the server, another process, has the answer, and wakes nobody here.
func awaitAnswer(ctx context.Context, apps *nodkey.Applications, caller nodkey.Caller, token nodkey.Token) (nodkey.Waiting, error) {
	look := time.NewTicker(500 * time.Millisecond)
	defer look.Stop()
	for {
		w, err := apps.Look(ctx, caller, token)
		if err != nil || w.State != nodkey.SignInPending {
			return w, err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return w, ctx.Err()
		}
	}
}

var errNoYes = errors.New("there was no yes")
