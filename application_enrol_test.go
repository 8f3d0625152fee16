package nodkey_test

import (
	"fmt"
	"testing"

	"github.com/nodkey/nodkey"
)

func TestAnApplicationAddsAPersonWhoBringsACode(t *testing.T) {
	h := start(t, nil)
	wiki := h.app(t, "wiki", nil)
	added, err := h.Applications.Enrol(h.ctx, wiki, " New.Person ")
	if err != nil || added.User.Name != "new.person" || added.FirstCode == "" || added.Until.Sub(h.Clock.Now()) > nodkey.FirstCodeLife {
		t.Fatalf("%+v, %v", added, err)
	}
	b := h.NewBrowser(h.address())
	if _, err := h.Users.FirstVisit(h.ctx, b.Anonymous(), "new.person", added.FirstCode, password); err != nil {
		t.Errorf("the first visit: %v", err)
	}
	if got := h.actions(t, added.User.ID, "user."); len(got) == 0 || got[len(got)-1] != "user.added" && got[0] != "user.added" {
		t.Errorf("the log says %v", got)
	}
}

func TestAnApplicationAddsNobodyElse(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	wiki := h.app(t, "wiki", nil)
	staff := h.app(t, "staff", func(a *nodkey.NewApplication) { a.Groups = []string{"staff"} })
	enrol := func(c nodkey.Caller, name string) error {
		_, err := h.Applications.Enrol(h.ctx, c, name)
		return err
	}
	is(t, enrol(wiki, p.name), "user.exists", "somebody who is there")
	p.enter(t) // and whose password is what it was
	is(t, enrol(wiki, "no name"), "user.name_form", "no name")
	is(t, enrol(staff, "somebody"), "application.denied", "one that asks about groups")
	is(t, enrol(h.NewBrowser(h.address()).Anonymous(), "somebody"), "application.wrong", "a browser")
	for i := range 100 {
		if err := enrol(wiki, fmt.Sprintf("many%d", i)); err != nil {
			is(t, err, "application.slow", "many")
			return
		}
	}
	t.Error("a hundred were not too many")
}

// Whoever may add people learns which names are taken: no faster than it may add.
func TestNamesAreNotTriedOutByEnrolling(t *testing.T) {
	h := start(t, byPassword)
	p := h.join(t)
	wiki := h.app(t, "wiki", nil)
	for range 100 {
		if _, err := h.Applications.Enrol(h.ctx, wiki, p.name); nodkey.HasKey(err, "application.slow") {
			return
		} else {
			is(t, err, "user.exists", "a name that is taken")
		}
	}
	t.Error("a hundred names were told")
}
