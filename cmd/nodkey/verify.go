package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/proof"
	"github.com/nodkey/nodkey/wire"
)

func verifyCommand() *cobra.Command {
	var keys []string
	c := &cobra.Command{
		Use: "verify FILE", Short: "Check evidence of a yes, without asking the server",
		Long: "Check evidence that an application was given, or nodkey approve-request printed. FILE is JSON, - standard input. With --key, as\n" +
			"nodkey client keys prints them on the server, nothing else is needed, no connection and no configuration; without, it is\n" +
			"checked with the keys of the installation on this machine.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			evidence, err := readEvidence(c, args[0])
			if err != nil {
				return err
			}
			if len(keys) > 0 {
				points, err := readPoints(keys)
				if err != nil {
					return err
				}
				return verifyEvidence(c, points, evidence)
			}
			return operated(c, func(h *house, _ nodkey.Caller) error {
				return verifyEvidence(c, h.services.Applications.EvidenceKeys(), evidence)
			})
		},
	}
	c.Flags().StringArrayVar(&keys, "key", nil, "a public `key` of the server's that may have signed it; more than once for several")
	addDataFlags(c)
	addJSONFlag(c)
	return c
}

// evidenceMost is the longest evidence in bytes: four messages, and room.
const evidenceMost = 64 << 10

func readEvidence(c *cobra.Command, name string) (e nodkey.Evidence, err error) {
	in := c.InOrStdin()
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return e, &commandError{code: exitNotFound, sentence: "the evidence cannot be read: " + err.Error(), err: err, next: "Give the file, or - for standard input."}
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, evidenceMost+1))
	if err != nil {
		return e, err
	}
	if len(raw) > evidenceMost || wire.DecodeStrict(raw, &e) != nil {
		return e, &commandError{code: exitUsage, sentence: "this is no evidence: it is not the JSON that nodkey approve-request prints", next: "Nothing was checked. Do not rely on it."}
	}
	return e, nil
}

func readPoints(keys []string) (points [][]byte, err error) {
	for _, key := range keys {
		point, err := wire.DecodeB64(strings.TrimSpace(key))
		if err != nil || len(point) != 65 {
			return nil, &commandError{code: exitUsage, sentence: "this is no key: " + printable(key), next: "Give it as nodkey client keys prints it on the server."}
		}
		points = append(points, point)
	}
	return points, nil
}

func verifyEvidence(c *cobra.Command, keys [][]byte, e nodkey.Evidence) error {
	checks := nodkey.EvidenceChecks{JOSE: proof.JOSE{}, WebAuthn: func(rpID, origin string) (nodkey.WebAuthn, error) { return proof.NewWebAuthn(rpID, origin, "") }}
	v, err := nodkey.VerifyEvidence(checks, keys, e)
	if err != nil { // in words of its own: the domain's are for whoever sent it
		return &commandError{code: exitDenied, sentence: "this evidence does not hold",
			next: "It was changed, is not whole, or is of a server with other keys. Do not rely on it."}
	}
	shows := map[bool]string{true: "signed by the phone's key; that the PIN or biometric was right is the server's word", false: "the server's word: a code was typed"}[v.Signed]
	if v.Asserted {
		shows = "signed by the phone's key, and by its authenticator after a biometric check"
	}
	if asJSON(c) {
		return printJSON(c.OutOrStdout(), map[string]any{"holds": true, "server": v.Claim.Aud, "application": v.Claim.Application, "app": v.Statement.App, "user": v.Claim.Name,
			"who": v.Statement.Who, "kind": v.Statement.Kind, "text": emptyNull(v.Statement.Text), "at": v.At, "factor": v.Claim.Factor, "key": v.Claim.Key,
			"signed": v.Signed, "asserted": v.Asserted})
	}
	w := c.OutOrStdout()
	fmt.Fprintln(w, "The evidence holds.")
	for _, line := range [][2]string{
		{"text", v.Statement.Text}, {"asked by", fmt.Sprintf("%s (%s)", v.Statement.App, v.Claim.Application)}, {"yes of", fmt.Sprintf("%s (%s)", v.Statement.Who, v.Claim.Name)},
		{"at", v.At.Format("2006-01-02 15:04:05 UTC")}, {"by", v.Claim.Factor}, {"shown by", shows}, {"phone's key", v.Claim.Key}, {"server", v.Claim.Aud},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "  %-12s %s\n", line[0], printable(line[1]))
		}
	}
	return nil
}
