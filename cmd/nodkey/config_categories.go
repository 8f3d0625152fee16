package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nodkey/nodkey"
)

// MessagesConfig says what people may write about in the message centre.
type MessagesConfig struct {
	Category Categories `key:"category" default:"[]" doc:"What people may write to the desk about, in the order of the list that they choose from: one [[messages.category]] each, with id, name by language, and topics, which have id and name, too. Ids are kept with each message: change names, not ids. As a flag or variable: the same as JSON. None: access, account and other."`
}

// Categories are what may be written about; nil: those of the program.
type Categories []nodkey.MessageCategory

type categoryEntry struct {
	ID     string            `json:"id"`
	Name   map[string]string `json:"name"`
	Topics []topicEntry      `json:"topics,omitempty"`
}

type topicEntry struct {
	ID   string            `json:"id"`
	Name map[string]string `json:"name"`
}

// UnmarshalText reads JSON: [{"id": "cards", "name": {"en": "Cards"}, "topics": [{"id": "lost", "name": {"en": "A lost card"}}]}].
func (c *Categories) UnmarshalText(text []byte) error {
	*c = nil
	var entries []categoryEntry
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&entries); err != nil {
		return fmt.Errorf("is no list of categories with id, name by language, and topics: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("has something behind the list of categories")
	}
	for _, e := range entries {
		category := nodkey.MessageCategory{ID: e.ID, Names: e.Name}
		for _, t := range e.Topics {
			category.Topics = append(category.Topics, nodkey.MessageTopic{ID: t.ID, Names: t.Name})
		}
		*c = append(*c, category)
	}
	return nodkey.CheckCategories(*c)
}

// String writes what UnmarshalText reads.
func (c Categories) String() string {
	entries := make([]categoryEntry, len(c))
	for i, category := range c {
		entries[i] = categoryEntry{ID: category.ID, Name: category.Names}
		for _, t := range category.Topics {
			entries[i].Topics = append(entries[i].Topics, topicEntry{ID: t.ID, Name: t.Names})
		}
	}
	text, _ := json.Marshal(entries) // strings and maps of them: it cannot fail
	return string(text)
}

// toml writes the categories as a value of the configuration file, on one line.
func (c Categories) toml() string {
	names := func(names map[string]string) string {
		var parts []string
		for _, tag := range slices.Sorted(maps.Keys(names)) {
			parts = append(parts, tag+" = "+strconv.QuoteToASCII(names[tag]))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	}
	entries := make([]string, len(c))
	for i, category := range c {
		topics := make([]string, len(category.Topics))
		for j, t := range category.Topics {
			topics[j] = fmt.Sprintf("{ id = %q, name = %s }", t.ID, names(t.Names))
		}
		entries[i] = fmt.Sprintf("{ id = %q, name = %s, topics = [%s] }", category.ID, names(category.Names), strings.Join(topics, ", "))
	}
	return "[" + strings.Join(entries, ", ") + "]"
}

// tables gives an array of tables of the file as the text that its field reads.
func tables(value any) (string, error) {
	text, err := json.Marshal(value)
	return string(text), err
}
