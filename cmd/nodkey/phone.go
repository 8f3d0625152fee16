package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/nodkey/nodkey/client"
	"github.com/nodkey/nodkey/wire"
	"github.com/spf13/cobra"
)

// phoneFlags are what every command of the phone takes.
type phoneFlags struct {
	state  string
	ca     string
	asJSON bool

	// What the phone says of itself at its activation; nothing proves it.
	platform, osVersion  string
	rooted, noScreenLock bool
}

// phoneCommand is a phone in the terminal. It speaks the phone API like any other phone and knows nothing else of the
// server.
func phoneCommand() *cobra.Command {
	var flags phoneFlags
	group := &cobra.Command{
		Use:   "phone",
		Short: "Be a phone: activate, see requests, approve and deny them",
		Long: "Be a phone: activate with a code of the portal, see requests, approve and deny them.\n\n" +
			"Keys are kept in $XDG_STATE_HOME/nodkey/phone.json (~/.local/state where that is not set),\n" +
			"readable by you alone. A key in a file is as safe as the file: prefer a real phone where you can.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	group.PersistentFlags().StringVar(&flags.state, "state", "", "`file` that keeps the keys")
	group.PersistentFlags().StringVar(&flags.ca, "ca", "", "PEM `file` of a certificate authority to trust beside the system's")
	group.PersistentFlags().BoolVar(&flags.asJSON, "json", false, "answer in JSON, one line")
	group.AddCommand(phoneActivateCommand(&flags), phoneListCommand(&flags), phoneMissedCommand(&flags), phoneMessagesCommand(&flags), phoneWatchCommand(&flags),
		phoneApproveCommand(&flags), phoneDenyCommand(&flags), phoneTestCommand(&flags), phoneRespondCommand(&flags),
		phoneNotifyCommand(&flags), phonePINCommand(&flags), phoneRenameCommand(&flags), phoneRemoveCommand(&flags))
	return group
}

// openPhone reads the state. A command that changes which keys there are asks for exclusive, and releases it at its end;
// the others only write down what servers said of keys that are there.
func openPhone(ctx context.Context, flags *phoneFlags, exclusive bool) (phone *client.Phone, release func(), err error) {
	file, err := newPhoneFile(flags.state)
	if err != nil {
		return nil, nil, err
	}
	release = func() {}
	save := file.saveReceipts
	if exclusive {
		if release, err = file.lock(ctx); err != nil {
			return nil, nil, err
		}
		save = file.save
	}
	state, err := file.load()
	if err != nil {
		release()
		return nil, nil, err
	}
	roots, err := trusted(flags.ca)
	if err != nil {
		release()
		return nil, nil, err
	}
	phone, err = client.New(client.Config{HTTP: client.NewHTTPClient(roots), Save: save, Facts: flags.facts()}, state)
	if err != nil {
		release()
		return nil, nil, &commandError{code: exitConfig, sentence: fmt.Sprintf("%s: %v", file.path, err), err: err}
	}
	return phone, release, nil
}

// facts is what this phone says of itself: a terminal, unless flags make it say something else, as tests of a policy do.
func (f *phoneFlags) facts() wire.PhoneFacts {
	app := "nodkey/" + thisBuild().Version
	if len(app) > 40 {
		app = app[:40]
	}
	facts := wire.PhoneFacts{Platform: f.platform, OSVersion: f.osVersion, Model: runtime.GOOS, App: app}
	if f.rooted {
		facts.Rooted = &f.rooted
	}
	if f.noScreenLock {
		locked := false
		facts.ScreenLock = &locked
	}
	return facts
}

func trusted(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, &commandError{code: exitConfig, sentence: "the certificate authority cannot be read: " + err.Error(), err: err}
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, &commandError{code: exitConfig, sentence: path + " holds no certificate", next: "It must be in PEM."}
	}
	return roots, nil
}

// anyKey says so when a phone has no key at all.
func anyKey(phone *client.Phone) error {
	if len(phone.Keys()) == 0 {
		return &commandError{code: exitNotFound, sentence: "this phone has no key", next: "Activate one: nodkey phone activate --server URL CODE"}
	}
	return nil
}

// optional gives a command's only argument, or nothing.
func optional(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// oneKey finds a key by its id or its user's name. With no name it must be the only one.
func oneKey(phone *client.Phone, name string) (client.Key, error) {
	keys := phone.Keys()
	var found []client.Key
	for _, k := range keys {
		if name == "" || k.ID == name || k.Name == name || k.Name+"@"+hostOf(k.Server.URL) == name {
			found = append(found, k)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(keys) == 0:
		return client.Key{}, anyKey(phone)
	case len(found) == 0:
		return client.Key{}, &commandError{code: exitNotFound, sentence: fmt.Sprintf("this phone has no key %q", printable(name)), next: "See nodkey phone list"}
	}
	var names []string
	for _, k := range found {
		names = append(names, k.Name+"@"+hostOf(k.Server.URL))
	}
	return client.Key{}, &commandError{code: exitUsage, sentence: "this phone has several keys: " + strings.Join(names, ", "), next: "Name one with --key, by name@host or by its id."}
}

func hostOf(url string) string {
	_, host, _ := strings.Cut(url, "://")
	return host
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
