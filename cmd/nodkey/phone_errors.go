package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/wire"
)

var exitOfKind = map[string]int{
	"bad_input": exitFailed, "unauthenticated": exitDenied, "refused": exitDenied, "not_found": exitNotFound,
	"conflict": exitConflict, "limited": exitBusy, "unavailable": exitBusy, "internal": exitFailed,
}

var exitOfFault = map[string]int{
	"code.group": exitUsage, "code.other": exitUsage, "server.address": exitUsage, "number.missing": exitUsage, "pin.guideline": exitUsage,
	"code.challenge": exitUsage, "topic.address": exitUsage, "statement.code": exitConflict,
	"offer.mac": exitDenied, "offer.signature": exitDenied, "offer.fingerprint": exitDenied, "receipt.wrong": exitDenied, "statement.wrong": exitDenied,
	"offer.expired": exitConflict, "approval.expired": exitConflict, "key.unknown": exitNotFound, "clock.moved": exitBusy, "answer.wrong": exitFailed,
}

var pinGuidelines = map[wire.PINFault]string{
	wire.PINLength:    "it needs 4 to 6 characters",
	wire.PINCharacter: "letters, digits and signs of an English keyboard only, no space",
	wire.PINAlike:     "not one character over and over",
	wire.PINRun:       "no run like 1234 or dcba",
	wire.PINName:      "no part of your name",
	wire.PINDate:      "no date",
	wire.PINCommon:    "not one that many people take",
}

// phoneError makes a sentence and an exit code of what the client says.
func phoneError(err error) error {
	var known *commandError
	var api *client.APIError
	var own *client.Fault
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled):
		return &commandError{code: exitFailed, sentence: "interrupted", err: err}
	case errors.As(err, &api):
		e := &commandError{code: exitFailed, sentence: printable(api.Error()), err: err}
		if code, ok := exitOfKind[api.Kind]; ok {
			e.code = code
		}
		if api.RetryAfter > 0 {
			e.next = fmt.Sprintf("Try again in %d seconds.", int(api.RetryAfter.Seconds()))
		}
		return e
	case errors.As(err, &own):
		e := &commandError{code: exitFailed, sentence: own.Error(), err: err}
		if code, ok := exitOfFault[own.Key]; ok {
			e.code = code
		}
		var broken []string
		for _, fault := range own.PIN {
			broken = append(broken, pinGuidelines[fault])
		}
		if len(broken) > 0 {
			e.next = "A PIN: " + strings.Join(broken, "; ") + "."
		}
		return e
	}
	return &commandError{code: exitBusy, sentence: "the server cannot be reached: " + printable(firstOf(err).Error()), next: "Nothing was approved. Look at the address and the network, then try again.", err: err}
}

// firstOf gives the first of errors that were joined: the same trouble with one server comes up in every call to it.
func firstOf(err error) error {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) && len(many.Unwrap()) > 0 {
		return firstOf(many.Unwrap()[0])
	}
	return err
}

// printable leaves out what would move a terminal's cursor or turn text round.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= '\u2028' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, text)
}
