package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/nodkey/nodkey/client"
	"github.com/spf13/cobra"
)

func phoneRespondCommand(flags *phoneFlags) *cobra.Command {
	var statement, digits, pinFile string
	c := &cobra.Command{
		Use:   "respond [USER]",
		Short: "Make a code for a page, without any connection",
		Long: "Make the eight digits that a page asks for where no request can arrive. Nothing is sent and no\n" +
			"server is asked, so a wrong PIN is not noticed here: it makes a wrong code.\n\n" +
			"--statement takes what the square code on the page holds; it is checked, and shown before the\n" +
			"PIN is asked for. --digits takes the six digits beside it: they do not say what they are for, so\n" +
			"make a code only for a page that you opened yourself. Without either, or with \"-\", it is a line of\n" +
			"standard input. USER is the user's name, name@host or the key's id.",
		Example: "  nodkey phone respond --digits '314 159' mara\n  nodkey phone respond --statement eyJhbGciOiJFUzI1NiIs…",
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			phone, release, err := openPhone(c.Context(), flags, false)
			if err != nil {
				return err
			}
			defer release()
			user := optional(args)
			ask := newAsker(c)
			if statement, digits, err = shownByPage(c.Context(), ask, statement, digits); err != nil {
				return err
			}
			answer, err := makeCode(c.Context(), phone, ask, statement, digits, user, pinFile)
			if err != nil {
				return phoneError(err)
			}
			if flags.asJSON {
				return printJSON(c.OutOrStdout(), answer)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s %s\n", answer.Code[:4], answer.Code[4:])
			return err
		},
	}
	c.Flags().StringVar(&statement, "statement", "", "what the square code on the page holds (`text`)")
	c.Flags().StringVar(&digits, "digits", "", "the six `digits` that the page shows")
	c.Flags().StringVar(&pinFile, "pin-file", "", "`file` with the PIN, or - for standard input")
	return c
}

// shownByPage gives what the page shows, asking for it where no flag has it. Signed text has dots, digits have none.
func shownByPage(ctx context.Context, ask *asker, statement, digits string) (string, string, error) {
	if statement != "" && digits != "" {
		return "", "", &commandError{code: exitUsage, sentence: "give --statement or --digits, not both"}
	}
	if given := statement + digits; given != "" && given != "-" {
		return statement, digits, nil
	}
	if ask.terminal != nil {
		fmt.Fprint(ask.out, "Six digits on the page, or what its square code holds: ")
	}
	text, err := ask.line(ctx)
	switch {
	case ctx.Err() != nil:
		return "", "", phoneError(ctx.Err())
	case err != nil:
		return "", "", &commandError{code: exitUsage, sentence: "there are no digits on standard input", next: "Give them with --digits, or --statement with what the square code holds.", err: err}
	case strings.Contains(text, "."):
		return text, "", nil
	}
	return "", text, nil
}

// codeMade is the answer as --json gives it.
type codeMade struct {
	Key  string `json:"key"`
	User string `json:"user"`
	Code string `json:"code"`
	Way  string `json:"way"` // scanned or typed
}

func makeCode(ctx context.Context, phone *client.Phone, ask *asker, statement, digits, user, pinFile string) (codeMade, error) {
	if statement == "" {
		k, err := namedKey(phone, user, nameAtTheEnd)
		if err != nil {
			return codeMade{}, err
		}
		fmt.Fprintf(ask.out, "A code for %s (%s) at %s, for a page that you opened yourself\n", printable(k.DisplayName), printable(k.Name), printable(k.Server.Name))
		pin, err := ask.pin(ctx, pinFile, "PIN", false)
		if err != nil {
			return codeMade{}, err
		}
		code, err := phone.RespondTyped(k.ID, digits, pin)
		return codeMade{Key: k.ID, User: k.Name, Code: code, Way: "typed"}, err
	}
	scanned, err := phone.ReadScanned(statement)
	if err != nil {
		return codeMade{}, err
	}
	k := scanned.Key
	if user != "" {
		if named, err := namedKey(phone, user, nameAtTheEnd); err != nil {
			return codeMade{}, err
		} else if named.ID != k.ID {
			return codeMade{}, &commandError{code: exitConflict, sentence: "this request is for " + printable(k.Name) + ", not for " + printable(named.Name), next: "No code was made."}
		}
	}
	sayApproval(ask.out, scanned.Approval)
	sayLate(ask.out, scanned.Late)
	pin, err := ask.pin(ctx, pinFile, "PIN", false)
	if err != nil {
		return codeMade{}, err
	}
	code, err := phone.RespondScanned(scanned, pin)
	return codeMade{Key: k.ID, User: k.Name, Code: code, Way: "scanned"}, err
}

// sayLate warns of a request that is over by this clock, which may be the one that is wrong.
func sayLate(w io.Writer, late time.Duration) {
	if late <= 0 {
		return
	}
	fmt.Fprintf(w, "By this computer's clock the request ended %d min ago. If the page still shows it, the clock is\nfast: go on. The server takes no code that comes too late.\n",
		int(math.Ceil(late.Minutes())))
}

const nameAtTheEnd = "Name one, by name@host or by its id, at the end of the command."

// namedKey is oneKey for commands that name the user beside them; how says how one is named.
func namedKey(phone *client.Phone, user, how string) (client.Key, error) {
	k, err := oneKey(phone, user)
	var known *commandError
	if errors.As(err, &known) && known.code == exitUsage {
		known.next = how
	}
	return k, err
}
