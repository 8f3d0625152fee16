package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nodkey/nodkey"
	"github.com/nodkey/nodkey/radius"
)

// Clients are the applications that stand in the configuration file.
type Clients []clientEntry

type clientEntry struct {
	ID         string          `json:"id"`
	Name       string          `json:"name,omitempty"`
	Doors      []nodkey.Door   `json:"doors"`
	Groups     []string        `json:"groups,omitempty"`
	Plain      bool            `json:"plain,omitempty"`
	Secret     clientSecrets   `json:"secret,omitempty"`
	SecretFile string          `json:"secret_file,omitempty"`
	Settings   json.RawMessage `json:"settings,omitempty"`
}

// clientSecrets are one secret, or a list of two while the application is told the new one. They are printed by nothing.
type clientSecrets []string

// UnmarshalJSON reads a text or a list of texts.
func (c *clientSecrets) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*c = clientSecrets{one}
		return nil
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return errors.New("a secret is text in quotes, or a list of two") // the package's own error could repeat it
	}
	*c = list
	return nil
}

// MarshalJSON hides them.
func (c clientSecrets) MarshalJSON() ([]byte, error) { return []byte(`"********"`), nil }

// UnmarshalText reads JSON: [{"id": "vpn", "doors": ["radius"], "secret_file": "vpn.secret", "settings": {"networks": ["10.0.0.0/8"]}}].
func (c *Clients) UnmarshalText(text []byte) error {
	*c = nil
	var entries []clientEntry
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&entries); err != nil {
		return fmt.Errorf("is no list of applications with id, name, doors, groups, plain, secret or secret_file, and settings: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("has something behind the list of applications")
	}
	seen := map[string]bool{}
	for i, e := range entries {
		id, err := nodkey.ParseApplicationID(e.ID)
		switch {
		case err != nil || string(id) != e.ID:
			return fmt.Errorf("%q is no id: 1 to 40 of a-z, 0-9 and hyphens, neither first nor last a hyphen", e.ID)
		case seen[e.ID]:
			return fmt.Errorf("%q stands there twice", e.ID)
		case len(e.Secret) > 0 && e.SecretFile != "":
			return fmt.Errorf("%q has both secret and secret_file", e.ID)
		}
		seen[e.ID] = true
		if e.Name == "" {
			entries[i].Name = e.ID
		}
		var quoted string // settings may be JSON in quotes
		if json.Unmarshal(e.Settings, &quoted) == nil {
			entries[i].Settings = json.RawMessage(quoted)
		}
		if s := entries[i].Settings; len(s) > 0 && !json.Valid(s) {
			return fmt.Errorf("the settings of %q are neither a table nor JSON", e.ID)
		}
	}
	if len(entries) > 0 {
		*c = entries
	}
	return nil
}

// String writes what UnmarshalText reads, but for the secrets. Settings may hold some, too.
func (c Clients) String() string {
	entries := slices.Clone([]clientEntry(c))
	for i := range entries {
		if len(entries[i].Settings) > 0 {
			entries[i].Settings = json.RawMessage(`"********"`)
		}
	}
	text, _ := json.Marshal(append([]clientEntry{}, entries...)) // texts and flags: it cannot fail
	return string(text)
}

// toml writes the applications as a value of the configuration file, on one line, with what may be secret hidden.
func (c Clients) toml() string {
	entries := make([]string, len(c))
	for i, e := range c {
		parts := []string{"id = " + strconv.QuoteToASCII(e.ID), "name = " + strconv.QuoteToASCII(e.Name), "doors = " + quotedList(e.Doors), "groups = " + quotedList(e.Groups),
			"plain = " + strconv.FormatBool(e.Plain)}
		switch {
		case e.SecretFile != "":
			parts = append(parts, "secret_file = "+strconv.QuoteToASCII(e.SecretFile))
		case len(e.Secret) > 0:
			parts = append(parts, `secret = "********"`)
		}
		if len(e.Settings) > 0 {
			parts = append(parts, `settings = "********"`)
		}
		entries[i] = "{ " + strings.Join(parts, ", ") + " }"
	}
	return "[" + strings.Join(entries, ", ") + "]"
}

func quotedList[T ~string](names []T) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.QuoteToASCII(string(name))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// secrets gives an application's secrets, read from their file where they stand in one: one, or two with a space or a line between.
func (e clientEntry) secrets() ([]string, error) {
	secrets := []string(e.Secret)
	if e.SecretFile != "" {
		data, err := os.ReadFile(e.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("%s: cannot read %s: %w", e.ID, e.SecretFile, plain(err))
		}
		if secrets = strings.Fields(string(data)); len(secrets) == 0 {
			return nil, fmt.Errorf("%s: there is no secret in %s", e.ID, e.SecretFile)
		}
	}
	if len(secrets) > 2 {
		return nil, fmt.Errorf("%s: there are more than two secrets", e.ID)
	}
	for _, secret := range secrets {
		if nodkey.CheckFileSecret(secret) != nil {
			return nil, fmt.Errorf("%s: a secret has 16 to 128 printable ASCII characters without spaces", e.ID)
		}
	}
	return secrets, nil
}

// checkClients says which secret cannot be one.
func (s *settings) checkClients() (string, error) {
	_, err := s.Client.all()
	return "client", err
}

// all gives the applications as the domain takes them.
func (c Clients) all() ([]nodkey.FileApplication, error) {
	var list []nodkey.FileApplication
	for _, e := range c {
		secrets, err := e.secrets()
		if err != nil {
			return nil, err
		}
		list = append(list, nodkey.FileApplication{Secrets: secrets, NewApplication: nodkey.NewApplication{ID: e.ID, Name: e.Name, Doors: e.Doors, Groups: e.Groups,
			Plain: e.Plain, Settings: e.Settings, NoSecret: len(secrets) == 0}})
	}
	return list, nil
}

// syncClients makes the applications of the configuration file what it says, when a server starts.
func (h *house) syncClients(ctx context.Context) error {
	s := h.settings
	list, err := s.Client.all()
	if err == nil {
		err = h.checkFileSettings(ctx, list)
	}
	if err == nil {
		err = h.services.Applications.Sync(ctx, nodkey.Operator("configuration file"), list)
	}
	var known *nodkey.Error
	if errors.As(err, &known) && known.Kind != nodkey.Internal {
		err = errors.New(h.texts.For("en").T(known.Key, known.Args))
	}
	if err != nil {
		return keyError("client", s.from["client"], err)
	}
	return nil
}

// checkFileSettings says what the doors do not understand in the settings of the file's applications.
func (h *house) checkFileSettings(ctx context.Context, list []nodkey.FileApplication) error {
	for _, in := range list {
		if err := checkDoorSettings(in.NewApplication); err != nil {
			return fmt.Errorf("%s: %w", in.ID, err)
		}
	}
	byID := map[nodkey.ApplicationID]nodkey.ApplicationInfo{}
	others, err := h.services.Applications.At(ctx, nodkey.DoorRADIUS)
	if err != nil {
		return err
	}
	for _, a := range others {
		if !a.InFile {
			byID[a.ID] = a
		}
	}
	for _, in := range list {
		if slices.Contains(in.Doors, nodkey.DoorRADIUS) {
			id := nodkey.ApplicationID(in.ID)
			byID[id] = nodkey.ApplicationInfo{Application: nodkey.Application{ID: id, Plain: in.Plain}, Settings: in.Settings}
		}
	}
	return radius.CheckSettings(slices.Collect(maps.Values(byID)))
}
