package nodkey_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nodkey/nodkey"
)

// A search finds what is in subjects, texts, file names, references and notices, in one's own box.
func TestSearch(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	p.quiet(t, c)
	statement := p.write(t, c, draft)
	h.desk(t, statement, "Ihre Unterlagen stehen bereit.")
	wide := p.write(t, c, nodkey.Draft{Category: "other", MessageText: nodkey.MessageText{Subject: "ＡＢＣ１２３の件", Text: "口座について教えてください。"}})
	words := func(n nodkey.AccountNotice) string {
		if n.Kind == nodkey.NoticeKeyAdded {
			return "A new phone is active"
		}
		return ""
	}
	for query, want := range map[string][]nodkey.Reference{
		"statements":             {statement},
		"QUESTION Statements":    {statement},
		"question unterlagen":    {statement},
		"unterlagen nothing":     nil,
		"abc123":                 {wide},
		"口座":                     {wide},
		"１２３　口座":                 {wide},
		statement.String():       {statement},
		"%":                      nil,
		"_":                      nil,
		"new phone active":       {{}},
		"pixel":                  {{}},
		"  question  ":           {statement},
		strings.Repeat("x", 100): nil,
	} {
		page := p.box(t, c, nodkey.MessageQuery{Search: query, Said: words})
		var got []nodkey.Reference
		for _, m := range page.Messages {
			if m.Notice != nil {
				got = append(got, nodkey.Reference{})
			} else {
				got = append(got, m.Reference)
			}
		}
		if !slices.Equal(got, want) || page.Next != "" {
			t.Errorf("%q finds %v, want %v (next %q)", query, got, want, page.Next)
		}
	}
	_, err := h.Messages.List(h.ctx, c, nodkey.MessageQuery{Search: strings.Repeat("あ", 101)})
	is(t, err, "message.query", "too long a query")
	_, err = h.Messages.List(h.ctx, c, nodkey.MessageQuery{Search: "\xff\xfe"})
	is(t, err, "message.query", "a query that is no text")
	other := h.join(t)
	if page := other.box(t, other.enter(t), nodkey.MessageQuery{Search: "statements"}); len(page.Messages) != 0 {
		t.Errorf("another's search finds %+v", page.Messages)
	}
	// By pages of one.
	for range 3 {
		p.write(t, c, draft)
	}
	seen := map[nodkey.Reference]bool{}
	for q := (nodkey.MessageQuery{Search: "statements", Limit: 1}); ; {
		page := p.box(t, c, q)
		for _, m := range page.Messages {
			seen[m.Reference] = true
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if len(seen) != 4 {
		t.Errorf("pages of one find %v", seen)
	}
}

// What people write is in the database sealed, and nowhere else.
func TestNothingOfAMessageIsInTheDatabase(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	f, err := h.Messages.Upload(h.ctx, c, "Geheimnis.txt", strings.NewReader("the file's own words"))
	if err != nil {
		t.Fatal(err)
	}
	d := draft
	d.Files = []nodkey.FileID{f.ID}
	r := p.write(t, c, d)
	h.desk(t, r, "Under Documents.")
	is(t, h.Contacts.Set(h.ctx, h.Desk(), p.name, nodkey.SummaryEmail, "mara@example.com"), "", "an address")
	id, err := h.Announcements.Announce(h.ctx, h.Desk(), nodkey.Announcing{Category: "other", Texts: map[string]nodkey.MessageText{"en": {Subject: "Open on Monday", Text: "We are back."}}})
	if err != nil || id == "" {
		t.Fatal(err)
	}
	h.sendAll(t)
	for _, secret := range []string{"A question", "my statements", "Geheimnis", "file's own words", "Under Documents", "mara@example.com", "Open on Monday", "We are back"} {
		if where := h.rawSearch(t, secret); where != "" {
			t.Errorf("%q is in %s", secret, where)
		}
	}
	if where := h.rawSearch(t, "Lindqvist"); where == "" {
		t.Error("the search finds nothing at all")
	}
	// They rotate with everything else.
	h.rotate(t, 2)
	if _, err := h.Upkeep.Reseal(h.ctx); err != nil {
		t.Fatal(err)
	}
	if left := h.sealedValues(t, 2); len(left) != 0 {
		t.Errorf("%d values are under the old data key", len(left))
	}
	thread := p.read(t, c, r)
	if len(thread.Entries) != 2 || thread.Entries[0].Files[0].Name != "Geheimnis.txt" || thread.Subject != "A question" {
		t.Errorf("after the rotation: %+v", thread)
	}
}

// What is damaged behind the server's back hides itself and nothing else.
func TestADamagedMessageHidesNoOther(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	good, bad := p.write(t, c, draft), p.write(t, c, draft)
	err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
		a, err := tx.MessageByReference(good)
		if err != nil {
			return err
		}
		b, err := tx.MessageByReference(bad)
		b.Subject = a.Subject // whole, but another's
		return errors.Join(err, tx.SaveMessage(b))
	})
	if err != nil {
		t.Fatal(err)
	}
	page := p.box(t, c, nodkey.MessageQuery{})
	for _, m := range page.Messages {
		if m.Damaged != (m.Reference == bad) || m.Damaged && m.Subject != "" {
			t.Errorf("%+v", m)
		}
	}
	if p.read(t, c, bad).Entries[0].Text != hello.Text {
		t.Error("its entries are gone, too")
	}
}

// So does a damaged text of an announcement: its other languages, the list and the search are there all the same.
func TestADamagedAnnouncementHidesNoOther(t *testing.T) {
	h := start(t, nil)
	p := h.join(t)
	c := p.enter(t)
	id := h.announce(t, nodkey.Announcing{Category: "other", Texts: map[string]nodkey.MessageText{
		"en": {Subject: "Closed on Sunday", Text: "We rest."}, "de": {Subject: "Sonntag zu", Text: "Wir ruhen."}}})
	h.sendAll(t)
	r := p.write(t, c, draft)
	err := h.Ports.Store.Update(h.ctx, func(tx nodkey.Tx) error {
		texts, err := tx.AnnouncementTexts(id)
		for _, text := range texts {
			for column, sealed := range map[string][]byte{"subject": text.Subject, "text": text.Text} {
				if text.Language != "en" {
					continue
				}
				broken := bytes.Clone(sealed)
				broken[len(broken)-1] ^= 1
				err = errors.Join(err, tx.Reseal(nodkey.SealedColumn{Table: "announcement_texts", Column: column}, text.ID, sealed, broken))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found := p.box(t, c, nodkey.MessageQuery{Search: "question"}).Messages; len(found) != 1 || found[0].Reference != r {
		t.Errorf("the search finds %+v", found)
	}
	list := p.box(t, c, nodkey.MessageQuery{Filter: nodkey.MessageFilter{Kind: nodkey.MessageAnnouncement}}).Messages
	if len(list) != 1 || !list[0].Damaged {
		t.Fatalf("the list is %+v", list)
	}
	for language, damaged := range map[string]bool{"": true, "en": true, "de": false} {
		got, err := h.Messages.Read(h.ctx, c, list[0].Reference, language)
		if err != nil || got.Damaged != damaged || len(got.Entries) != 1 || got.Entries[0].Damaged != damaged || damaged == (got.Entries[0].Text == "Wir ruhen.") {
			t.Errorf("in %q: %+v, %v", language, got, err)
		}
	}
}
