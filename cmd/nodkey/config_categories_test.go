package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

const cardsFile = `server_name = "Aldermere"

[[messages.category]]
id = "cards"
name = { en = "Cards", de = "Karten", ja = "カード" }

  [[messages.category.topics]]
  id = "lost"
  name = { en = "A lost card" }

[[messages.category]]
id = "other"
name.en = "Something \"else\""
`

func TestCategoriesComeFromTheFileOrAsJSON(t *testing.T) {
	want := Categories{
		{ID: "cards", Names: map[string]string{"en": "Cards", "de": "Karten", "ja": "カード"}, Topics: []nodkey.MessageTopic{{ID: "lost", Names: map[string]string{"en": "A lost card"}}}},
		{ID: "other", Names: map[string]string{"en": `Something "else"`}},
	}
	s, err := load(t, cardsFile, nil)
	if err != nil || !reflect.DeepEqual(s.Messages.Category, want) || !strings.HasSuffix(s.from["messages.category"], "nodkey.toml line 3") {
		t.Fatalf("%+v from %s, %v", s, s.from["messages.category"], err)
	}
	again, err := load(t, "", map[string]string{"NODKEY_MESSAGES_CATEGORY": s.Messages.Category.String()})
	if err != nil || !reflect.DeepEqual(again.Messages.Category, want) {
		t.Errorf("as JSON: %+v, %v", again, err)
	}
	var shown strings.Builder
	if err := s.print(&shown); err != nil {
		t.Fatal(err)
	}
	again, err = load(t, shown.String(), nil)
	if err != nil || !reflect.DeepEqual(again.Messages.Category, want) {
		t.Errorf("as shown: %+v, %v", again, err)
	}
	if s, err = load(t, "", nil); err != nil || s.Messages.Category != nil {
		t.Errorf("none: %+v, %v", s, err)
	}
}

func TestBadCategoriesAreNamedWithTheirPlace(t *testing.T) {
	for _, c := range []struct{ file, says string }{
		{"[[messages.category]]\nid = \"Cards!\"\nname.en = \"Cards\"\n", `messages.category: message category "Cards!": its id is used twice, or not 1 to 32 of a-z 0-9 _ - (from`},
		{"[[messages.category]]\nid = \"cards\"\nname.de = \"Karten\"\n", `has no name in "en"`},
		{"[[messages.category]]\nid = \"cards\"\nname.fr = \"Cartes\"\nname.en = \"Cards\"\n", `its name in "fr"`},
		{"[[messages.category]]\nid = \"cards\"\nnames.en = \"Cards\"\n", `unknown field "names"`},
		{"[messages]\ncategory = \"cards\"\n", "takes tables, each under [[messages.category]]"},
		{"[messages]\ncategory = [\"cards\"]\n", "is no list of categories"},
		{"\n\n[[messages.category]]\nid = 3\n", "line 3)"},
		{"[messages.category]\nid = \"cards\"\n", "there is no key messages.category.id"},
	} {
		_, err := load(t, c.file, nil)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v", c.file, err)
		}
	}
	if _, err := load(t, "", map[string]string{"NODKEY_MESSAGES_CATEGORY": "[] []"}); err == nil {
		t.Error("two lists are taken")
	}
}
