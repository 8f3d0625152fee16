package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodkey/nodkey"
)

// exitOf is the exit code of an error's kind.
var exitOf = map[nodkey.Kind]int{
	nodkey.Internal: exitFailed, nodkey.BadInput: exitUsage, nodkey.Unauthenticated: exitDenied, nodkey.Refused: exitDenied,
	nodkey.NotFound: exitNotFound, nodkey.Conflict: exitConflict, nodkey.Limited: exitBusy, nodkey.Unavailable: exitBusy,
}

// operated is a command of the service desk's: it opens the database beside the running server, calls the domain as an
// operator, and says errors of the domain in the catalogue's words.
func operated(c *cobra.Command, run func(h *house, operator nodkey.Caller) error) (err error) {
	s, err := loadConfig(c.Flags(), os.LookupEnv)
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.Database); errors.Is(err, fs.ErrNotExist) && c.CommandPath() != "nodkey user add" {
		return &commandError{code: exitConfig, sentence: "there is no database " + s.Database, err: err,
			next: "Name the right one with --data-dir or --config; the first `nodkey serve` or `nodkey user add` makes a new one."}
	}
	h, err := openHouse(c.Context(), s, houseOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	return h.inWords(run(h, nodkey.Operator(operatorName())))
}

// inWords makes a command's error of a domain's.
func (h *house) inWords(err error) error {
	var e *nodkey.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Kind == nodkey.Internal {
		return &commandError{code: exitFailed, sentence: "this should not have happened: " + e.Error(), err: err}
	}
	return &commandError{code: exitOf[e.Kind], sentence: h.texts.For("en").T(e.Key, e.Args), next: nextOf(e), err: err}
}

// nextOf is what an operator may do about an error of the domain; empty where its sentence says so already.
func nextOf(e *nodkey.Error) string {
	switch e.Key {
	case "user.unknown":
		return "See nodkey user list"
	case "application.unknown":
		return "See nodkey client list"
	case "application.exists":
		return fmt.Sprintf("See nodkey client show %v", e.Args["Name"])
	case "message.unknown":
		return "See nodkey message list"
	case "announcement.unknown", "announcement.state":
		return "See nodkey message list --announcements"
	case "message.file_unknown":
		return "The ids of files stand in nodkey message show REFERENCE"
	case "user.exists":
		return fmt.Sprintf("See nodkey user show %v", e.Args["Name"])
	case "user.has_phones":
		return fmt.Sprintf("If the phones are lost: nodkey user activation %v --remove-phones", e.Args["Name"])
	case "audit.block_chain", "audit.block_row", "audit.block_rows", "audit.block_signed", "audit.block_signer", "audit.block_unsigned", "audit.checkpoint":
		return "Keep the database as it is, and compare it with a backup."
	}
	return ""
}

// operatorName is who sits at the machine, for the audit log.
func operatorName() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// addJSONFlag gives a command --json.
func addJSONFlag(c *cobra.Command) {
	c.Flags().Bool("json", false, "print JSON instead of text")
}

func asJSON(c *cobra.Command) bool {
	on, err := c.Flags().GetBool("json")
	return err == nil && on
}

// readSecret reads one line from standard input, where scripts put passwords so that no argument list shows them.
func readSecret(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", &commandError{code: exitUsage, sentence: "no password came on standard input", next: "Pipe it in, one line, or leave --password-stdin out."}
	}
	return line, nil
}
