package nodkey

import (
	"fmt"
	"slices"
	"strings"
)

// MessageCategory is what people may write about; the operator decides what there is.
type MessageCategory struct {
	ID     string            // 1 to 32 of a–z 0–9 _ -, kept with each message
	Names  map[string]string // by BCP 47 tag; nil: the catalogues' sentence Key
	Key    string
	Topics []MessageTopic
}

// MessageTopic is a part of a category.
type MessageTopic struct {
	ID    string
	Names map[string]string
	Key   string
}

// DefaultCategories are there where the operator configured none.
func DefaultCategories() []MessageCategory {
	return []MessageCategory{
		{ID: "access", Key: "category.access", Topics: []MessageTopic{
			{ID: "phone", Key: "category.access_phone"}, {ID: "sign_in", Key: "category.access_sign_in"}, {ID: "details", Key: "category.access_details"},
		}},
		{ID: "account", Key: "category.account"},
		{ID: "other", Key: "category.other"},
	}
}

const categoriesMost = 30 // and topics of each

// CheckCategories tells what is wrong with an operator's categories, in English; nil: nothing.
func CheckCategories(list []MessageCategory) error {
	if len(list) > categoriesMost {
		return fmt.Errorf("there are %d message categories, at most %d are taken", len(list), categoriesMost)
	}
	seen := map[string]bool{}
	check := func(id string, names map[string]string, key string) error {
		if len(id) < 1 || len(id) > 32 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" || seen[id] {
			return fmt.Errorf("message category %q: its id is used twice, or not 1 to 32 of a-z 0-9 _ -", id)
		}
		seen[id] = true
		if key == "" && names[Languages()[0]] == "" {
			return fmt.Errorf("message category %q has no name in %q", id, Languages()[0])
		}
		for tag, name := range names {
			if !slices.Contains(Languages(), tag) || !cleanText(name, 60) {
				return fmt.Errorf("message category %q: its name in %q is not 1 to 60 readable characters in a language of ours", id, tag)
			}
		}
		return nil
	}
	for _, c := range list {
		if err := check(c.ID, c.Names, c.Key); err != nil {
			return err
		}
		if len(c.Topics) > categoriesMost {
			return fmt.Errorf("message category %q has %d topics, at most %d are taken", c.ID, len(c.Topics), categoriesMost)
		}
		for _, t := range c.Topics {
			if err := check(t.ID, t.Names, t.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s Site) categories() []MessageCategory {
	if s.Categories == nil {
		return DefaultCategories()
	}
	return s.Categories
}

// Categories gives what may be written about.
func (m *Messages) Categories() []MessageCategory { return m.site.categories() }

// checkTopic refuses what the operator does not have. A topic may be left out. Error: message.category.
func (b *base) checkTopic(category, topic string) error {
	for _, c := range b.site.categories() {
		if c.ID != category {
			continue
		}
		if topic == "" || slices.ContainsFunc(c.Topics, func(t MessageTopic) bool { return t.ID == topic }) {
			return nil
		}
	}
	return fail(BadInput, "message.category")
}
